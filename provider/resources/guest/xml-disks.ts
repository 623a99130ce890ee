/** Disks and drives (formatdomain, "Hard drives, floppy disks, CDROMs"). Pure. */

import type { GuestDisk } from "../../../schema/guest-devices";
import type { GuestInputs } from "../../../schema/guest";
import { holdsUnknown } from "../../../schema/unknown";
import type { GuestDefaults } from "../../hypervisors/guest-defaults";
import { type DesiredElement, element, type Stated, stated } from "../../reconcile/desired";
import { type Element, firstElement } from "../../reconcile/tree";

/** What a guest has already. */
interface Present {
  /** By the disk's key, the images that lie beneath the one it uses now, where somebody else put that one there. */
  readonly beneath: ReadonlyMap<string, readonly string[]>;
  /** Whether another disk than that of the key has this number. */
  hasSerial(serial: string, but: string): boolean;
  isOtherKind(key: string, device: string): boolean;
}

export function diskElements(inputs: GuestInputs, defaults: GuestDefaults, present: Present): DesiredElement[] {
  return Object.entries(inputs.disks ?? {}).map(([key, disk]) => {
    const source = sourceOf(disk);
    const moved = source !== undefined && present.beneath.get(key)?.includes(source) === true;
    const isDoubled = disk.serial === undefined && present.hasSerial(defaultSerial(key), key);
    const busPath = `disks.${key}.${present.isOtherKind(key, disk.device ?? "disk") ? "device" : "bus"}`;
    return diskElement(key, disk, isDoubled ? { ...defaults, serialNumbers: false } : defaults, { moved, busPath });
  });
}

/**
 * libvirt's own choice for x86 is a controller that current kernels have no driver for. Beside the disk that asks for the
 * bus first; one that is there already stays what it is, so its attributes are nobody's.
 */
export function scsiController(inputs: GuestInputs, defaults: GuestDefaults): DesiredElement[] {
  const [key] = Object.entries(inputs.disks ?? {}).find(([, disk]) => busOf(disk, defaults) === "scsi") ?? [];
  if (key === undefined || !defaults.serialNumbers) return [];
  const unowned = (value: string): Stated => ({ path: "", value });
  const attributes = { type: unowned("scsi"), index: unowned("0"), model: unowned("virtio-scsi") };
  return [element("controller", `disks.${key}.bus`, attributes)];
}

/** Whether raw XML may make any disk of the guest a shared one, or is not known yet. */
export function mayBeShared(xml: GuestInputs["xml"]): boolean {
  return (
    holdsUnknown(xml) || Object.values(xml ?? {}).some(({ fragment }) => /shareable|readonly|transient/.test(fragment))
  );
}

/** Path of the image or block device; undefined for a drive without a medium. */
export function sourceOf(disk: GuestDisk): string | undefined {
  return disk.disk?.path ?? disk.path;
}

/** The file or block device that a disk uses; undefined for volumes, for network disks, and without a medium. */
export function pathOf(disk: Element): string | undefined {
  const source = firstElement(disk, "source")?.attributes;
  return source?.file ?? source?.dev;
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
      element("alias", path, { name: `ua-disk-${key}` }),
    ],
  );
  return source === undefined && device !== "disk" ? { ...drive, without: ["source"] } : drive;
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

export function busOf(
  disk: Pick<GuestDisk, "bus" | "device">,
  defaults: Pick<GuestDefaults, "bus" | "cdromBus">,
): string {
  if (disk.bus !== undefined) return disk.bus;
  if (disk.device === "floppy") return "fdc";
  return disk.device === "cdrom" ? defaults.cdromBus : defaults.bus;
}
