/** Serial numbers of USB devices, which libvirt does not tell: from the kernel's own files, by a shell on the host. */

import { onceAListing } from "../../libvirt/look-once";
import type { NodeDevice } from "../../libvirt/node-device";
import { hostShell } from "../../libvirt/shell";

export type Serials = ReadonlyMap<string, string> | { readonly absent: string };

/** `1-1.2 LABSTICK` in each line (Linux, Documentation/ABI/testing/sysfs-bus-usb). */
const look = `
for file in /sys/bus/usb/devices/*/serial; do
  [ -e "$file" ] || continue
  place=\${file%/serial}
  printf '%s %s\\n' "\${place##*/}" "$(cat "$file")"
done`;

/** By the place of each USB device of the listing; or why there are none to be had, as a part of a sentence. */
export const usbSerials = onceAListing(async (virsh, devices: readonly NodeDevice[]): Promise<Serials> => {
  // Buses alone are nothing to ask a shell for.
  if (!devices.some((each) => each.kind === "usb" && each.port !== undefined)) return new Map();
  const found = await hostShell(virsh);
  if ("absent" in found) return found;
  // What may be another machine's decides nothing.
  if (found.doubt !== undefined) return { absent: found.doubt };
  return serialsIn(await found.shell.run(["sh", "-c", look]));
});

/** Pure. */
export function serialsIn(said: string): ReadonlyMap<string, string> {
  return new Map(
    said.split("\n").flatMap((line) => {
      const [, place, serial] = /^(\S+) (.*\S)\s*$/.exec(line) ?? [];
      return place === undefined || serial === undefined ? [] : [[place, serial] as const];
    }),
  );
}
