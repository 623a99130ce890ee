/** Whose fault it was: the host names a file, a network or a device, and the program named it in a field. Pure. */

import type { GuestInputs } from "../../../schema/guest";
import { LibvirtError } from "../../libvirt/errors";
import { sourceOf } from "./xml-disks";

/** What of the inputs a host may name in a complaint, and the field that it came from. */
function namesOf({ disks, nics, boot, console }: GuestInputs): (readonly [string | undefined, string])[] {
  return [
    ...Object.entries(disks ?? {}).flatMap(([key, disk]) => [
      [sourceOf(disk), disk.disk === undefined ? `disks.${key}.path` : `disks.${key}.disk`] as const,
      [`ua-disk-${key}`, `disks.${key}`] as const,
    ]),
    ...Object.entries(nics ?? {}).flatMap(([key, nic]) => [
      [nic.network?.name, `nics.${key}.network`] as const,
      [nic.bridge, `nics.${key}.bridge`] as const,
      [`ua-nic-${key}`, `nics.${key}`] as const,
    ]),
    [boot?.kernel, "boot.kernel"],
    [boot?.initrd, "boot.initrd"],
    [console?.logFile, "console.logFile"],
  ];
}

/** The same error with the field in front, where exactly that name stands in it as a word. */
export function blamed(inputs: GuestInputs, error: unknown): unknown {
  if (!(error instanceof LibvirtError) || !["Refused", "Denied", "InUse", "Unsupported"].includes(error.kind)) {
    return error;
  }
  const [said = ""] = error.message.split("\nHint: ");
  // The host's URI comes first, and may hold anything.
  const complaint = said.slice(said.indexOf(' refused "') + 1);
  const found = namesOf(inputs)
    .filter(([name]) => name !== undefined && isNamed(name, complaint))
    .sort(([one = ""], [other = ""]) => other.length - one.length)[0];
  if (found === undefined) return error;
  const [name, path] = found;
  const hint = /Permission denied/.test(said) ? (error.hint ?? hintFor(name ?? "")) : error.hint;
  return new LibvirtError(error.kind, `${path}: ${said}`, hint);
}

function isNamed(name: string, complaint: string): boolean {
  const at = complaint.indexOf(name);
  const [before = "", after = ""] = [complaint[at - 1], complaint[at + name.length]];
  return at >= 0 && !/[\w/-]/.test(before) && !/[\w/-]/.test(after);
}

function hintFor(file: string): string | undefined {
  if (!file.startsWith("/")) return undefined;
  return `QEMU's user must be able to pass every folder above it: namei -l ${file} shows them, setfacl -m u:USER:x FOLDER lets it through (the user is libvirt-qemu on Debian, qemu elsewhere). Below /var/lib/libvirt/images all is well.`;
}
