/**
 * Names of disks (`vda`, `sdb`): which one each disk keeps or gets, and which of those that are there it means where it says
 * none. Pure.
 */

import type { GuestDisk } from "../../../../schema/guest-devices";
import { holdsUnknown, unknown } from "../../../../schema/unknown";
import { aliasOf } from "../../../reconcile/pair";
import { type Element, firstElement } from "../../../reconcile/tree";
import { type Given, isDevice, isMap, type Keyed, type Present } from "./device";
import { pathOf, sourceOf } from "./disk-image";
import { kept } from "./names";

/**
 * Each disk keeps the name it was given first; a new one gets the next free name of its bus, in the order of the program.
 */
export function derivedTargets(
  disks: Keyed<GuestDisk>,
  old: Keyed<GuestDisk> | undefined,
  { keeps, nameDisk }: Given,
): Keyed<GuestDisk> {
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
  let isCertain = !keeps && nameDisk !== undefined && !taken.has(unknown);
  return Object.fromEntries(
    Object.entries(disks).map(([key, disk]) => {
      const given = known.get(key);
      if (given === undefined && (!isDevice(disk) || holdsUnknown(disk.bus ?? disk.device))) isCertain = false;
      if (!isDevice(disk)) return [key, disk];
      const target = given ?? (isCertain ? nameDisk?.(disk, taken) : undefined);
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

/** An adopted disk keeps its name, and a new one gets one that is free. */
export function recognisedTargets(
  disks: Keyed<GuestDisk>,
  { all: present, names, under, nameDisk }: Present,
): Keyed<GuestDisk> {
  const stated = Object.values(disks).flatMap(({ target }) => target ?? []);
  const taken = new Set([...present.flatMap((disk) => targetOf(disk) ?? []), ...stated]);
  const free = new Set(present.filter((disk) => aliasOf(disk) === undefined && !stated.includes(targetOf(disk) ?? "")));
  const known = Object.entries(disks).map(([key, disk]): readonly [string, GuestDisk] => {
    if (disk.target !== undefined) return [key, disk];
    const name = names?.get(key) ?? targetOf(under(key));
    const same = name ?? targetOf([...free].find((each) => isSameImage(disk, each) || isSameDrive(disk, each)));
    for (const each of free) if (targetOf(each) === same) free.delete(each);
    return [key, same === undefined ? disk : { ...disk, target: same }];
  });
  return Object.fromEntries(
    known.map(([key, disk]) => {
      const target = disk.target ?? nameDisk(disk, taken);
      taken.add(target);
      return [key, { ...disk, target }];
    }),
  );
}

function isSameImage(disk: GuestDisk, present: Element): boolean {
  const image = sourceOf(disk);
  return image !== undefined && image === pathOf(present);
}

/** A drive for media is known by what it is: its medium comes and goes. */
function isSameDrive({ device = "disk", bus }: GuestDisk, present: Element): boolean {
  const held = firstElement(present, "target")?.attributes.bus;
  return device !== "disk" && present.attributes.device === device && (bus === undefined || bus === held);
}

export function targetOf(disk: Element | undefined): string | undefined {
  return firstElement(disk, "target")?.attributes.dev;
}
