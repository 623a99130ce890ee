/** New devices get their slot before they are defined, so that they have the same one live and in config (facts, 24). Pure. */

import type { LiveRules } from "../../libvirt/live-change";
import { freeSlots, isConventional, needsSlot, withSlot } from "../../libvirt/pci";
import type { Difference } from "../../reconcile/match";
import { type Element, firstElement } from "../../reconcile/tree";
import type { Observed } from "../resource";

export function withSlots(
  document: Element,
  live: readonly Difference[],
  observed: Observed,
  { showsSlots }: Pick<LiveRules, "showsSlots">,
): Element {
  const running = showsSlots ? observed.live : undefined;
  const devices = firstElement(document, "devices");
  if (running === undefined || devices === undefined) return document;
  const places = new Map<Element, Element>();
  for (const difference of live) {
    if (difference.kind !== "insert" || !needsSlot(difference.element)) continue;
    if (!devices.children.includes(difference.element)) continue;
    const slot = freeSlots(running, observed.document, isConventional(difference.element))[places.size];
    if (slot !== undefined) places.set(difference.element, withSlot(difference.element, slot));
  }
  if (places.size === 0) return document;
  const placed = devices.children.map((child) => (typeof child === "string" ? child : (places.get(child) ?? child)));
  return {
    ...document,
    children: document.children.map((child) => (child === devices ? { ...devices, children: placed } : child)),
  };
}
