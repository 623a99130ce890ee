/**
 * The dynamic provider's side of the front: what the shim in every resource's state requires by name. The names exported
 * here are a promise for ever, since they stand in the state files of all users.
 */

import type { dynamic } from "@pulumi/pulumi";
import { guest as guestSchema, type GuestInputs } from "../../../schema/guest";
import type { NetworkInputs } from "../../../schema/network";
import { type KeyOrder, recordedOrder } from "../../../schema/order";
import { unknown } from "../../../schema/unknown";
import { secretPaths } from "../../../schema/walk";
import { closeAll } from "../../libvirt/connection";
import { withoutPasswords } from "../../libvirt/uri";
import { disk as diskResource } from "../../resources/disk/handler";
import { guest as guestResource } from "../../resources/guest/handler";
import { network as networkResource } from "../../resources/network/handler";
import { cardsOf, disksOf, nameOf, subnetsOf } from "../../resources/once";
import { pool as poolResource } from "../../resources/pool/handler";
import type { Identity, Operation } from "../../resources/resource";
import { ResourceLifecycle } from "../../lifecycle/resource-lifecycle";
import { Engine } from "./engine";
import { HostLifecycle } from "../../lifecycle/host-lifecycle";
import type { Changed, Checked, Lifecycle, State, Values } from "../../lifecycle/lifecycle";
import { onlyOnce } from "../../lifecycle/twice";

export const host = front(new HostLifecycle());
export const pool = front(onlyOnce(new ResourceLifecycle(poolResource), (inputs) => nameOf("pool", inputs)));
export const disk = front(onlyOnce(new ResourceLifecycle(diskResource), (inputs) => nameOf("disk", inputs)));
export const network = front(
  onlyOnce(new ResourceLifecycle(networkResource), (inputs) => [
    ...nameOf("network", inputs),
    ...subnetsOf(inputs as unknown as NetworkInputs),
  ]),
);
export const guest = front(
  onlyOnce(new ResourceLifecycle(guestResource), (inputs) => [
    ...nameOf("guest", inputs),
    ...disksOf(inputs as GuestInputs),
    ...cardsOf(inputs as GuestInputs),
  ]),
  secretPaths(guestSchema),
);

const engine = Engine.ofThisProcess();
// The engine says SIGINT at the end of every operation. A process that lingers costs each preview five seconds, and one
// that has lost its engine works for nobody.
if (engine !== undefined) {
  engine.watch(leave);
  process.once("SIGINT", leave);
  process.once("SIGTERM", leave);
}

function leave(): void {
  void closeAll().finally(() => process.exit(0));
}

interface HiddenInputs {
  readonly __provider?: string;
  readonly __urn?: string;
  /** Whether this is a preview. For `check` only. */
  readonly __preview?: boolean;
  /** Input paths that the program marked as secret. */
  readonly __secrets?: readonly string[];
  /** The option `ignoreChanges`: the engine keeps it from the handlers, and what differs there is not to be mended. For `check` only. */
  readonly __ignoreChanges?: readonly string[] | string;
  /** The options of these names. For `check` only. */
  readonly __replaceOnChanges?: readonly string[] | string;
  readonly __retainOnDelete?: boolean;
  /** The keys of maps as the program wrote them first. Another order is no difference, and recorded nowhere. */
  readonly __order?: KeyOrder | string;
}

function front(lifecycle: Lifecycle, schemaSecrets: readonly string[] = []): dynamic.ResourceProvider {
  return {
    async check(olds: HiddenInputs, given: HiddenInputs) {
      return saying(async () => {
        const news = isAllIgnored(olds, given) ? { ...given, ...allIgnored } : given;
        const identity = identityOf(news);
        const order = orderOf(olds, news);
        const old = Object.keys(olds).length === 0 ? undefined : olds;
        const secrets = [...schemaSecrets, ...secretsOf(news)];
        const checked = await lifecycle.check(old, { ...news, ...order }, identity, (path) => isBelow(path, secrets));
        const { inputs, failures } = checked;
        tell(identity.urn, checked);
        return {
          inputs: { ...inputs, ...hidden({ ...news, __order: undefined, ...order }) },
          // A failure that names its property prints the property's value, secrets included.
          failures: failures.map((reason) => ({ property: "", reason: withoutPasswords(reason) })),
        };
      });
    },

    async diff(id: string, olds: object, news: object) {
      return saying(async () => {
        const { changed, isShown, replaces } = await lifecycle.differs(olds, news, id);
        if (!changed) return { changes: false };
        // Without `changes` the engine draws the difference itself, path by path, and goes by whether there is one.
        return { ...(isShown ? {} : { changes: true }), replaces: [...replaces], deleteBeforeReplace: true };
      });
    },

    async create(inputs: HiddenInputs) {
      return saying(async () => {
        const created = await lifecycle.create(inputs, operationOn(inputs));
        return { id: created.id, outs: complete(created, created.id, inputs) };
      });
    },

    async read(id: string, props: object) {
      return saying(async () => {
        const found = await lifecycle.read(id, props);
        if (found === undefined) return { id: "", props: {} };
        for (const warning of found.warnings ?? []) engine?.warn(undefined, warning);
        return { id, props: shown(found, props), inputs: { ...found.inputs, ...hidden(props) } };
      });
    },

    async update(id: string, olds: object, news: HiddenInputs) {
      return saying(async () => {
        const changed = await lifecycle.update(id, olds, news, operationOn(news));
        // What a host that was lost did not say any more is what it said last.
        const facts = changed.incomplete === undefined ? changed.facts : { ...factsOf(olds), ...changed.facts };
        return { outs: complete({ ...changed, facts }, id, news) };
      });
    },

    async delete(id: string, props: object) {
      return saying(async () => {
        const { warnings = [] } = await lifecycle.delete(id, props, operationOn(props));
        for (const warning of warnings) engine?.warn(identityOf(props).urn, withoutPasswords(warning));
      });
    },
  };
}

/**
 * A transform that ignores `*` has the engine hand on all of the old inputs in place of the new ones, hidden ones too: the
 * one that is always sent and never recorded is missing then.
 */
function isAllIgnored(olds: HiddenInputs, given: HiddenInputs): boolean {
  return Object.keys(olds).length > 0 && given.__preview === undefined;
}

/** Whether it is a preview is not known then, and what only a preview shows must not be recorded. */
const allIgnored: HiddenInputs = { __ignoreChanges: ["*"], __preview: false };

/** Hosts that this process has said of why they were not asked. */
const told = new Set<string>();

function tell(urn: string | undefined, { warnings = [], notes = [], summary, unasked }: Checked): void {
  for (const warning of warnings) engine?.warn(urn, withoutPasswords(warning));
  if (unasked !== undefined && !told.has(unasked.uri ?? "")) {
    told.add(unasked.uri ?? "");
    if (unasked.uri === undefined) engine?.inform("", unasked.sentence);
    else engine?.warn(urn, unasked.sentence);
  }
  if (urn === undefined) return;
  for (const note of notes) engine?.inform(urn, note);
  if (summary !== undefined) engine?.progress(urn, summary);
}

function identityOf({ __urn: urn, __order: order }: HiddenInputs): Identity {
  const known = urn === undefined || urn === unknown ? undefined : urn;
  return {
    urn: known,
    resourceName: known?.slice(known.lastIndexOf("::") + 2) ?? "",
    ...(typeof order === "object" ? { order } : {}),
  };
}

/** The order that was recorded, then what the program adds to it: devices are numbered in it once. */
function orderOf({ __order: recorded }: HiddenInputs, { __order: given }: HiddenInputs): HiddenInputs {
  const order = recordedOrder(
    typeof recorded === "object" ? recorded : undefined,
    typeof given === "object" ? given : undefined,
  );
  return Object.keys(order).length === 0 ? {} : { __order: order };
}

function secretsOf({ __secrets: secrets }: HiddenInputs): readonly string[] {
  return Array.isArray(secrets) ? (secrets as string[]) : [];
}

/** A path at, above or below a secret one; `*` stands for any key. */
function isBelow(path: string, secrets: readonly string[]): boolean {
  const steps = path.split(".");
  return secrets.some((secret) => {
    const pattern = secret.split(".");
    return steps.slice(0, pattern.length).every((step, index) => pattern[index] === "*" || pattern[index] === step);
  });
}

/**
 * What is kept of the hidden inputs. The URN is kept for progress messages only, where the engine does not send it: by
 * alias and move it changes, and what is recorded is then an older one.
 */
function hidden(inputs: HiddenInputs): Values {
  const secrets = secretsOf(inputs);
  const { urn } = identityOf(inputs);
  return {
    ...(urn === undefined ? {} : { __urn: urn }),
    ...(secrets.length === 0 ? {} : { __secrets: secrets }),
    ...(typeof inputs.__order === "object" ? { __order: inputs.__order } : {}),
  };
}

function operationOn(inputs: HiddenInputs): Operation {
  const { urn } = identityOf(inputs);
  return { progress: (text) => engine?.progress(urn, text) };
}

/**
 * Outputs on their way to the state. Facts stand in one hidden output: as outputs of their own, every difference would
 * show them as taken away, since the engine compares old outputs with new inputs.
 */
function shown({ outputs, facts, creation }: State, inputs: HiddenInputs): Values {
  return { ...outputs, ...hidden(inputs), ...(creation === undefined ? {} : { __creation: creation }), __facts: facts };
}

function factsOf({ __facts: facts }: { readonly __facts?: Values }): Values {
  return facts ?? {};
}

/** The outputs of what was carried out to its end; what was not is thrown, with all that belongs into the state. */
function complete(changed: Changed, id: string, inputs: HiddenInputs): Values {
  const outputs = shown(changed, inputs);
  if (changed.incomplete === undefined) return outputs;
  // The launcher adds the provider's text to results, and to errors it does not: without it nothing more can be done.
  throw new Incomplete(changed.incomplete, id, { ...outputs, __provider: inputs.__provider });
}

/** An error as the engine prints it: one message, no stack. */
class Told extends Error {
  constructor(cause: unknown) {
    super(withoutPasswords(cause instanceof Error ? cause.message : String(cause)));
    // Bugs keep their place in the code: nobody can mend "undefined is not a function" without it.
    this.stack = isOurs(cause) || !(cause instanceof Error) ? "" : withoutPasswords(cause.stack ?? "");
  }

  override toString(): string {
    return this.message.split("\n")[0] ?? "";
  }
}

/** Made or changed, but not as wanted: the engine keeps what is there and calls `update` next time. */
class Incomplete extends Told {
  readonly reasons: string[];

  constructor(
    cause: unknown,
    readonly id: string,
    readonly properties: Values,
  ) {
    super(cause);
    this.reasons = [this.message];
  }
}

function isOurs(error: unknown): boolean {
  return error instanceof Error && error.name === "LibvirtError";
}

async function saying<Result>(action: () => Promise<Result>): Promise<Result> {
  try {
    return await action();
  } catch (error) {
    throw error instanceof Told ? error : new Told(error);
  }
}
