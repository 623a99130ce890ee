/**
 * What a kind of device is: how it is written, known, plugged and read back. One module beside this file says all that for
 * each kind, and `index.ts` lists them (decisions/devices.md).
 */

import type { GuestInputs } from "../../../../schema/guest";
import type { NamedDisk } from "../../../hypervisors/disk-names";
import type { GuestDefaults } from "../../../hypervisors/guest-defaults";
import type { LiveTable } from "../../../hypervisors/profile";
import type { LiveChange, Needs } from "../../../libvirt/live-change";
import type { Absent, DesiredElement } from "../../../reconcile/desired";
import { aliasOf } from "../../../reconcile/pair";
import type { Element } from "../../../reconcile/tree";
import type { ObservedGuest } from "../observed";

export interface DeviceKind {
  /** The elements below `<devices>` that are of this kind. */
  readonly elements: readonly string[];
  /** What is wanted of it, in the order in which it is defined. */
  write(guest: Writing): DesiredElement[];
  /** Which of its elements are not to be there, because the program says so; nothing where it does not say. */
  absent?(inputs: GuestInputs): Absent[];
  /** What a running guest can take of it at once, by the type of the guest. All else comes with the next start. */
  readonly live: Readonly<Partial<Record<LiveTable, readonly LiveChange[]>>>;
  /** What a device needs that is plugged; nothing where it does not say. */
  needs?(device: Element): Needs;
  /** Values of which the host lists those that its guests can have. */
  readonly listed?: readonly Listed[];
  /** The rules that need more than one field, and no host: sentences. */
  problems?(inputs: GuestInputs): string[];
  /** The word in the aliases of those of which a guest may have several of ours: `disk` in `ua-disk-root`. */
  readonly alias?: string;
  /** The input that these come from, where it is one for all of them. */
  readonly input?: keyof GuestInputs;
  /** How many PCIe root ports those take that are there when the guest is made; none where it does not say. */
  portsOf?(inputs: GuestInputs, defaults: GuestDefaults): number;
}

/** Where such a value stands, and the list of the domain capabilities that it is in (formatdomaincaps, "Devices"). */
export interface Listed {
  readonly input: keyof GuestInputs;
  readonly element: string;
  readonly child?: string;
  readonly attribute: string;
  readonly list: string;
  /** In sentences: `"qxl" is no video card`. */
  readonly what: string;
}

/** A kind of which a guest has several, each by a key of its own in a map of the inputs (decisions/keys.md). */
export interface KeyedKind<Device = object> extends DeviceKind {
  readonly map: keyof GuestInputs;
  readonly alias: string;
  /** What a device is known by under whatever key, best first; undefined where it does not say. */
  identities(device: Device): readonly (string | undefined)[];
  /** The input with what its device has, where it is known by that and does not say it. */
  withHeld?(device: Device, held: Element): Device;
  /** How the input and the device say that they are the same where somebody took our alias out, best first. */
  readonly tells?: {
    stated(device: Device): readonly (string | undefined)[];
    held(device: Element): readonly (string | undefined)[];
  };
  /** The inputs with the name that each device keeps, or gets, by the inputs alone. */
  derive?(devices: Keyed<Device>, earlier: Keyed<Device> | undefined, given: Given): Keyed<Device>;
  /** The inputs with the name that each device has or gets, by what is there. */
  recognise?(devices: Keyed<Device>, present: Present): Keyed<Device>;
}

export type Keyed<Device> = Readonly<Record<string, Device>>;

/** The first name that is free for a disk, where some are taken. */
export type NameDisk = (disk: NamedDisk, taken: ReadonlySet<string>) => string;

export interface Given {
  /** What is there decides: the guest was there before us. */
  readonly keeps: boolean;
  /** The guest's own; undefined where it is not known. */
  readonly uuid: string | undefined;
  /** Undefined where it is not known which hypervisor it is. */
  readonly nameDisk: NameDisk | undefined;
}

/** The devices of a kind that are there. */
export interface Present extends Partial<Pick<Held, "names" | "ownership">> {
  readonly all: readonly Element[];
  /** The one that has this key. */
  readonly under: (key: string) => Element | undefined;
  readonly nameDisk: NameDisk;
}

/** The guest whose devices are written. */
export interface Writing {
  readonly inputs: GuestInputs;
  readonly defaults: GuestDefaults;
  /** What is there already; undefined: nothing yet. */
  readonly held: Held | undefined;
  /** Root ports that its devices take when it is made. */
  readonly ports: number;
}

/** What devices have to know of the guest that is there. */
export type Held = Pick<
  ObservedGuest,
  "document" | "ownership" | "adopted" | "names" | "spareRootPorts" | "backingChains"
>;

/** Our name for the device under this key. */
export function aliasFor({ alias }: Pick<KeyedKind, "alias">, key: string): string {
  return `ua-${alias}-${key}`;
}

/** The key under which the program names the device. */
export function keyOf(device: Element, kind: Pick<KeyedKind, "alias">): string | undefined {
  const [alias, start] = [aliasOf(device) ?? "", aliasFor(kind, "")];
  return alias.startsWith(start) ? alias.slice(start.length) : undefined;
}

/** All that an input says: what is known by nothing else. */
export function allOf(device: object): string {
  return JSON.stringify(Object.entries(device).sort(([one], [other]) => (one < other ? -1 : 1)));
}

/** In a preview the devices of a map may not be known. */
export function isMap<Device>(devices: Keyed<Device> | undefined): devices is Keyed<Device> {
  return isDevice(devices);
}

/** In a preview it may not be known. */
export function isDevice(device: unknown): device is object {
  return typeof device === "object" && device !== null;
}

/** What a device needs that is on this bus. */
export function onBus(bus: string | undefined): Needs {
  if (bus === "virtio") return { slot: "express" };
  return bus === "scsi" || bus === "usb" ? { controller: bus } : {};
}
