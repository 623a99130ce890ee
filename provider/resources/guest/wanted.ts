/** What an update would define, and which of it is new: what is so on the host already is not judged again. Pure. */

import type { GuestInputs } from "../../../schema/guest";
import type { HostFacts } from "../../libvirt/host-facts";
import { libvirtLanguage } from "../../libvirt/language";
import { type Desired, type DesiredElement, instantiate } from "../../reconcile/desired";
import { plan } from "../../reconcile/plan";
import { descend, type Element, firstElement, textOf } from "../../reconcile/tree";
import { ownedPaths } from "../owned";
import type { Objection, Observed } from "../resource";
import { desired as desiredOf } from "./observe";

export interface Wanted {
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
  inputs: GuestInputs,
  facts: HostFacts,
  observed: Observed | undefined,
  dependants: (path: string) => readonly string[],
): Wanted {
  const desired = desiredOf(inputs, facts, observed);
  const steps =
    observed &&
    plan({
      desired,
      lastApplied: undefined,
      actual: observed,
      owned: ownedPaths(inputs),
      dependants,
      language: libvirtLanguage,
    });
  const document = steps?.document ?? instantiate(desired.document);
  const type = descend(document, "os", "type");
  const paths = steps?.changes.map(({ path }) => path);
  return {
    inputs,
    desired,
    document,
    type: document.attributes.type ?? "",
    architecture: type?.attributes.arch ?? facts.architecture,
    machine: type?.attributes.machine ?? "",
    isNew: (path) => paths === undefined || paths.some((changed) => isWithin(changed, path) || isWithin(path, changed)),
    atStart: inputs.running === false ? { onlyTold: true } : {},
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

export function devicesOf({ document }: Wanted): Element {
  return firstElement(document, "devices") ?? { name: "devices", attributes: {}, children: [] };
}

/** The key under which the program names the device: it stands in its alias. */
export function keyOf(device: Element, kind: "disk" | "nic"): string | undefined {
  const alias = firstElement(device, "alias")?.attributes.name;
  return alias?.startsWith(`ua-${kind}-`) ? alias.slice(`ua-${kind}-`.length) : undefined;
}

/** The number in an element that may have a unit of its own, in KiB. */
export function kibibytesOf(element: Element | undefined): number {
  const units: Readonly<Record<string, number>> = { b: 1 / 1024, bytes: 1 / 1024, KiB: 1, MiB: 1024, GiB: 1024 ** 2 };
  return Number(textOf(element)) * (units[element?.attributes.unit ?? "KiB"] ?? Number.NaN);
}

function isWithin(path: string, outer: string): boolean {
  return path === outer || path.startsWith(`${outer}.`);
}
