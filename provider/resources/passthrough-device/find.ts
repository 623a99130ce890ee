/** Which PCI device of a host a program means. Pure. */

import type { PassthroughDeviceInputs } from "../../../schema/passthrough-device";
import { holdsUnknown } from "../../../schema/unknown";
import type { NodeDevice, PciDevice } from "../../libvirt/node-device";
import { wholePciAddress } from "../../libvirt/pci-address";
import { classInWords } from "../../libvirt/pci-class";
import type { There } from "./kind";

/** The device, or a sentence that says why there is none, with what there is. */
export type Search = { readonly device: PciDevice } | { readonly none: string };

export type PciSelector = NonNullable<PassthroughDeviceInputs["pci"]>;

export function findDevice({ pci }: { readonly pci: PciSelector }, devices: readonly NodeDevice[]): Search {
  const all = pciDevicesOf(devices);
  if (pci.address !== undefined) {
    const address = wholePciAddress(pci.address);
    const device = all.find((each) => each.address === address);
    return device === undefined ? { none: `the host has no PCI device ${address}. ${thereIs(all)}` } : { device };
  }
  if (pci.interface !== undefined) return byInterface(pci.interface, devices, all);
  if (pci.physicalFunction !== undefined) return byFunction(pci.physicalFunction, pci.virtualFunction ?? 0, devices);
  const alike = all.filter(({ vendor, product }) => vendor.id === pci.vendor && product.id === pci.product);
  const id = `${pci.vendor}:${pci.product}`;
  if (alike.length === 0) return { none: `the host has no PCI device ${id}. ${thereIs(all)}` };
  const addresses = alike.map(({ address }) => address).join(", ");
  if (pci.index === undefined && alike.length > 1) {
    return { none: `the host has ${alike.length} devices ${id}: ${addresses}. Say which with index (0 is the first).` };
  }
  const device = alike[pci.index ?? 0];
  if (device !== undefined) return { device };
  return { none: `the host has ${alike.length} of the devices ${id} (${addresses}), and none of index ${pci.index}.` };
}

function byInterface(name: string, devices: readonly NodeDevice[], all: readonly PciDevice[]): Search {
  const interfaces = devices.filter((each) => each.kind === "net");
  const found = interfaces.find((each) => each.interface === name);
  const device = all.find((each) => each.name === found?.parent);
  if (device !== undefined) return { device };
  if (found !== undefined) return { none: `the network interface "${name}" of the host is no PCI device's.` };
  const cards = interfaces.filter(({ parent }) => all.some((each) => each.name === parent));
  const names = cards.map((each) => each.interface).sort();
  return {
    none: `the host has no network interface "${name}"; those of PCI devices are: ${names.join(", ") || "none"}.`,
  };
}

function byFunction(card: string, number: number, devices: readonly NodeDevice[]): Search {
  const byAddress = card.includes(":");
  const search = findDevice({ pci: byAddress ? { address: card } : { interface: card } }, devices);
  if ("none" in search) return search;
  const { address, virtualFunctions } = search.device;
  if (virtualFunctions === undefined) {
    return { none: `${address} (${inWords(search.device)}) cannot be divided into virtual functions (SR-IOV).` };
  }
  const { most, addresses } = virtualFunctions;
  const found = pciDevicesOf(devices).find((each) => each.address === addresses[number]);
  if (found !== undefined) return { device: found };
  const has =
    addresses.length === 0 ? "no virtual functions now" : `the virtual functions 0 to ${addresses.length - 1}`;
  return {
    none: `${address} has ${has}, and none of number ${number}; it can have ${most}. VirtualFunctions sets their number.`,
  };
}

/** Those that are no bridges, in the order of their addresses. */
export function candidates(devices: readonly NodeDevice[]): readonly PciDevice[] {
  return pciDevicesOf(devices).filter(({ isBridge }) => !isBridge);
}

function pciDevicesOf(devices: readonly NodeDevice[]): readonly PciDevice[] {
  return devices.filter((each) => each.kind === "pci").sort((one, other) => (one.address < other.address ? -1 : 1));
}

function thereIs(all: readonly PciDevice[]): string {
  const rows = candidates(all).map((each) => `${each.address} ${inWords(each)}`);
  return `There is: ${rows.join("; ") || "none"}.`;
}

/** `10de:2684`. */
export function identityOf({ vendor, product }: PciDevice): string {
  return `${vendor.id}:${product.id}`;
}

/** `VGA compatible controller: NVIDIA Corporation AD102 (10de:2684)`. */
export function inWords(device: PciDevice): string {
  const { classCode, vendor, product } = device;
  const names = [vendor.name, product.name].filter((name) => name !== undefined).join(" ");
  const kind = classCode === undefined ? "" : `${classInWords(classCode)}: `;
  return `${kind}${names === "" ? "" : `${names} `}(${identityOf(device)})`;
}

/**
 * What is in its IOMMU group beside it, and can only be passed on with it. Bridges to PCI keep their driver there (Linux,
 * drivers/vfio), and other bridges matter where a driver has them.
 */
export function companionsOf(device: PciDevice, devices: readonly NodeDevice[]): readonly PciDevice[] {
  const group = new Set(device.iommuGroup?.addresses);
  return pciDevicesOf(devices)
    .filter(({ address }) => group.has(address) && address !== device.address)
    .filter(
      ({ isBridge, classCode, driver }) => !isBridge || (driver !== undefined && !classCode?.startsWith("0x0604")),
    );
}

export interface Meant {
  /** Undefined where it is not there, where it cannot be told, or where a preview does not know what is meant. */
  readonly device: PciDevice | undefined;
  /** What shares its IOMMU group. */
  readonly companions: readonly PciDevice[];
}

/**
 * The device that the inputs mean. What a network interface was called is known as long as the claim stands for it: with a
 * guest the card has none, and another card may have got the name.
 */
export function meantBy(
  { pci }: Pick<PassthroughDeviceInputs, "pci">,
  { claimed, devices, sought }: Pick<There, "claimed" | "devices" | "sought">,
): Meant {
  const none: Meant = { device: undefined, companions: [] };
  if (pci === undefined || holdsUnknown(pci)) return none;
  const search = findDevice({ pci }, devices);
  const found = "device" in search ? search.device : undefined;
  const remembered =
    pci.interface !== undefined && pci.interface === sought.pci?.interface
      ? candidates(devices).find(({ address }) => address === claimed)
      : undefined;
  const device = remembered !== undefined && (isKept(remembered) || found === undefined) ? remembered : found;
  return device === undefined ? none : { device, companions: companionsOf(device, devices) };
}

/** Drivers that keep a device for guests; cards may have a vfio-pci of their own (`mlx5_vfio_pci`). */
const keepers = /^(.*[-_])?(vfio[-_]pci|pci-stub|pciback)$/;

/** Whether it is kept for guests. */
export function isKept({ driver = "" }: PciDevice): boolean {
  return keepers.test(driver);
}

/** Whether nothing of the host uses it. */
export function isFree(device: PciDevice): boolean {
  return device.driver === undefined || isKept(device);
}
