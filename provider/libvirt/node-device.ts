/** What libvirt says of one device of a host: `virsh nodedev-dumpxml` as data (libvirt.org/formatnode.html). Pure. */

import { descend, type Element, elementsOf, firstElement, textOf } from "../reconcile/tree";
import { hexadecimal, numberFrom, pciAddressOf } from "./pci-address";
import { parseXml } from "./xml";

export type NodeDevice = PciDevice | UsbDevice | UsbInterface | NetDevice | MediatedDevice | MdevParent;

interface Named {
  /** libvirt's name for it: `pci_0000_01_00_0`. */
  readonly name: string;
  /** The name of the device that it sits on: `pci_0000_00_01_0`, or `computer`, which itself has none. */
  readonly parent?: string;
}

/** A vendor or a product. */
export interface Identity {
  /** Four hexadecimal digits in lower case: `10de`. */
  readonly id: string;
  /** What the host's database of devices calls it; newer devices are not in it. */
  readonly name?: string;
}

export interface PciDevice extends Named {
  readonly kind: "pci";
  /** `0000:01:00.0`; behind Intel's volume management the domain has five digits: `10000:01:00.0`. */
  readonly address: string;
  /** Base class, subclass and programming interface: `0x030000`. Old libvirt does not tell it. */
  readonly classCode?: string;
  readonly vendor: Identity;
  readonly product: Identity;
  /** The kernel's driver that has it: `nvidia`, `vfio-pci`. Undefined where none has. */
  readonly driver?: string;
  /** What can only be passed on together. Undefined without an IOMMU, and on Xen, where the hypervisor has the IOMMU. */
  readonly iommuGroup?: IommuGroup;
  /** Undefined where the firmware does not tell it, which is so on most machines with one node. */
  readonly numaNode?: number;
  /** Of a virtual function: the address of the device that it was divided from. */
  readonly physicalFunction?: string;
  /** Of a device that can be divided (SR-IOV), whether it is or not. */
  readonly virtualFunctions?: VirtualFunctions;
  /** Whether it is a bridge of any sort. VFIO lets only those to PCI keep their driver, not those to ISA (class `0x0601`). */
  readonly isBridge: boolean;
  /** The sorts of mediated devices that it knows, in libvirt's order, which means nothing. */
  readonly mdevTypes: readonly MdevType[];
}

export interface IommuGroup {
  readonly number: number;
  /** All that are in it, the device itself and bridges included, sorted. */
  readonly addresses: readonly string[];
}

export interface VirtualFunctions {
  /** How many it can have. */
  readonly most: number;
  /** Those that it has, by their number: the first is VF 0. */
  readonly addresses: readonly string[];
}

/** A sort of mediated device. */
export interface MdevType {
  /** `nvidia-222`, `i915-GVTg_V5_4`. */
  readonly id: string;
  /** `GRID T4-1B`. */
  readonly name?: string;
  /** `vfio-pci`, `vfio-ccw`, `vfio-ap`. */
  readonly deviceApi?: string;
  /** How many more can be made now. */
  readonly available: number;
}

/** A USB device, hubs included. */
export interface UsbDevice extends Named {
  readonly kind: "usb";
  readonly bus: number;
  /** The ports on the way to it from the bus: `1.2` is the second port of a hub on the first one. Undefined of a bus itself (its root hub). */
  readonly port?: string;
  /** Its number on the bus, which is another one each time it is plugged in. */
  readonly device: number;
  readonly vendor: Identity;
  readonly product: Identity;
  readonly driver?: string;
}

/** A function of a USB device, which is its parent: a stick has one, a headset several (libvirt's capability `usb`). */
export interface UsbInterface extends Named {
  readonly kind: "usbInterface";
  /** usb.org/defined-class-codes: 3 is HID, 8 mass storage, 9 a hub. */
  readonly classCode: number;
  /** Of a HID that firmware can use 1 is a keyboard. */
  readonly protocol: number;
  /** `usb-storage`; `usbfs` while a guest has it. */
  readonly driver?: string;
}

export interface NetDevice extends Named {
  readonly kind: "net";
  /** `enp3s0`. */
  readonly interface: string;
  /** `00:1b:21:aa:bb:cc`; of InfiniBand twenty bytes. */
  readonly mac?: string;
}

/** A mediated device, which may be defined without being there. */
export interface MediatedDevice extends Named {
  readonly kind: "mdev";
  readonly uuid?: string;
  /** The id of its `MdevType`. */
  readonly type: string;
  /** Whether it is there, and not only defined. */
  readonly isActive: boolean;
  /** Undefined where it is not there. */
  readonly iommuGroup?: number;
  readonly driver?: string;
}

/** A device that mediated devices can be made of, and that is on no bus that has a kind of its own here. */
export interface MdevParent extends Named {
  readonly kind: "mdevParent";
  readonly driver?: string;
  readonly mdevTypes: readonly MdevType[];
}

/** Throws `InvalidXml` for what is no XML; undefined for what does not say which device of which of these sorts it is. */
export function nodeDeviceFrom(xml: string): NodeDevice | undefined {
  const device = parseXml(xml, "a device of the host");
  const name = said(firstElement(device, "name"));
  const capability = firstElement(device, "capability");
  if (name === undefined || capability?.attributes.type === undefined) return undefined;
  const named = { name, parent: said(firstElement(device, "parent")) };
  const driver = said(descend(device, "driver", "name"));
  switch (capability.attributes.type) {
    case "pci":
      return pciDevice(capability, named, driver);
    case "usb_device":
      return usbDevice(capability, named, driver);
    case "usb":
      return usbInterface(capability, named, driver);
    case "net":
      return netDevice(capability, named);
    case "mdev":
      return mediatedDevice(capability, named, driver, firstElement(device, "path") !== undefined);
    case "mdev_types":
      return { kind: "mdevParent", ...named, driver, mdevTypes: mdevTypesOf(capability) };
    default:
      return undefined;
  }
}

function pciDevice(capability: Element, named: Named, driver: string | undefined): PciDevice | undefined {
  const address = pciAddressOf((part) => textOf(firstElement(capability, part)));
  const identities = identitiesOf(capability);
  if (address === undefined || identities === undefined) return undefined;
  const classCode = said(firstElement(capability, "class"))?.toLowerCase();
  const physicalFunction = nested(capability, "phys_function");
  return {
    kind: "pci",
    ...named,
    address,
    classCode,
    ...identities,
    driver,
    iommuGroup: iommuGroupOf(capability),
    numaNode: numberFrom(firstElement(capability, "numa")?.attributes.node),
    physicalFunction: physicalFunction && addressesIn(physicalFunction)[0],
    virtualFunctions: virtualFunctionsOf(capability),
    isBridge: nested(capability, "pci-bridge") !== undefined || classCode?.startsWith("0x06") === true,
    mdevTypes: mdevTypesOf(capability),
  };
}

function iommuGroupOf(capability: Element): IommuGroup | undefined {
  const group = firstElement(capability, "iommuGroup");
  const number = numberFrom(group?.attributes.number);
  return group === undefined || number === undefined ? undefined : { number, addresses: addressesIn(group).sort() };
}

function virtualFunctionsOf(capability: Element): VirtualFunctions | undefined {
  const functions = nested(capability, "virt_functions");
  if (functions === undefined) return undefined;
  const addresses = addressesIn(functions);
  return { most: numberFrom(functions.attributes.maxCount) ?? addresses.length, addresses };
}

function mdevTypesOf(capability: Element): MdevType[] {
  const types = nested(capability, "mdev_types");
  return (types === undefined ? [] : elementsOf(types, "type")).map((type) => ({
    id: type.attributes.id ?? "",
    name: said(firstElement(type, "name")),
    deviceApi: said(firstElement(type, "deviceAPI")),
    available: numberFrom(textOf(firstElement(type, "availableInstances"))) ?? 0,
  }));
}

function usbDevice(capability: Element, named: Named, driver: string | undefined): UsbDevice | undefined {
  const [bus, device] = ["bus", "device"].map((part) => numberFrom(textOf(firstElement(capability, part))));
  const identities = identitiesOf(capability);
  if (bus === undefined || device === undefined || identities === undefined) return undefined;
  return { kind: "usb", ...named, bus, port: portOf(named.name, bus), device, ...identities, driver };
}

/** libvirt names it after its place in sysfs (`1-1.2`), with `_` for what is neither a letter nor a digit. */
function portOf(name: string, bus: number): string | undefined {
  const [, ports] = new RegExp(`^usb_${bus}_([0-9]+(?:_[0-9]+)*)$`).exec(name) ?? [];
  return ports?.replaceAll("_", ".");
}

function usbInterface(capability: Element, named: Named, driver: string | undefined): UsbInterface | undefined {
  const [classCode, protocol] = ["class", "protocol"].map((part) => numberFrom(textOf(firstElement(capability, part))));
  if (classCode === undefined || protocol === undefined) return undefined;
  return { kind: "usbInterface", ...named, classCode, protocol, driver };
}

function netDevice(capability: Element, named: Named): NetDevice | undefined {
  const name = said(firstElement(capability, "interface"));
  if (name === undefined) return undefined;
  return { kind: "net", ...named, interface: name, mac: said(firstElement(capability, "address")) };
}

function mediatedDevice(
  capability: Element,
  named: Named,
  driver: string | undefined,
  isThere: boolean,
): MediatedDevice | undefined {
  const type = firstElement(capability, "type")?.attributes.id;
  if (type === undefined) return undefined;
  // libvirt writes a group, 0, also where the device is only defined; on some hosts 0 is the group of one that is there.
  const group = isThere ? firstElement(capability, "iommuGroup")?.attributes.number : undefined;
  const uuid = said(firstElement(capability, "uuid"));
  return { kind: "mdev", ...named, uuid, type, isActive: isThere, iommuGroup: numberFrom(group), driver };
}

/** The capability within a capability. */
function nested(capability: Element, type: string): Element | undefined {
  return elementsOf(capability, "capability").find(({ attributes }) => attributes.type === type);
}

function identitiesOf(capability: Element): { vendor: Identity; product: Identity } | undefined {
  const [vendor, product] = ["vendor", "product"].map((part) => identityFrom(firstElement(capability, part)));
  return vendor === undefined || product === undefined ? undefined : { vendor, product };
}

function identityFrom(element: Element | undefined): Identity | undefined {
  const id = numberFrom(element?.attributes.id);
  return id === undefined ? undefined : { id: hexadecimal(id, 4), name: said(element) };
}

function addressesIn(list: Element): string[] {
  return elementsOf(list, "address").flatMap(({ attributes }) => pciAddressOf((part) => attributes[part]) ?? []);
}

function said(element: Element | undefined): string | undefined {
  return textOf(element) || undefined;
}
