/** Whether what runs of a network is what its definition, and the program, ask for. Pure. */

import type { NetworkInputs } from "../../../schema/network";
import type { Settings } from "../../reconcile/desired";
import { namesOf } from "./nics";
import { definitionGoal, differingPaths, isUpdatable, needsStart, updates } from "./live-update";
import type { ObservedNetwork } from "./observe";

/** How what runs differs from the definition. */
interface Lag {
  readonly words: string;
  /** In something that only another start brings. */
  readonly needsStart: boolean;
}

/**
 * What the definition has as wanted and the running network has not. After a change that was cut short nobody knows what
 * was wanted: then whatever differs from what the definition is to be counts.
 */
export function lagOf(inputs: NetworkInputs, observed: ObservedNetwork): Lag | undefined {
  const { document, running, ownership } = observed;
  if (running === undefined) return undefined;
  const defined = new Set(differingPaths(inputs, document));
  const paths = differingPaths(inputs, running).filter((path) => !defined.has(path));
  if (paths.length > 0) {
    return { words: `not as defined (${paths.join(", ")})`, needsStart: !paths.every(isUpdatable) };
  }
  if (ownership !== "unfinished") return undefined;
  const goal = definitionGoal(inputs, observed);
  const startIsMissing = needsStart(running, goal);
  if (!startIsMissing && updates(running, goal).length === 0) return undefined;
  return { words: "not as defined (a change was cut short)", needsStart: startIsMissing };
}

/**
 * `running` as drift tells it: a network that runs otherwise than defined, or without a link to its guests, is not what
 * `running: true` asks for.
 */
export function settings(inputs: NetworkInputs, observed: ObservedNetwork): Settings {
  if (!observed.active) return observed.settings;
  const lag = lagOf(inputs, observed);
  const cutOff = namesOf(observed.nics.filter((nic) => nic.cutOff));
  const wrong = [
    ...(lag === undefined ? [] : [lag.words]),
    ...(cutOff.length === 0 ? [] : [`without a link to ${cutOff.join(", ")}`]),
  ];
  return { ...observed.settings, running: wrong.length === 0 || wrong.join(" and ") };
}
