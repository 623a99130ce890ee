/** What becomes of a definition whose changes a running guest did not take. Pure. */

import { LibvirtError } from "../../libvirt/errors";
import { libvirtLanguage } from "../../libvirt/language";
import { deviceOf } from "../../libvirt/live-split";
import type { Difference } from "../../reconcile/match";
import { pairSiblings } from "../../reconcile/pair";
import { type Element, elementsOf, firstElement, isElement, textOf } from "../../reconcile/tree";
import type { ObservedGuest } from "./observed";
import type { LiveFailure } from "./live-apply";

/** The definition without what the host refused: the next start would meet the same refusal. */
export function takenBack(
  definition: Element,
  { document: before, live }: ObservedGuest,
  refused: readonly LiveFailure[],
): Element {
  if (live === undefined) return before;
  return refused
    .flatMap(({ step }) => step.differences)
    .reduce((document, difference) => withPartOf(before, document, live, difference), definition);
}

/** One device, or one element beside the devices, as it was before. */
function withPartOf(before: Element, document: Element, live: Element, difference: Difference): Element {
  const device = deviceOf(live, difference);
  if (device === undefined) return replaced(document, ...[document, before].map((each) => named(each, difference)));
  const [now, then] = [document, before].map((each) => firstElement(each, "devices"));
  if (now === undefined || then === undefined) return document;
  const places = [document.name, now.name];
  const [wasThere] = pairs([device], elementsOf(then, device.name), places);
  const [isThere] = pairs([device], elementsOf(now, device.name), places);
  const partner = isThere === undefined ? wasThere : counterpart(isThere, now, then, places);
  const devices = replaced(now, isThere === undefined ? [] : [isThere], partner === undefined ? [] : [partner]);
  return replaced(document, [now], [devices]);
}

/** The partner of a device among all of its name, so that what has no key of its own is told apart by all the others. */
function counterpart(device: Element, now: Element, then: Element, places: readonly string[]): Element | undefined {
  const siblings = elementsOf(now, device.name);
  return pairs(siblings, elementsOf(then, device.name), places)[siblings.indexOf(device)];
}

function pairs(wanted: readonly Element[], present: readonly Element[], places: readonly string[]) {
  return pairSiblings(wanted, present, places, libvirtLanguage).partners;
}

function named(document: Element, { elements }: Difference): Element[] {
  return elementsOf(document, elements[1] ?? "");
}

/** The parent with the second elements in the place of the first. */
function replaced(parent: Element, old: readonly Element[] = [], by: readonly Element[] = []): Element {
  const first = parent.children.findIndex((child) => isElement(child) && old.includes(child));
  const at = first < 0 ? parent.children.length : first;
  const rest = (from: number, to?: number): Element["children"] =>
    parent.children.slice(from, to).filter((child) => !isElement(child) || !old.includes(child));
  return { ...parent, children: [...rest(0, at), ...by, ...rest(at)] };
}

/** `uri`: where the guest is. */
export function liveFailure(uri: string, { document }: ObservedGuest, failures: readonly LiveFailure[]): LibvirtError {
  const said = failures.map(({ step, reason }) => `${step.paths.join(", ")}: ${reason}`).join("; ");
  const pathsOf = (cause: LiveFailure["cause"]): string =>
    failures.flatMap((each) => (each.cause === cause ? each.step.paths : [])).join(", ");
  const [refused, waiting] = [pathsOf("refused"), pathsOf("guest")];
  const became = [
    ...(refused === "" ? [] : [`The running guest and its definition are as before in ${refused}.`]),
    ...(waiting === "" ? [] : [`Its definition has ${waiting} as wanted, the running guest has not.`]),
  ];
  return new LibvirtError(
    "Refused",
    `Unable to change running guest "${textOf(firstElement(document, "name"))}" on ${uri}: ${said}. ${became.join(" ")}`,
    waiting === ""
      ? "Mend the program, or what it names on the host, then run this again."
      : 'Run this again once the guest can do its part; otherwise its next start brings the change (pending lists it, restart: "ifNeeded" allows one).',
  );
}
