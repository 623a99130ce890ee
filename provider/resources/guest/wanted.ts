/** What an update would define, and which of it is new: what is so on the host already is not judged again. Pure. */

import { guest as schema, type GuestInputs } from "../../../schema/guest";
import { knownParts } from "../../../schema/known";
import { unknown } from "../../../schema/unknown";
import { type Desired, type DesiredElement, instantiate } from "../../reconcile/desired";
import { plan } from "../../reconcile/plan";
import { descend, type Element, textOf } from "../../reconcile/tree";
import { asStated } from "../applied";
import { isWithin, ownedPaths } from "../owned";
import type { KnownHost, Objection } from "../resource";
import type { ObservedGuest } from "./observed";
import { desired as desiredOf } from "./observe";

export interface Wanted {
  /** Without the objects and maps that a preview does not know yet; single values may be the engine's stand-in. */
  readonly inputs: GuestInputs;
  readonly desired: Desired;
  /** The definition that libvirt would be given. */
  readonly document: Element;
  readonly type: string;
  readonly architecture: string;
  readonly machine: string;
  /** Whether the host does not have it yet: the path itself, something below it, or something above it. */
  isNew(path: string): boolean;
  /** What libvirt defines and refuses to start is wrong only for a guest that is to run. */
  readonly atStart: Pick<Objection, "onlyTold">;
}

export function wantedOf(
  given: GuestInputs,
  host: KnownHost,
  observed: ObservedGuest | undefined,
  dependants: (path: string) => readonly string[],
): Wanted {
  const inputs = knownParts(schema, given);
  const desired = desiredOf(inputs, host, observed);
  // What the program dropped is wanted no more.
  const applied = asStated(schema, observed?.applied as GuestInputs | undefined, [inputs]);
  const steps =
    observed &&
    plan({
      desired,
      lastApplied: undefined,
      madeBy: applied && (applied === inputs ? desired : desiredOf(applied, host, observed)),
      // What runs may lack what the definition has, and is not what is judged here.
      actual: { document: observed.document, settings: observed.settings },
      owned: ownedPaths(inputs, applied),
      dependants,
      language: host.profile.language,
    });
  const document = steps?.document ?? instantiate(desired.document);
  const type = descend(document, "os", "type");
  const paths = steps?.changes.map(({ path }) => path);
  return {
    inputs,
    desired,
    document,
    type: document.attributes.type ?? "",
    architecture: type?.attributes.arch ?? host.facts.architecture,
    machine: type?.attributes.machine ?? "",
    isNew: (path) => paths === undefined || paths.some((changed) => isWithin(changed, path) || isWithin(path, changed)),
    atStart: [false, unknown].includes(inputs.running ?? true) ? { onlyTold: true } : {},
  };
}

/** The input path that wants this element or attribute; raw fragments may have had the last word. */
export function pathOf({ desired }: Wanted, steps: readonly string[], attribute?: string): string {
  const element = steps.reduce<DesiredElement | undefined>(
    (parent, name) => parent?.children.find((child) => child.name === name),
    desired.document,
  );
  return (attribute === undefined ? element?.text : element?.attributes[attribute])?.path ?? element?.path ?? "";
}

/** The number in an element that may have a unit of its own, in KiB. */
export function kibibytesOf(element: Element | undefined): number {
  const units: Readonly<Record<string, number>> = { b: 1 / 1024, bytes: 1 / 1024, KiB: 1, MiB: 1024, GiB: 1024 ** 2 };
  return Number(textOf(element)) * (units[element?.attributes.unit ?? "KiB"] ?? Number.NaN);
}
