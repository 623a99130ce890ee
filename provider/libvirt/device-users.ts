/** Which guests have devices of the host: as they run, as they are defined, and in snapshots. */

import { type Element, elementsOf, firstElement } from "../reconcile/tree";
import { deviceAddressText } from "./device-address";
import { guestDocuments } from "./guest-documents";
import { readMark } from "./mark";
import { hexadecimal, numberFrom, pciAddressOf } from "./pci-address";
import type { Virsh } from "./virsh";

export interface DeviceUser {
  readonly uuid: string;
  /** Its name. */
  readonly guest: string;
  /** `guest web`, `snapshot s1 of guest web`. */
  readonly what: string;
  /** It runs with the device. */
  readonly live: boolean;
  /** The token of the stack whose guest it is, where it has a mark of one. */
  readonly owner: string | undefined;
  /** As `deviceAddressText` writes it: `0000:01:00.0`. */
  readonly address: string;
}

/** Throws where one of the guests cannot be seen: an error is not "nobody" (law 7). */
export async function usersOfDevices(virsh: Virsh): Promise<readonly DeviceUser[]> {
  return (await guestDocuments(virsh)).flatMap(({ guest, what, live, document }) =>
    elementsOf(document, "devices")
      .flatMap(devicesPassedOn)
      .map((address) => ({
        uuid: guest.uuid,
        guest: guest.name,
        what,
        live,
        owner: readMark(document)?.owner,
        address,
      })),
  );
}

/** Addresses of the devices of the host below this `<devices>`, of all kinds. Pure. */
export function devicesPassedOn(devices: Element): string[] {
  return [...pciDevicesOf(devices), ...elementsOf(devices, "hostdev").flatMap(otherDeviceOf)];
}

/** The addresses that this one device of a guest is on its host; none of what is no device of a host. Pure. */
export function addressesOf(device: Element): string[] {
  return devicesPassedOn({ name: "devices", attributes: {}, children: [device] });
}

function otherDeviceOf(device: Element): string[] {
  const source = firstElement(device, "source");
  const at = source && firstElement(source, "address")?.attributes;
  if (device.attributes.type === "mdev") return at?.uuid === undefined ? [] : [at.uuid.toLowerCase()];
  if (device.attributes.type !== "usb") return [];
  const [vendor, product] = ["vendor", "product"].map((part) => {
    const id = numberFrom(source && firstElement(source, part)?.attributes.id);
    return id === undefined ? undefined : hexadecimal(id, 4);
  });
  const [bus, number] = [at?.bus, at?.device].map(numberFrom);
  const text = deviceAddressText({ kind: "usb", vendor, product, bus, device: number });
  return text === "" ? [] : [text];
}

/** Those of PCI: of `<hostdev>` and of `<interface type='hostdev'>` below this `<devices>` (formatdomain, "Host device assignment"). Pure. */
export function pciDevicesOf(devices: Element): string[] {
  const passedOn = [
    ...elementsOf(devices, "hostdev").filter(({ attributes }) => attributes.type === "pci"),
    ...elementsOf(devices, "interface").filter(({ attributes }) => attributes.type === "hostdev"),
  ];
  return passedOn.flatMap((device) => {
    const source = firstElement(device, "source");
    return (source === undefined ? [] : elementsOf(source, "address")).flatMap(
      ({ attributes }) => pciAddressOf((part) => attributes[part]) ?? [],
    );
  });
}
