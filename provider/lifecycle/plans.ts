/** What one resource differs in, by its own rules: the planner with all that a resource says of itself. */

import type { Desired } from "../reconcile/desired";
import { type Change, type Plan, plan } from "../reconcile/plan";
import { asStated } from "../resources/applied";
import { ownedPaths } from "../resources/owned";
import type { ConnectedHost, Observed, Resource } from "../resources/resource";
import { type Ignored, nothingIgnored } from "./ignored";

export function planFor<Inputs extends object>(
  resource: Resource<Inputs>,
  host: ConnectedHost,
  inputs: Inputs,
  recorded: Inputs | undefined,
  seen: Observed,
  ignored: Ignored = nothingIgnored,
): Plan {
  const { underKeysOf } = resource;
  const observed = underKeysOf?.observed(inputs, seen, recorded) ?? seen;
  const lastApplied = recorded && (underKeysOf?.inputs(inputs, recorded) ?? recorded);
  const applied = asStated(resource.schema, observed.applied as Inputs | undefined, [inputs, lastApplied]);
  const stated = ownedPaths(inputs, lastApplied, applied);
  const desired = resource.desired(inputs, host, observed);
  const earlier = (those: Inputs | undefined): Desired | undefined => {
    if (those === inputs) return desired;
    return those === undefined ? undefined : resource.desired(those, host, observed);
  };
  return plan({
    desired,
    lastApplied: earlier(lastApplied),
    madeBy: earlier(applied),
    actual: { ...observed, settings: resource.settings?.(inputs, observed) ?? observed.settings },
    owned: (path) => stated(path) && !ignored(path),
    dependants: (path) => resource.dependants(path),
    language: host.profile.language,
    split: resource.split?.(inputs, host, observed),
  });
}

/** The changes of a plan, and what waited already where an update may bring it now. */
export function carriedOut<Inputs extends object>(
  resource: Resource<Inputs>,
  inputs: Inputs,
  observed: Observed,
  { changes, pendingRestart }: Plan,
): readonly Change[] {
  const known = new Set(changes.map(({ path }) => path));
  const due = pendingRestart.filter(
    (change) => !known.has(change.path) && resource.impact(change, inputs, observed).class === "powerCycle",
  );
  return [...changes, ...due];
}
