/** What one resource differs in, by its own rules: the planner with all that a resource says of itself. */

import { libvirtLanguage } from "../libvirt/language";
import type { Desired } from "../reconcile/desired";
import { type Change, type Plan, plan } from "../reconcile/plan";
import { ownedPaths } from "../resources/owned";
import { type Ignored, nothingIgnored } from "./ignored";
import type { ConnectedHost, Observed, Resource } from "../resources/resource";

export function planFor<Inputs extends object>(
  resource: Resource<Inputs>,
  { facts }: ConnectedHost,
  inputs: Inputs,
  lastApplied: Inputs | undefined,
  observed: Observed,
  ignored: Ignored = nothingIgnored,
): Plan {
  const applied = observed.applied as Inputs | undefined;
  const stated = ownedPaths(inputs, lastApplied, applied);
  const earlier = (those: Inputs | undefined): Desired | undefined =>
    those === undefined ? undefined : resource.desired(those, facts, observed);
  return plan({
    desired: resource.desired(inputs, facts, observed),
    lastApplied: earlier(lastApplied),
    madeBy: earlier(applied),
    actual: { ...observed, settings: resource.settings?.(inputs, observed) ?? observed.settings },
    owned: (path) => stated(path) && !ignored(path),
    dependants: (path) => resource.dependants(path),
    language: libvirtLanguage,
    split: resource.split?.(inputs, facts, observed),
  });
}

/** The changes of a plan, and what waited already where an update may bring it now. */
export function carriedOut<Inputs extends object>(
  resource: Resource<Inputs>,
  inputs: Inputs,
  observed: Observed,
  { changes, waiting }: Plan,
): readonly Change[] {
  const known = new Set(changes.map(({ path }) => path));
  const due = waiting.filter(
    (change) => !known.has(change.path) && resource.impact(change, inputs, observed).class === "powerCycle",
  );
  return [...changes, ...due];
}
