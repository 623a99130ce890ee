/** Devices of the host that a guest cannot have: they are not there, or somebody else's. */

import { holdsUnknown } from "../../../schema/unknown";
import { claimsOf } from "../../libvirt/claim";
import { usersOfPciDevices } from "../../libvirt/device-users";
import { inventory } from "../../libvirt/inventory";
import { wholePciAddress } from "../../libvirt/pci-address";
import { claimPrefix } from "../passthrough-device/claim-path";
import { standingOn } from "../passthrough-device/group";
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
  const asked = Object.entries(wanted.inputs.passthrough ?? {}).flatMap(([key, { device }]) => {
    const path = `passthrough.${key}.device`;
    return holdsUnknown(device.address) || !wanted.isNew(path)
      ? []
      : [{ path, address: wholePciAddress(device.address) }];
  });
  if (asked.length === 0) return [];
  const own = observed?.id ?? wanted.inputs.uuid;
  const owner = ownerOf(wanted.inputs.host);
  const [devices, users, claims] = await Promise.all([
    inventory(virsh).devices(),
    usersOfPciDevices(virsh),
    claimsOf(virsh, claimPrefix),
  ]);
  const found = await Promise.all(
    asked.map(async ({ path, address }): Promise<Objection[]> => {
      const device = devices.filter((each) => each.kind === "pci").find((each) => each.address === address);
      if (device === undefined) return [{ path, reason: `the host has no PCI device ${address}.`, ...wanted.atStart }];
      const user = users.find((each) => each.address === address && each.uuid !== own);
      if (user !== undefined) {
        // One of this stack may give it away before this one's turn comes.
        const mayPass = user.owner !== undefined && user.owner === owner;
        const reason = `the device ${address} belongs to ${user.what}, and can only be assigned to a single guest. Take it away from there first.`;
        return [{ path, reason, ...(mayPass ? { mayPass } : {}) }];
      }
      // What shares the IOMMU group of a claimed device is claimed with it.
      const standing = standingOn(claims, address);
      if (standing.some((claim) => claim.owner === owner)) return [];
      if (standing.length > 0)
        return [{ path, reason: `the device ${address} is claimed by another stack. Let that one give it up first.` }];
      const reasons = await objectionsToUnclaimed(host, device, devices);
      return reasons.map((reason) => ({ path, reason: `${reason} A PassthroughDevice claims it.` }));
    }),
  );
  return found.flat();
}
