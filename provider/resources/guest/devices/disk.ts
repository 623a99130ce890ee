/** Disks and drives (formatdomain, "Hard drives, floppy disks, CDROMs"). Pure. */

import type { GuestDisk } from "../../../../schema/guest-devices";
import type { GuestDefaults } from "../../../hypervisors/guest-defaults";
import { devicesIn } from "../../../libvirt/devices";
import { type DeviceRule, type LiveChange, plugged } from "../../../libvirt/live-change";
import { type Absent, type DesiredElement, element, type Stated, stated } from "../../../reconcile/desired";
import { aliasOf } from "../../../reconcile/pair";
import { type Element, firstElement, textOf } from "../../../reconcile/tree";
import { aliasFor, type Held, type KeyedKind, onBus, type Writing } from "./device";
import { pathOf, sourceOf } from "./disk-image";
import { derivedTargets, recognisedTargets, targetOf } from "./disk-names";
import { problemsOfDisks } from "./disk-problems";

/** Of drives whose medium can be changed. */
const newMedium: LiveChange = {
  place: /^devices\/disk(@type|\/source(@\w+)?[+-]?|\/driver@type)$/,
  method: "update-device",
  device: [{ at: "@device", is: ["cdrom", "floppy"] }],
  page: "manpages/virsh.html#update-device",
};

/** Disks that can come and go. */
const fixedOn = (...buses: readonly string[]): DeviceRule => [
  { at: "@device", is: [undefined, "disk", "lun"] },
  { at: "target@bus", is: buses },
];

export const diskKind: KeyedKind<GuestDisk> = {
  map: "disks",
  alias: "disk",
  elements: ["disk"],

  write: (guest) => [...scsiController(guest), ...diskElements(guest)],

  live: {
    qemu: [
      {
        place: /^devices\/disk\/iotune(\/\w+)?[+-]?$/,
        method: "blkdeviotune",
        page: "manpages/virsh.html#blkdeviotune",
      },
      newMedium,
      ...plugged("disk", fixedOn("virtio", "scsi", "usb")),
    ],
    // Seen with libvirt 9.0 and Xen 4.17: a disk on any other bus is refused, and so is another medium for a drive of a
    // paravirtual guest ("libxenlight failed to change media").
    xenFull: [newMedium, ...plugged("disk", fixedOn("xen"))],
    xenParavirtual: plugged("disk", fixedOn("xen")),
    xenPvh: plugged("disk", fixedOn("xen")),
  },

  needs: (device) => onBus(firstElement(device, "target")?.attributes.bus),

  // A drive for media is known by what it is, since its medium comes and goes; a medium that moves from one kind of drive to
  // another does not take the drive along.
  identities(each) {
    const { device = "disk", bus = "" } = each;
    const source = sourceOf(each);
    return [
      source === undefined ? undefined : `${device} ${source}`,
      device === "disk" ? undefined : `${device} ${bus}`,
    ];
  },

  tells: {
    stated: (each) => [sourceOf(each), each.target],
    held: (each) => [pathOf(each), targetOf(each)],
  },

  derive: derivedTargets,
  recognise: recognisedTargets,

  problems: problemsOfDisks,

  portsOf({ disks = {} }, defaults) {
    const buses = Object.values(disks).map((each) => busOf(each, defaults));
    return buses.filter((bus) => bus === "virtio").length + (buses.includes("scsi") ? 1 : 0);
  },
};

function diskElements({ inputs, defaults, held }: Writing): DesiredElement[] {
  return Object.entries(inputs.disks ?? {}).map(([key, disk]) => {
    const source = sourceOf(disk);
    const moved = source !== undefined && held?.backingChains?.get(key)?.includes(source) === true;
    const isDoubled = disk.serial === undefined && isTaken(defaultSerial(key), key, held);
    const busPath = `disks.${key}.${isOtherKind(key, disk.device ?? "disk", held) ? "device" : "bus"}`;
    return diskElement(key, disk, isDoubled ? { ...defaults, serialNumbers: false } : defaults, { moved, busPath });
  });
}

/**
 * libvirt's own choice for x86 is a controller that current kernels have no driver for. Beside the disk that asks for the
 * bus first; one that is there already stays what it is, so its attributes are nobody's.
 */
function scsiController({ inputs, defaults }: Writing): DesiredElement[] {
  const [key] = Object.entries(inputs.disks ?? {}).find(([, disk]) => busOf(disk, defaults) === "scsi") ?? [];
  if (key === undefined || !defaults.serialNumbers) return [];
  const unowned = (value: string): Stated => ({ path: "", value });
  const attributes = { type: unowned("scsi"), index: unowned("0"), model: unowned("virtio-scsi") };
  return [element("controller", `disks.${key}.bus`, attributes)];
}

/**
 * Whether another disk of the guest has this serial number: it had this key before, or somebody gave it that number. Two
 * alike would be one name for both in the guest (`/dev/disk/by-id`).
 */
function isTaken(serial: string, key: string, held: Held | undefined): boolean {
  return devicesIn(held?.document, "disk").some(
    (each) => textOf(firstElement(each, "serial")) === serial && aliasOf(each) !== aliasFor(diskKind, key),
  );
}

/** Whether the disk of the key is a device of another kind by now: a forgotten `device: "cdrom"` brings the bus of one along. */
function isOtherKind(key: string, device: string, held: Held | undefined): boolean {
  const present = devicesIn(held?.document, "disk").find((each) => aliasOf(each) === aliasFor(diskKind, key));
  return present !== undefined && (present.attributes.device ?? "disk") !== device;
}

interface AsFound {
  /** A snapshot lies above the source. It is as it should be: moving it back would lose what was written since. */
  readonly moved: boolean;
  /** The input that wants the bus. */
  readonly busPath: string;
}

function diskElement(
  key: string,
  disk: GuestDisk,
  defaults: GuestDefaults,
  { moved, busPath }: AsFound,
): DesiredElement {
  const path = `disks.${key}`;
  const device = disk.device ?? "disk";
  const source = moved ? undefined : sourceOf(disk);
  const sourcePath = disk.disk === undefined ? `${path}.path` : `${path}.disk`;
  // `volume` would confuse AppArmor's helper and snapshots: a path is what every driver understands.
  const block = source?.startsWith("/dev/") ?? false;
  const writable = device === "disk" && !(disk.readOnly ?? false);
  const drive = element(
    "disk",
    path,
    {
      type: moved ? undefined : stated(sourcePath, block ? "block" : "file"),
      device: stated(`${path}.device`, device),
    },
    [
      element("driver", path, {
        name: stated(`${path}.format`, defaults.diskDrivers?.[block ? "block" : "file"]),
        type: moved ? undefined : stated(`${path}.format`, disk.format ?? disk.disk?.format ?? "raw"),
        cache: stated(`${path}.cache`, disk.cache ?? (writable ? defaults.cache : undefined)),
        io: stated(`${path}.io`, disk.io),
        discard: stated(`${path}.discard`, disk.discard ?? (writable ? defaults.discard : undefined)),
      }),
      source === undefined ? undefined : element("source", sourcePath, { [block ? "dev" : "file"]: source }),
      element("target", path, {
        dev: stated(`${path}.target`, disk.target),
        bus: stated(busPath, busOf(disk, defaults)),
      }),
      iotune(path, disk),
      disk.shareable === true ? element("shareable", `${path}.shareable`) : undefined,
      (disk.readOnly ?? device === "cdrom") ? element("readonly", `${path}.readOnly`) : undefined,
      serialOf(key, disk, defaults),
      disk.bootOrder === undefined ? undefined : element("boot", `${path}.bootOrder`, { order: disk.bootOrder }),
      element("alias", path, { name: aliasFor(diskKind, key) }),
    ],
  );
  return { ...drive, without: absentFrom(path, disk, source) };
}

function isMedium({ attributes, children }: Element): boolean {
  return children.length > 0 || Object.keys(attributes).length > 0;
}

/** A CD-ROM is read-only for libvirt, whatever is said. */
function absentFrom(path: string, { device = "disk", readOnly, shareable }: GuestDisk, source?: string): Absent[] {
  return [
    ...(source === undefined && device !== "disk" ? [{ path, child: "source", is: isMedium }] : []),
    ...(readOnly === false && device !== "cdrom" ? [{ path: `${path}.readOnly`, child: "readonly" }] : []),
    ...(shareable === false ? [{ path: `${path}.shareable`, child: "shareable" }] : []),
  ];
}

function iotune(path: string, { iotune: limits }: GuestDisk): DesiredElement | undefined {
  const at = `${path}.iotune`;
  const limit = (name: string, key: keyof NonNullable<GuestDisk["iotune"]>): DesiredElement | undefined =>
    limits?.[key] === undefined ? undefined : element(name, `${at}.${key}`, {}, limits[key]);
  return (
    limits &&
    element("iotune", at, {}, [
      limit("total_bytes_sec", "totalBytesSec"),
      limit("read_bytes_sec", "readBytesSec"),
      limit("write_bytes_sec", "writeBytesSec"),
      limit("total_iops_sec", "totalIopsSec"),
      limit("read_iops_sec", "readIopsSec"),
      limit("write_iops_sec", "writeIopsSec"),
    ])
  );
}

function serialOf(key: string, disk: GuestDisk, defaults: GuestDefaults): DesiredElement | undefined {
  const byDefault = defaults.serialNumbers && (disk.device ?? "disk") === "disk" ? defaultSerial(key) : undefined;
  const serial = disk.serial ?? byDefault;
  return serial === undefined ? undefined : element("serial", `disks.${key}.serial`, {}, serial);
}

/** As much as every bus takes. */
function defaultSerial(key: string): string {
  return key.slice(0, 20);
}

function busOf(disk: Pick<GuestDisk, "bus" | "device">, defaults: Pick<GuestDefaults, "bus" | "cdromBus">): string {
  if (disk.bus !== undefined) return disk.bus;
  if (disk.device === "floppy") return "fdc";
  return disk.device === "cdrom" ? defaults.cdromBus : defaults.bus;
}
