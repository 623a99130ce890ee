/** Devices of the host that a guest cannot have: they are not there, or somebody else's. */

import { holdsUnknown } from "../../../schema/unknown";
import { claimsOf } from "../../libvirt/claim";
import { pciDevicesOf, usersOfPciDevices } from "../../libvirt/device-users";
import { inventory } from "../../libvirt/inventory";
import type { PciDevice } from "../../libvirt/node-device";
import { wholePciAddress } from "../../libvirt/pci-address";
import { firstElement } from "../../reconcile/tree";
import { claimPrefix } from "../passthrough-device/claim-path";
import { companionsOf, inWords, isFree } from "../passthrough-device/find";
import { heldIn, standingOn } from "../passthrough-device/group";
import { objectionsToUnclaimed } from "../passthrough-device/objections";
import { ownerOf } from "../recorded-identity";
import type { ConnectedHost, Objection } from "../resource";
import type { ObservedGuest } from "./observed";
import type { Wanted } from "./wanted";

export async function objectionsToDevices(
  host: ConnectedHost,
  wanted: Wanted,
  observed: ObservedGuest | undefined,
): Promise<Objection[]> {
  const { virsh } = host;
  const asked = askedFor(wanted);
  if (asked.length === 0) return [];
  const own = observed?.id ?? wanted.inputs.uuid;
  const given = new Set(pciDevicesOf(firstElement(wanted.document, "devices") ?? wanted.document));
  const owner = ownerOf(wanted.inputs.host);
  const [devices, users, claims] = await Promise.all([
    inventory(virsh).devices(),
    usersOfPciDevices(virsh),
    claimsOf(virsh, claimPrefix),
  ]);
  const found = await Promise.all(
    asked.map(async ({ path, address, asNic }): Promise<Objection[]> => {
      const device = devices.filter((each) => each.kind === "pci").find((each) => each.address === address);
      if (device === undefined) return [{ path, reason: `the host has no PCI device ${address}.`, ...wanted.atStart }];
      if (asNic && device.physicalFunction === undefined) return [notVirtual(path, device)];
      const user = users.find((each) => each.address === address && each.uuid !== own);
      if (user !== undefined) {
        // One of this stack may give it away before this one's turn comes.
        const mayPass = user.owner !== undefined && user.owner === owner;
        const reason = `the device ${address} belongs to ${user.what}, and can only be assigned to a single guest. Take it away from there first.`;
        return [{ path, reason, ...(mayPass ? { mayPass } : {}) }];
      }
      // What shares the IOMMU group of a claimed device is claimed with it.
      const standing = standingOn(claims, address);
      const ours = standing.filter((claim) => claim.owner === owner);
      if (ours.length > 0) {
        const left = companionsOf(device, devices).filter(
          (each) =>
            !isFree(each) && !given.has(each.address) && !ours.some(({ drivers }) => heldIn(drivers).has(each.address)),
        );
        return left.length === 0 ? [] : [{ path, reason: notViable(device, left), ...wanted.atStart }];
      }
      if (standing.length > 0)
        return [{ path, reason: `the device ${address} is claimed by another stack. Let that one give it up first.` }];
      const reasons = await objectionsToUnclaimed(host, device, devices, users);
      return reasons.map((reason) => ({ path, reason: `${reason} A PassthroughDevice claims it.` }));
    }),
  );
  return found.flat();
}

interface Asked {
  readonly path: string;
  /** `0000:01:00.0`. */
  readonly address: string;
  /** As a NIC, whose MAC address libvirt sets. */
  readonly asNic: boolean;
}

/** The devices that the guest does not have yet. */
function askedFor(wanted: Wanted): Asked[] {
  const { passthrough = {}, nics = {} } = wanted.inputs;
  const devices = [
    ...Object.entries(passthrough).map(([key, { device }]) => [`passthrough.${key}.device`, device, false] as const),
    ...Object.entries(nics).map(([key, { device }]) => [`nics.${key}.device`, device, true] as const),
  ];
  return devices.flatMap(([path, device, asNic]) =>
    device === undefined || holdsUnknown(device.address) || !wanted.isNew(path)
      ? []
      : [{ path, address: wholePciAddress(device.address), asNic }],
  );
}

/** libvirt: "Interface type hostdev is currently supported on SR-IOV Virtual Functions only". */
function notVirtual(path: string, device: PciDevice): Objection {
  return {
    path,
    reason: `${device.address} (${inWords(device)}) is no virtual function, and libvirt gives only those to guests as NICs. Give the whole card by passthrough, or divide it with VirtualFunctions.`,
  };
}

/** A claim does not bind its own device, which libvirt does where a guest gets it: here this guest does not. */
function notViable(device: PciDevice, left: readonly PciDevice[]): string {
  const list = left.map((each) => `${each.address} ${inWords(each)}, driver ${each.driver}`).join("; ");
  return `${device.address} shares IOMMU group ${device.iommuGroup?.number} with what the host has a driver for, and the guest would not start: ${list}. Give the guest that, too, or claim each of them with wholeGroup: true.`;
}
