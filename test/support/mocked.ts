/** The engine's place taken by Pulumi's own mocks: what a program's resources send, and what they get back. */

import * as pulumi from "@pulumi/pulumi";

export type Sent = Readonly<Record<string, unknown>>;

export interface Mocked {
  /** The inputs that each resource sent, by its name. */
  readonly sent: ReadonlyMap<string, Sent>;
  /** Runs a part of a program, and waits until all its resources are registered. */
  readonly run: <Result>(program: () => Result) => Promise<Result>;
}

export interface Options {
  /** The state that the engine would give back; left out, resources get their inputs. */
  readonly answer?: (args: pulumi.runtime.MockResourceArgs) => Sent;
  readonly idOf?: (args: pulumi.runtime.MockResourceArgs) => string;
  readonly preview?: boolean;
}

export function mockEngine({
  answer = ({ inputs }) => inputs as Sent,
  idOf = ({ name }) => `${name}-id`,
  preview = false,
}: Options = {}): Mocked {
  const sent = new Map<string, Sent>();
  return {
    sent,
    run: async (program) => {
      await pulumi.runtime.setMocks(
        {
          newResource(args) {
            sent.set(args.name, args.inputs as Sent);
            return { id: idOf(args), state: answer(args) };
          },
          call: () => ({}),
        },
        "project",
        "stack",
        preview,
      );
      const result = program();
      await pulumi.runtime.disconnect();
      return result;
    },
  };
}

/** An output that a preview does not know. */
export function unknownOutput(): pulumi.Output<never> {
  const make = pulumi.Output as unknown as new (
    resources: Set<pulumi.Resource>,
    value: Promise<unknown>,
    isKnown: Promise<boolean>,
    isSecret: Promise<boolean>,
    all: Promise<Set<pulumi.Resource>>,
  ) => pulumi.Output<never>;
  const [value, no] = [Promise.resolve(undefined), Promise.resolve(false)];
  return new make(new Set(), value, no, no, Promise.resolve(new Set()));
}
