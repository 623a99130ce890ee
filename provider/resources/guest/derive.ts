/** What follows from a guest's inputs alone. Pure. */

import type { GuestInputs } from "../../../schema/guest";
import type { GuestDisk, GuestNic } from "../../../schema/guest-devices";
import { holdsUnknown, unknown } from "../../../schema/unknown";
import { canonicalMac } from "../../libvirt/addresses";
import { profileByUri } from "../../hypervisors/profile-of";
import { derivedUuid, macOf } from "../identity";
import { powerOf } from "../power";
import type { Identity } from "../resource";
import { inputsUnderKeysOf } from "./keys";

export function derive(
  inputs: GuestInputs,
  recorded: Partial<GuestInputs> | undefined,
  identity: Identity,
): GuestInputs {
  const old = recorded && inputsUnderKeysOf(inputs, recorded);
  // An adopted guest keeps the UUID and the devices that it has, also when the program no longer says that it was adopted.
  const keeps = inputs.adopt === true || (old !== undefined && old.uuid === undefined);
  const uuid = inputs.uuid ?? old?.uuid ?? (keeps ? undefined : derivedUuid(inputs.host, identity));
  return {
    ...inputs,
    name: inputs.name ?? old?.name ?? identity.resourceName,
    ...(uuid === undefined ? {} : { uuid }),
    ...powerOf(inputs, false, old),
    ...(isMap(inputs.disks) ? { disks: withTargets(inputs.disks, old?.disks, keeps, namesFor(inputs)) } : {}),
    ...(isMap(inputs.nics)
      ? { nics: withAddresses(inputs.nics, old?.nics, keeps || uuid === unknown ? undefined : uuid) }
      : {}),
  };
}

export function isMap<Value>(map: Record<string, Value> | undefined): map is Record<string, Value> {
  return typeof map === "object" && map !== null;
}

/**
 * By key, what is stated, else what was recorded: that is not taken from a device by another one that states it, which is
 * refused then (problems.ts). What is recorded of an update that failed half-way holds devices of two programs, though: of
 * two that have the same there one keeps it, the one that states it before all.
 */
function kept<Device>(
  devices: Readonly<Record<string, Device>>,
  stated: (device: Device) => string | undefined,
  recorded: (key: string, device: Device) => string | undefined,
): { readonly known: ReadonlyMap<string, string>; readonly taken: Set<string> } {
  const known = new Map(
    Object.entries(devices).flatMap(([key, device]) => {
      const value = isDevice(device) ? stated(device) : undefined;
      return value === undefined ? [] : [[key, value] as const];
    }),
  );
  const before = new Map(
    Object.entries(devices).flatMap(([key, device]) => {
      const value = isDevice(device) ? recorded(key, device) : undefined;
      return value === undefined ? [] : [[key, value] as const];
    }),
  );
  const keptBy = (value: string): boolean =>
    [...known].some(([key, each]) => each === value && before.get(key) === value);
  for (const [key, value] of before) if (!known.has(key) && !keptBy(value)) known.set(key, value);
  return { known, taken: new Set(known.values()) };
}

/** In a preview it may not be known. */
function isDevice(device: unknown): boolean {
  return typeof device === "object" && device !== null;
}

/** How its hypervisor names disks; undefined where the URI does not tell which one that is: the host decides (recognise.ts). */
function namesFor({
  host,
  virtualization,
}: GuestInputs): ((disk: GuestDisk, taken: ReadonlySet<string>) => string) | undefined {
  const uri: unknown = host.uri;
  const names =
    typeof uri === "string" && !holdsUnknown([uri, virtualization]) ? profileByUri(uri)?.diskNames : undefined;
  return names && ((disk, taken) => names(disk, taken, virtualization));
}

/**
 * Each disk keeps the name it was given first; a new one gets the next free name of its bus, in the order of the program.
 * `keeps`: what is there decides (recognise.ts).
 */
function withTargets(
  disks: Record<string, GuestDisk>,
  old: Record<string, GuestDisk> | undefined,
  keeps: boolean,
  nameOf: ((disk: GuestDisk, taken: ReadonlySet<string>) => string) | undefined,
): Record<string, GuestDisk> {
  const { known, taken } = kept(
    disks,
    ({ target }) => target,
    (key, disk) => {
      const before = isMap(old) ? old[key] : undefined;
      // Another bus is another kind of name; which one it is may not be known yet.
      const isSame = (field: "bus" | "device"): boolean => [before?.[field], unknown].includes(disk[field]);
      return isSame("bus") && isSame("device") ? before?.target : undefined;
    },
  );
  // A disk whose own name is not known yet may get any that is free, and the next one another then.
  let isCertain = !keeps && nameOf !== undefined && !taken.has(unknown);
  return Object.fromEntries(
    Object.entries(disks).map(([key, disk]) => {
      const given = known.get(key);
      if (given === undefined && (!isDevice(disk) || holdsUnknown(disk.bus ?? disk.device))) isCertain = false;
      if (!isDevice(disk)) return [key, disk];
      const target = given ?? (isCertain ? nameOf?.(disk, taken) : undefined);
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

/** Each card keeps the address that it was given first; a new one gets that of its key, unless another card has it by now. */
function withAddresses(
  nics: Record<string, GuestNic>,
  old: Record<string, GuestNic> | undefined,
  uuid: string | undefined,
): Record<string, GuestNic> {
  const { known, taken } = kept(
    nics,
    ({ mac }) => (mac === undefined ? undefined : canonicalMac(mac)),
    (key) => (isMap(old) ? old[key]?.mac : undefined),
  );
  return Object.fromEntries(
    Object.entries(nics).map(([key, nic]) => {
      if (!isDevice(nic)) return [key, nic];
      const mac = known.get(key) ?? (uuid === undefined ? undefined : freeAddress(uuid, key, taken));
      return [key, mac === undefined ? nic : { ...nic, mac }];
    }),
  );
}

function freeAddress(uuid: string, key: string, taken: Set<string>): string {
  let mac = macOf(uuid, key);
  for (let count = 2; taken.has(mac); count += 1) mac = macOf(uuid, `${key}/${count}`);
  taken.add(mac);
  return mac;
}
