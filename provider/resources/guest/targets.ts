/** Logical names of disks: `vda`, `sdb`. Pure. */

import type { GuestDisk } from "../../../schema/guest-devices";

/** Names say nothing of the host: the same guest has the same names on KVM and on Xen (which shows vda as xvda itself). */
export function prefixOf({ bus, device }: Pick<GuestDisk, "bus" | "device">): string {
  const prefixes: Readonly<Record<string, string>> = { virtio: "vd", xen: "xvd", ide: "hd", fdc: "fd" };
  if (bus !== undefined) return prefixes[bus] ?? "sd";
  return device === "cdrom" ? "sd" : device === "floppy" ? "fd" : "vd";
}

export function nextFree(prefix: string, taken: ReadonlySet<string>): string {
  for (let index = 0; ; index += 1) {
    const name = prefix + letters(index);
    if (!taken.has(name)) return name;
  }
}

/** a … z, aa … zz: how disks are counted. */
function letters(index: number): string {
  const last = String.fromCharCode(97 + (index % 26));
  return index < 26 ? last : letters(Math.floor(index / 26) - 1) + last;
}
