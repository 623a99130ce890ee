/** Which guests have devices of the host: as they run, as they are defined, and in snapshots. */

import { type Element, elementsOf, firstElement } from "../reconcile/tree";
import { guestDocuments } from "./guest-documents";
import { readMark } from "./mark";
import { pciAddressOf } from "./pci-address";
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
  /** `0000:01:00.0`. */
  readonly address: string;
}

/** Throws where one of the guests cannot be seen: an error is not "nobody" (law 7). */
export async function usersOfPciDevices(virsh: Virsh): Promise<readonly DeviceUser[]> {
  return (await guestDocuments(virsh)).flatMap(({ guest, what, live, document }) =>
    elementsOf(document, "devices")
      .flatMap(pciDevicesOf)
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

/** Of `<hostdev>` and of `<interface type='hostdev'>` below this `<devices>` (formatdomain, "Host device assignment"). Pure. */
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
