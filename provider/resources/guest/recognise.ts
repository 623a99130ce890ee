/**
 * Which of the devices that are there an input means where it gives no name: an adopted device keeps its target and its
 * MAC address, and a new one gets a name that is free. Pure.
 */

import type { GuestInputs } from "../../../schema/guest";
import type { GuestDisk, GuestNic } from "../../../schema/guest-devices";
import type { DiskNames } from "../../hypervisors/disk-names";
import { aliasOf } from "../../reconcile/pair";
import { type Element, elementsOf, firstElement, textOf } from "../../reconcile/tree";
import type { Observed } from "../resource";
import { pathOf, sourceOf } from "./xml-disks";

export type Held = Pick<Observed, "document" | "ownership" | "adopted" | "names" | "spareRootPorts">;

/** The inputs with the name that each device has or gets. Without `held` nothing is there yet. */
export function recognised(inputs: GuestInputs, names: DiskNames, held?: Held): GuestInputs {
  return {
    ...inputs,
    ...(inputs.disks === undefined ? {} : { disks: withTargets(inputs, names, held) }),
    ...(inputs.nics === undefined ? {} : { nics: withAddresses(inputs.nics, held) }),
  };
}

function withTargets(
  { disks = {}, virtualization }: GuestInputs,
  names: DiskNames,
  held: Held | undefined,
): Record<string, GuestDisk> {
  const present = devicesOf(held, "disk");
  const stated = Object.values(disks).flatMap(({ target }) => target ?? []);
  const taken = new Set([...present.flatMap((disk) => targetOf(disk) ?? []), ...stated]);
  const free = new Set(present.filter((disk) => aliasOf(disk) === undefined && !stated.includes(targetOf(disk) ?? "")));
  const known = Object.entries(disks).map(([key, disk]): readonly [string, GuestDisk] => {
    if (disk.target !== undefined) return [key, disk];
    const name = held?.names?.get(key) ?? present.flatMap((each) => ownTarget(each, `ua-disk-${key}`))[0];
    const same = name ?? targetOf([...free].find((each) => isSameImage(disk, each) || isSameDrive(disk, each)));
    for (const each of free) if (targetOf(each) === same) free.delete(each);
    return [key, same === undefined ? disk : { ...disk, target: same }];
  });
  return Object.fromEntries(
    known.map(([key, disk]) => {
      const target = disk.target ?? names(disk, taken, virtualization);
      taken.add(target);
      return [key, { ...disk, target }];
    }),
  );
}

/**
 * Whether another disk of the guest has this serial number: it had this key before, or somebody gave it that number. Two
 * alike would be one name for both in the guest (`/dev/disk/by-id`).
 */
export function hasSerial(held: Pick<Held, "document"> | undefined): (serial: string, but: string) => boolean {
  const numbers = devicesOf(held, "disk").map((disk) => [aliasOf(disk), textOf(firstElement(disk, "serial"))] as const);
  return (serial, but) => numbers.some(([alias, number]) => number === serial && alias !== `ua-disk-${but}`);
}

/** Whether the disk of the key is a device of another kind by now: a forgotten `device: "cdrom"` brings the bus of one along. */
export function isOtherKind(held: Pick<Held, "document"> | undefined): (key: string, device: string) => boolean {
  const kinds = new Map(devicesOf(held, "disk").map((disk) => [aliasOf(disk), disk.attributes.device ?? "disk"]));
  return (key, device) => (kinds.get(`ua-disk-${key}`) ?? device) !== device;
}

/**
 * Whether the guest's screen brings the input device along: the screen of a guest that was there before us has those that
 * it has.
 */
export function bringsItsOwn(held: Pick<Held, "document" | "adopted"> | undefined): (type: string) => boolean {
  if (held?.adopted !== true || devicesOf(held, "graphics").length === 0) return () => true;
  const present = devicesOf(held, "input").filter(({ attributes }) => attributes.bus === "usb");
  return (type) => present.some(({ attributes }) => attributes.type === type);
}

function ownTarget(disk: Element, alias: string): string[] {
  const target = targetOf(disk);
  return aliasOf(disk) === alias && target !== undefined ? [target] : [];
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

function targetOf(disk: Element | undefined): string | undefined {
  return firstElement(disk, "target")?.attributes.dev;
}

function withAddresses(nics: Record<string, GuestNic>, held: Held | undefined): Record<string, GuestNic> {
  const present = devicesOf(held, "interface");
  const stated = new Set(Object.values(nics).flatMap(({ mac }) => mac ?? []));
  const free = new Set(present.filter((nic) => aliasOf(nic) === undefined && !stated.has(addressOf(nic) ?? "")));
  // What a guest has when it is taken over is what the program describes, whatever else the program changes in it.
  const taking = held?.ownership === "foreign";
  return Object.fromEntries(
    Object.entries(nics).map(([key, nic]) => {
      if (nic.mac !== undefined) return [key, nic];
      const same =
        present.find((each) => aliasOf(each) === `ua-nic-${key}`) ??
        [...free].find((each) => isSameConnection(nic, each)) ??
        (taking ? [...free][0] : undefined);
      if (same !== undefined) free.delete(same);
      const mac = addressOf(same);
      return [key, mac === undefined ? nic : { ...nic, mac }];
    }),
  );
}

function isSameConnection({ network, bridge, user }: GuestNic, present: Element): boolean {
  const source = firstElement(present, "source")?.attributes;
  if (network !== undefined) return present.attributes.type === "network" && source?.network === network.name;
  if (bridge !== undefined) return present.attributes.type === "bridge" && source?.bridge === bridge;
  return user === true && present.attributes.type === "user";
}

function addressOf(nic: Element | undefined): string | undefined {
  return firstElement(nic, "mac")?.attributes.address;
}

function devicesOf(held: Pick<Held, "document"> | undefined, name: string): Element[] {
  const devices = firstElement(held?.document, "devices");
  return devices === undefined ? [] : elementsOf(devices, name);
}
