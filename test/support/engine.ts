/** What the engine does with one resource after the other, and what it keeps: over a provider process that may die. */

import type { Values } from "../../provider/lifecycle/lifecycle";
import { Died, type MortalProvider, ProviderError } from "./mortal-provider";
import { type Kind, orderOf } from "./stack";

interface Recorded {
  readonly kind: Kind;
  readonly id: string;
  readonly inputs: Values;
  readonly outputs: Values;
  /** After an initialisation failure: the next `up` calls `update` whatever `diff` says. */
  readonly incomplete: boolean;
}

export class Engine {
  private readonly recorded: Map<string, Recorded>;

  constructor(
    public provider: MortalProvider,
    recorded: ReadonlyMap<string, Recorded> = new Map(),
  ) {
    this.recorded = new Map(recorded);
  }

  /** Another engine on the same stack with the same state. */
  twin(provider: MortalProvider): Engine {
    return new Engine(provider, this.recorded);
  }

  get(name: string): Recorded {
    const found = this.recorded.get(name);
    if (found === undefined) throw new Error(`no ${name} in the state`);
    return found;
  }

  has(name: string): boolean {
    return this.recorded.has(name);
  }

  forget(name: string): void {
    this.recorded.delete(name);
  }

  async up(kind: Kind, name: string, args: Values): Promise<"created" | "updated" | "same"> {
    return this.apply(kind, name, await this.check(kind, name, args));
  }

  async check(kind: Kind, name: string, args: Values): Promise<Values> {
    const urn = `urn:pulumi:test::project::virt:${kind}::${name}`;
    const old = this.recorded.get(name)?.inputs ?? {};
    const { inputs, failures } = (await this.provider.call(kind, "check", old, {
      ...args,
      __urn: urn,
      __preview: false,
      __order: orderOf(kind, args),
    })) as {
      inputs: Values;
      failures: readonly { reason: string }[];
    };
    if (failures.length > 0) throw new Error(failures.map(({ reason }) => reason).join("\n"));
    return inputs;
  }

  /** Creates, updates or leaves alone, with checked inputs. */
  async apply(kind: Kind, name: string, inputs: Values): Promise<"created" | "updated" | "same"> {
    const old = this.recorded.get(name);
    if (old === undefined) {
      const { id, outs } = (await this.kept(kind, name, inputs, () => this.provider.call(kind, "create", inputs))) as {
        id: string;
        outs: Values;
      };
      this.recorded.set(name, { kind, id, inputs, outputs: outs, incomplete: false });
      return "created";
    }
    const { changes, replaces = [] } = (await this.provider.call(kind, "diff", old.id, old.outputs, inputs)) as {
      changes?: boolean;
      replaces?: readonly string[];
    };
    if (replaces.length > 0) throw new Error(`replaces ${replaces.join(", ")}`);
    if (changes === false && !old.incomplete) {
      this.recorded.set(name, { ...old, inputs });
      return "same";
    }
    const { outs } = (await this.kept(kind, name, inputs, () =>
      this.provider.call(kind, "update", old.id, old.outputs, inputs),
    )) as { outs: Values };
    this.recorded.set(name, { ...old, inputs, outputs: outs, incomplete: false });
    return "updated";
  }

  async destroy(name: string): Promise<void> {
    const { kind, id, outputs } = this.get(name);
    await this.provider.call(kind, "delete", id, outputs);
    this.recorded.delete(name);
  }

  /** What a refresh reads; undefined where it is gone. */
  async read(name: string): Promise<Values | undefined> {
    const { kind, id, outputs } = this.get(name);
    const found = (await this.provider.call(kind, "read", id, outputs)) as { id: string; inputs?: Values };
    return found.id === "" ? undefined : found.inputs;
  }

  /** A failure that carries an id keeps the state. */
  private async kept(kind: Kind, name: string, inputs: Values, action: () => Promise<unknown>): Promise<unknown> {
    try {
      return await action();
    } catch (error) {
      if (!(error instanceof Died) && error instanceof ProviderError && error.id !== undefined) {
        this.recorded.set(name, { kind, id: error.id, inputs, outputs: error.properties ?? {}, incomplete: true });
      }
      throw error;
    }
  }

  /** References as the classes pass them. */
  host(): Values {
    const { id, outputs } = this.get("host");
    return { id, uri: outputs.uri };
  }

  pool(name: string): Values {
    const { id, outputs } = this.get(name);
    return { host: outputs.host, name: outputs.name, type: outputs.type, path: outputs.path, id };
  }

  disk(name: string): Values {
    const { id, outputs } = this.get(name);
    const { host, name: pool } = outputs.pool as Values;
    return { host, pool, name: outputs.name, path: outputs.path, format: outputs.format, id };
  }
}
