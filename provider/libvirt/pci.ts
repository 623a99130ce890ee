/** PCI slots of a guest: which are free both in the running guest and in its definition. Pure. */

import { aliasOf } from "../reconcile/pair";
import { type Element, elementsOf, firstElement } from "../reconcile/tree";
import { devicesIn } from "./devices";

/** A slot as libvirt addresses it: `0x05`, `0x00`. */
export interface Slot {
  readonly bus: number;
  readonly slot: number;
}

/**
 * Slots into which a device can be plugged while the guest runs, in order: free PCIe root ports, or the slots of the
 * PCI bus where there are no ports (machine `pc`). One device has the same address live and in config, or the guest's NIC
 * has another name after the next start.
 */
export function freeSlots(live: Element, definition: Element, conventional: boolean): Slot[] {
  if (hasRootPorts(live)) {
    if (conventional) return [];
    const defined = new Map(rootPortsOf(definition).map((port) => [port.index, port]));
    return rootPortsOf(live)
      .filter(({ index, isTaken }) => !isTaken && defined.get(index)?.isTaken === false)
      .map(({ index }) => ({ bus: index, slot: 0 }));
  }
  const taken = [live, definition].map(takenSlots);
  const isFree = ({ bus, slot }: Slot): boolean => taken.every((each) => !each.has(`${bus}/${slot}`));
  // Slots 1 and 2 of the machine pc hold the chipset and the primary graphics card.
  return Array.from({ length: 29 }, (_, index) => ({ bus: 0, slot: index + 3 })).filter(isFree);
}

/** A PCIe root port, which is the bus of its index. */
export interface RootPort {
  readonly index: number;
  /** The name that somebody gave it. */
  readonly alias: string | undefined;
  /** Whether a device is on it. */
  readonly isTaken: boolean;
}

/** The root ports that a device may be plugged into, in order. */
export function rootPortsOf(document: Element): RootPort[] {
  const taken = takenSlots(document);
  return pluggable(document)
    .map((port) => {
      const index = Number(port.attributes.index);
      return { index, alias: aliasOf(port), isTaken: taken.has(`${index}/0`) };
    })
    .sort((one, other) => one.index - other.index);
}

/** The indexes of all PCI controllers where the guest has PCIe, the root's (0) first; none where it has none. */
export function pcieControllers(document: Element): number[] {
  const controllers = devicesIn(document, "controller").filter(({ attributes }) => attributes.type === "pci");
  if (!controllers.some(({ attributes }) => attributes.model === "pcie-root")) return [];
  return controllers.map(({ attributes }) => Number(attributes.index)).sort((one, other) => one - other);
}

/** The slot that a device has; undefined where it has none yet, or needs none. */
export function slotOf(device: Element): Slot | undefined {
  const address = elementsOf(device, "address").find(({ attributes }) => attributes.type === "pci");
  return address === undefined
    ? undefined
    : { bus: Number(address.attributes.bus), slot: Number(address.attributes.slot) };
}

/** The device with this address. */
export function withSlot(device: Element, { bus, slot }: Slot): Element {
  const hex = (value: number): string => `0x${value.toString(16).padStart(2, "0")}`;
  const attributes = { type: "pci", domain: "0x0000", bus: hex(bus), slot: hex(slot), function: "0x0" };
  return { ...device, children: [...device.children, { name: "address", attributes, children: [] }] };
}

/** Whether each device that is plugged needs a port of its own. */
export function hasRootPorts(live: Element): boolean {
  return machineOf(live).includes("q35") || pluggable(live).length > 0;
}

function machineOf(document: Element): string {
  return firstElement(firstElement(document, "os"), "type")?.attributes.machine ?? "";
}

function pluggable(document: Element): Element[] {
  return devicesIn(document, "controller")
    .filter(({ attributes }) => attributes.model === "pcie-root-port")
    .filter((port) => firstElement(port, "target")?.attributes.hotplug !== "off");
}

function takenSlots(document: Element): ReadonlySet<string> {
  return new Set(
    devicesIn(document).flatMap((device) => {
      const place = slotOf(device);
      return place === undefined ? [] : `${place.bus}/${place.slot}`;
    }),
  );
}
