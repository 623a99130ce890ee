/** Logical names of disks: `vda`, `sdb`, `xvda`, `hdc` (formatdomain, "Hard drives, floppy disks, CDROMs", `target`). Pure. */

import type { Virtualization } from "./guest-defaults";

export interface NamedDisk {
  readonly bus?: string | undefined;
  readonly device?: string | undefined;
}

/** The first name that is free for a disk, where some are taken. */
export type DiskNames = (disk: NamedDisk, taken: ReadonlySet<string>, virtualization?: Virtualization) => string;

const prefixOfBus: Readonly<Record<string, string>> = { virtio: "vd", xen: "xvd", ide: "hd", fdc: "fd" };

/** QEMU's guests know their disks by bus and address: the name only orders them. */
export const namesOnQemu: DiskNames = ({ bus, device }, taken) => {
  const byDevice = device === "cdrom" ? "sd" : device === "floppy" ? "fd" : "vd";
  return nextFree(bus === undefined ? byDevice : (prefixOfBus[bus] ?? "sd"), (name) => taken.has(name));
};

/**
 * Xen knows a disk by its name alone, and starts no guest with a `vda` ("Invalid or unsupported virtual disk identifier").
 * With full virtualization hda and xvda are one drive of the emulated IDE controller, which has four; a CD-ROM drive is
 * looked for at the third.
 */
export const namesOnXen: DiskNames = ({ bus, device }, taken, virtualization = "full") => {
  const emulates = virtualization === "full";
  // Of other buses and of floppy drives it has none: those are refused as what they are.
  const byBus: Readonly<Record<string, string>> = { ide: "hd", scsi: "sd" };
  const prefix = bus === undefined ? (device === "cdrom" && emulates ? "hd" : "xvd") : (byBus[bus] ?? "xvd");
  const otherName = emulates ? { hd: "xvd", xvd: "hd" }[prefix] : undefined;
  const isTaken = (name: string): boolean =>
    taken.has(name) || (otherName !== undefined && taken.has(otherName + name.slice(prefix.length)));
  const usual = ["hdc", "hdd"].find((name) => prefix === "hd" && device === "cdrom" && !isTaken(name));
  return usual ?? nextFree(prefix, isTaken);
};

function nextFree(prefix: string, isTaken: (name: string) => boolean): string {
  for (let index = 0; ; index += 1) {
    const name = prefix + letters(index);
    if (!isTaken(name)) return name;
  }
}

/** a … z, aa … zz: how disks are counted. */
function letters(index: number): string {
  const last = String.fromCharCode(97 + (index % 26));
  return index < 26 ? last : letters(Math.floor(index / 26) - 1) + last;
}
