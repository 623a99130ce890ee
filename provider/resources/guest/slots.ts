/** New devices get their slot before they are defined, so that they have the same one live and in the definition (decisions/spare-ports.md). Pure. */

import { devicesIn, withDevices } from "../../libvirt/devices";
import type { LiveRules } from "../../libvirt/live-change";
import { freeSlots, withSlot } from "../../libvirt/pci";
import type { Difference } from "../../reconcile/match";
import { type Element, firstElement } from "../../reconcile/tree";
import type { ObservedGuest } from "./observed";

export function withSlots(
  document: Element,
  live: readonly Difference[],
  observed: ObservedGuest,
  { showsSlots, needs }: Pick<LiveRules, "showsSlots" | "needs">,
): Element {
  const running = showsSlots ? observed.live : undefined;
  if (running === undefined) return document;
  const devices = devicesIn(document);
  const places = new Map<Element, Element>();
  for (const difference of live) {
    const device = difference.kind === "insert" ? difference.element : undefined;
    if (device === undefined || !devices.includes(device) || firstElement(device, "address") !== undefined) continue;
    const needed = needs(device).slot;
    const slot = needed && freeSlots(running, document, needed === "conventional")[places.size];
    if (slot !== undefined) places.set(device, withSlot(device, slot));
  }
  return withDevices(document, (device) => places.get(device) ?? device);
}
