/** PCI slots of a guest: which device needs one, and which are free both in the running guest and in its definition. Pure. */

import { type Element, elementsOf, firstElement } from "../reconcile/tree";

/** A slot as libvirt addresses it: `0x05`, `0x00`. */
export interface Slot {
  readonly bus: number;
  readonly slot: number;
}

/** Whether the device, hot-plugged without an address, would take a PCI slot (formatdomain, "Device Addresses"). */
export function needsSlot(device: Element): boolean {
  const address = firstElement(device, "address");
  if (address !== undefined) return false;
  const bus = firstElement(device, "target")?.attributes.bus ?? device.attributes.bus;
  const model = firstElement(device, "model")?.attributes.type ?? device.attributes.model;

  switch (device.name) {
    case "disk":
    case "input":
      return bus === "virtio";
    case "interface":
      return model !== "usb-net";
    case "hostdev":
      return device.attributes.type === "pci";
    case "memory":
      return model === "virtio-mem" || model === "virtio-pmem";
    case "controller":
    case "rng":
    case "shmem":
    case "vsock":
    case "watchdog":
      return true;
    default:
      return false;
  }
}

/** Conventional PCI devices do not go into a PCIe port: on q35 they need a bridge, which cannot be plugged. */
export function isConventional(device: Element): boolean {
  const model = firstElement(device, "model")?.attributes.type ?? device.attributes.model ?? "";
  return (
    (device.name === "interface" && /^(e1000|e1000-\w+|rtl8139|ne2k_pci|pcnet)$/.test(model)) || model === "i6300esb"
  );
}

/**
 * Slots into which a device can be plugged while the guest runs, in order: free PCIe root ports, or the slots of the
 * PCI bus where there are no ports (machine `pc`). One device has the same address live and in config, or the guest's NIC
 * has another name after the next start.
 */
export function freeSlots(live: Element, definition: Element, conventional: boolean): Slot[] {
  const taken = [live, definition].map(takenSlots);
  const isFree = ({ bus, slot }: Slot): boolean => taken.every((each) => !each.has(`${bus}/${slot}`));
  const ports = portsOf(live);
  if (machineOf(live).includes("q35") || ports.length > 0) {
    if (conventional) return [];
    const defined = new Set(portsOf(definition));
    return ports
      .filter((bus) => defined.has(bus))
      .map((bus) => ({ bus, slot: 0 }))
      .filter(isFree);
  }
  // Slots 1 and 2 of the machine pc hold the chipset and the primary graphics card.
  return Array.from({ length: 29 }, (_, index) => ({ bus: 0, slot: index + 3 })).filter(isFree);
}

/** The device with this address. */
export function withSlot(device: Element, { bus, slot }: Slot): Element {
  const hex = (value: number): string => `0x${value.toString(16).padStart(2, "0")}`;
  const attributes = { type: "pci", domain: "0x0000", bus: hex(bus), slot: hex(slot), function: "0x0" };
  return { ...device, children: [...device.children, { name: "address", attributes, children: [] }] };
}

function machineOf(document: Element): string {
  return firstElement(firstElement(document, "os"), "type")?.attributes.machine ?? "";
}

/** Numbers of the buses behind root ports that take a device while the guest runs. */
function portsOf(document: Element): number[] {
  return devicesOf(document)
    .filter(({ name, attributes }) => name === "controller" && attributes.model === "pcie-root-port")
    .filter((port) => firstElement(port, "target")?.attributes.hotplug !== "off")
    .map((port) => Number(port.attributes.index))
    .sort((one, other) => one - other);
}

function takenSlots(document: Element): ReadonlySet<string> {
  return new Set(
    devicesOf(document).flatMap((device) => {
      const address = elementsOf(device, "address").find(({ attributes }) => attributes.type === "pci");
      return address === undefined ? [] : `${Number(address.attributes.bus)}/${Number(address.attributes.slot)}`;
    }),
  );
}

function devicesOf(document: Element): Element[] {
  const devices = firstElement(document, "devices");
  return devices === undefined ? [] : elementsOf(devices);
}
