/** What mediated devices a host can make, and what it has. Pure. */

import type { NodeDevice, MdevParent, MdevType, MediatedDevice, PciDevice } from "../../libvirt/node-device";
import { wholePciAddress } from "../../libvirt/pci-address";

export type Parent = PciDevice | MdevParent;

/** Those that can be divided, in the order of their names. */
export function mdevParents(devices: readonly NodeDevice[]): readonly Parent[] {
  return devices
    .filter((each) => (each.kind === "pci" || each.kind === "mdevParent") && each.mdevTypes.length > 0)
    .sort((one, other) => (one.name < other.name ? -1 : 1)) as Parent[];
}

/** By its PCI address, or by libvirt's name. */
export function parentNamed(parent: string, devices: readonly NodeDevice[]): Parent | undefined {
  return mdevParents(devices).find((each) => each.name === parent || placeOfParent(each) === whole(parent));
}

/** As a program would name it: by its address, where it has one. */
export function placeOfParent(parent: Parent): string {
  return parent.kind === "pci" ? parent.address : parent.name;
}

export function mediatedDevice(uuid: string, devices: readonly NodeDevice[]): MediatedDevice | undefined {
  return devices.filter((each) => each.kind === "mdev").find((each) => each.uuid === uuid);
}

/** In the words of the program, also where neither of them is there. */
export function sayParent(name: string | undefined, devices: readonly NodeDevice[]): string {
  const parent = name === undefined ? undefined : parentNamed(name, devices);
  return parent === undefined ? whole(name ?? "") : placeOfParent(parent);
}

/** `mtty-2 Dual port serial, 12 left`. */
export function typeInWords({ id, name, available }: MdevType): string {
  return `${id}${name === undefined ? "" : ` ${name}`}, ${available} left`;
}

function whole(name: string): string {
  return /^([0-9a-f]{4,8}:)?[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]$/.test(name) ? wholePciAddress(name) : name;
}
