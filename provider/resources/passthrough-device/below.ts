/** What sits on a device of the host, and goes with it: what is made of it, or plugged into it. Pure. */

import { meansUsbDevice } from "../../libvirt/device-address";
import type { NodeDevice, PciDevice } from "../../libvirt/node-device";

/** Mediated devices, USB devices, interfaces; through whatever is no PCI device, since those are taken by themselves. */
export function below(card: PciDevice, devices: readonly NodeDevice[]): readonly NodeDevice[] {
  return devices.filter((each) => isBelow(each, card, devices));
}

/** Whether a guest that has this address has this device. */
export function isMeantBy(address: string, device: NodeDevice): boolean {
  if (device.kind === "usb") return meansUsbDevice(address, device);
  return device.kind === "mdev" && device.uuid === address;
}

function isBelow({ parent }: NodeDevice, card: PciDevice, devices: readonly NodeDevice[]): boolean {
  if (parent === undefined || parent === card.name) return parent !== undefined;
  const above = devices.find(({ name }) => name === parent);
  // A bridge leads to other cards, which are taken by themselves.
  return above !== undefined && above.kind !== "pci" && isBelow(above, card, devices);
}
