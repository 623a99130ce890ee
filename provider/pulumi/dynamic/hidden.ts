/** Inputs and outputs that only steer the provider, as the engine keeps them beside what the program states. Pure. */

import { inOrder, type KeyOrder, recordedOrder } from "../../../schema/order";
import { unknown } from "../../../schema/unknown";
import type { State, Values } from "../../lifecycle/lifecycle";
import type { Identity } from "../../resources/resource";

export interface HiddenInputs {
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
  /** What a preview has displayed last; an `up` records none of it. */
  readonly drift?: Readonly<Record<string, string>>;
  /** The keys of maps as the program wrote them first. Another order is no difference, and recorded nowhere. */
  readonly __order?: KeyOrder | string;
}

/** Inputs that only a preview shows. */
const displayed = new Set(["drift", "impact"]);

/**
 * What the user said and what was derived from it, in the order of the program where that is known: without hidden and
 * displayed inputs, and without `undefined`.
 */
export function visibleInputs(inputs: object): Values {
  const visible = Object.fromEntries(
    Object.entries(inputs).filter(
      ([key, value]) => !key.startsWith("__") && value !== undefined && !displayed.has(key),
    ),
  );
  const { __order: order } = inputs as HiddenInputs;
  return isOrder(order) ? (inOrder(visible, order) as Values) : visible;
}

/** Not known yet, it is a text. */
function isOrder(order: HiddenInputs["__order"]): order is KeyOrder {
  return typeof order === "object";
}

/** What stands in the state, as the life cycle takes it. */
export function recordedState(props: object): State {
  const { __facts: facts = {}, __creation: creation } = props as {
    readonly __facts?: Values;
    readonly __creation?: string;
  };
  return { outputs: visibleInputs(props), facts, creation };
}

export function identityOf({ __urn: urn, __order: order }: HiddenInputs): Identity {
  const known = urn === undefined || urn === unknown ? undefined : urn;
  return {
    urn: known,
    resourceName: known?.slice(known.lastIndexOf("::") + 2) ?? "",
    ...(typeof order === "object" ? { order } : {}),
  };
}

/** The order that was recorded, then what the program adds to it: devices are numbered in it once. */
export function orderOf({ __order: recorded }: HiddenInputs, { __order: given }: HiddenInputs): HiddenInputs {
  const order = recordedOrder(
    typeof recorded === "object" ? recorded : undefined,
    typeof given === "object" ? given : undefined,
  );
  return Object.keys(order).length === 0 ? {} : { __order: order };
}

export function secretsOf({ __secrets: secrets }: HiddenInputs): readonly string[] {
  return Array.isArray(secrets) ? (secrets as string[]) : [];
}

/** Whether a path is secret: at or below one of these, or above one (`partly`). `*` stands for any key. */
export function secrecyOf(path: string, secrets: readonly string[]): boolean | "partly" {
  const steps = path.split(".");
  const met = secrets
    .map((secret) => secret.split("."))
    .filter((pattern) =>
      steps.slice(0, pattern.length).every((step, index) => pattern[index] === "*" || pattern[index] === step),
    );
  return met.some((pattern) => pattern.length <= steps.length) || (met.length > 0 && "partly");
}

/**
 * What is kept of the hidden inputs. The URN is kept for progress messages only, where the engine does not send it: by
 * alias and move it changes, and what is recorded is then an older one.
 */
export function hiddenToKeep(inputs: HiddenInputs): Values {
  const secrets = secretsOf(inputs);
  const { urn } = identityOf(inputs);
  return {
    ...(urn === undefined ? {} : { __urn: urn }),
    ...(secrets.length === 0 ? {} : { __secrets: secrets }),
    ...(typeof inputs.__order === "object" ? { __order: inputs.__order } : {}),
  };
}

/**
 * Outputs on their way to the state. Facts stand in one hidden output: as outputs of their own, every difference would
 * show them as taken away, since the engine compares old outputs with new inputs.
 */
export function toOutputs({ outputs, facts, creation }: State, inputs: HiddenInputs): Values {
  return {
    ...outputs,
    ...hiddenToKeep(inputs),
    ...(creation === undefined ? {} : { __creation: creation }),
    __facts: facts,
  };
}

/**
 * A transform that ignores `*` has the engine hand on all of the old inputs in place of the new ones, hidden ones too: the
 * one that is always sent and never recorded is missing then.
 */
export function isAllIgnored(olds: HiddenInputs, given: HiddenInputs): boolean {
  return Object.keys(olds).length > 0 && given.__preview === undefined;
}

/** Whether it is a preview is not known then, and what only a preview shows must not be recorded. */
export const allIgnored: HiddenInputs = { __ignoreChanges: ["*"], __preview: false };
