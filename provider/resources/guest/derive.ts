/** What follows from a guest's inputs alone. Pure. */

import type { GuestInputs } from "../../../schema/guest";
import type { GuestDisk, GuestNic } from "../../../schema/guest-devices";
import { canonicalMac } from "../../libvirt/addresses";
import { derivedUuid, macOf } from "../identity";
import { powerOf } from "../power";
import type { Identity } from "../resource";
import { nextFree, prefixOf } from "./targets";

export function derive(inputs: GuestInputs, old: Partial<GuestInputs> | undefined, identity: Identity): GuestInputs {
  // An adopted guest keeps the UUID and the devices that it has, also when the program no longer says that it was adopted.
  const keeps = inputs.adopt === true || (old !== undefined && old.uuid === undefined);
  const uuid = inputs.uuid ?? old?.uuid ?? (keeps ? undefined : derivedUuid(inputs.host, identity));
  return {
    ...inputs,
    name: inputs.name ?? old?.name ?? identity.resourceName,
    ...(uuid === undefined ? {} : { uuid }),
    ...powerOf(inputs, false, old),
    ...(isMap(inputs.disks) ? { disks: withTargets(inputs.disks, old?.disks, keeps) } : {}),
    ...(isMap(inputs.nics) ? { nics: withAddresses(inputs.nics, old?.nics, keeps ? undefined : uuid) } : {}),
  };
}

export function isMap<Value>(map: Record<string, Value> | undefined): map is Record<string, Value> {
  return typeof map === "object" && map !== null;
}

/**
 * Each disk keeps the name it was given first; a new one gets the next free name of its bus, in the order of the program.
 * `keeps`: what is there decides (recognise.ts).
 */
function withTargets(
  disks: Record<string, GuestDisk>,
  old: Record<string, GuestDisk> | undefined,
  keeps: boolean,
): Record<string, GuestDisk> {
  const recorded = (key: string): string | undefined => {
    const before = isMap(old) ? old[key] : undefined;
    // Another bus is another kind of name.
    return before?.bus === disks[key]?.bus && before?.device === disks[key]?.device ? before?.target : undefined;
  };
  const taken = new Set(Object.keys(disks).flatMap((key) => disks[key]?.target ?? recorded(key) ?? []));
  return Object.fromEntries(
    Object.entries(disks).map(([key, disk]) => {
      if (!isMap(disk as unknown as Record<string, unknown>)) return [key, disk];
      const target = disk.target ?? recorded(key) ?? (keeps ? undefined : nextFree(prefixOf(disk), taken));
      if (target === undefined) return [key, withoutSize(disk)];
      taken.add(target);
      return [key, { ...withoutSize(disk), target }];
    }),
  );
}

/** The size is the Disk's own: a disk that grows is no difference on its guests. */
function withoutSize(disk: GuestDisk): GuestDisk {
  if (typeof disk.disk !== "object") return disk;
  const { sizeGiB: _size, ...reference } = disk.disk;
  return { ...disk, disk: reference };
}

function withAddresses(
  nics: Record<string, GuestNic>,
  old: Record<string, GuestNic> | undefined,
  uuid: string | undefined,
): Record<string, GuestNic> {
  return Object.fromEntries(
    Object.entries(nics).map(([key, nic]) => {
      if (!isMap(nic as unknown as Record<string, unknown>)) return [key, nic];
      const mac =
        (nic.mac === undefined ? undefined : canonicalMac(nic.mac)) ??
        (isMap(old) ? old[key]?.mac : undefined) ??
        (uuid === undefined ? undefined : macOf(uuid, key));
      return [key, mac === undefined ? nic : { ...nic, mac }];
    }),
  );
}
