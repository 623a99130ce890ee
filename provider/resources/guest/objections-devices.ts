/** Devices of the host that a guest cannot have: they are not there, or somebody else's. */

import { holdsUnknown } from "../../../schema/unknown";
import { claimsOf } from "../../libvirt/claim";
import { wholeDeviceAddress } from "../../libvirt/device-address";
import { type DeviceUser, pciDevicesOf, usersOfDevices } from "../../libvirt/device-users";
import { inventory } from "../../libvirt/inventory";
import type { PciDevice } from "../../libvirt/node-device";
import { firstElement } from "../../reconcile/tree";
import { prefixOf } from "../passthrough-device/claim-path";
import { companionsOf, inWords, isFree } from "../passthrough-device/find";
import { heldIn } from "../passthrough-device/group";
import { kindOfAddress } from "../passthrough-device/kinds";
import { lackOnHost } from "../passthrough-device/rights";
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
  const prefixes = [...new Set(asked.map(({ address }) => prefixOf(kindOfAddress(address).kind)))];
  const [devices, users, claims] = await Promise.all([
    inventory(virsh).devices(),
    usersOfDevices(virsh),
    Promise.all(prefixes.map((prefix) => claimsOf(virsh, prefix))).then((found) => found.flat()),
  ]);
  const found = await Promise.all(
    asked.map(async ({ path, address, asNic }): Promise<Objection[]> => {
      const kind = kindOfAddress(address);
      const lack = lackOnHost(host, kind.kind);
      if (lack !== undefined) return [{ path, reason: lack, ...wanted.atStart }];
      const named = kind.named(address, devices);
      if ("none" in named) return [{ path, reason: named.none, ...wanted.atStart }];
      const pci = devices.filter((each) => each.kind === "pci").find((each) => each.address === address);
      if (asNic && pci?.physicalFunction === undefined) return [notVirtual(path, address, pci)];
      const isOfOurs = (each: DeviceUser): boolean => each.owner !== undefined && each.owner === owner;
      // One of this stack that is off gives it up in its own turn: a program with two such guests is refused (once.ts).
      const user = users.find(
        (each) => named.wanted.isUsedBy(each) && each.uuid !== own && (each.live || !isOfOurs(each)),
      );
      if (user !== undefined) {
        // One that runs may give it away before this one's turn comes.
        const mayPass = isOfOurs(user);
        const reason = `the device ${address} belongs to ${user.what}, and can only be assigned to a single guest. Take it away from there first.`;
        return [{ path, reason, ...(mayPass ? { mayPass } : {}) }];
      }
      // What shares the IOMMU group of a claimed device is claimed with it.
      const standing = claims.filter(named.wanted.isHeldBy);
      const ours = standing.filter((claim) => claim.owner === owner);
      if (ours.length > 0) {
        const left = (pci === undefined ? [] : companionsOf(pci, devices)).filter(
          (each) =>
            !isFree(each) && !given.has(each.address) && !ours.some(({ drivers }) => heldIn(drivers).has(each.address)),
        );
        return pci === undefined || left.length === 0
          ? []
          : [{ path, reason: notViable(pci, left), ...wanted.atStart }];
      }
      if (standing.length > 0)
        return [{ path, reason: `the device ${address} is claimed by another stack. Let that one give it up first.` }];
      const found = await kind.objectionsToUnclaimed(host, named.device, devices, users);
      return found.map(({ reason, onlyTold = false }) =>
        onlyTold ? { path, reason, onlyTold } : { path, reason: `${reason} A PassthroughDevice claims it.` },
      );
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
      : [{ path, address: wholeDeviceAddress(device.address), asNic }],
  );
}

/** libvirt: "Interface type hostdev is currently supported on SR-IOV Virtual Functions only". */
function notVirtual(path: string, address: string, device: PciDevice | undefined): Objection {
  return {
    path,
    reason: `${address}${device === undefined ? "" : ` (${inWords(device)})`} is no virtual function, and libvirt gives only those to guests as NICs. Give the whole card by passthrough, or divide it with VirtualFunctions.`,
  };
}

/** A claim does not bind its own device, which libvirt does where a guest gets it: here this guest does not. */
function notViable(device: PciDevice, left: readonly PciDevice[]): string {
  const list = left.map((each) => `${each.address} ${inWords(each)}, driver ${each.driver}`).join("; ");
  return `${device.address} shares IOMMU group ${device.iommuGroup?.number} with what the host has a driver for, and the guest would not start: ${list}. Give the guest that, too, or claim each of them with wholeGroup: true.`;
}
