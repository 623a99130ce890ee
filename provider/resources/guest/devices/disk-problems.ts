/** The rules of disks that need more than one field, and no host. Pure. */

import type { GuestInputs } from "../../../../schema/guest";
import { holdsUnknown, unknown } from "../../../../schema/unknown";
import { sameHost } from "../../recorded-identity";
import { isMap } from "./device";
import { mayBeShared, sourceOf } from "./disk-image";

export function problemsOfDisks(inputs: GuestInputs): string[] {
  return [...problemsOfFields(inputs), ...problemsOfImages(inputs)];
}

function problemsOfFields(inputs: GuestInputs): string[] {
  const targets = new Map<string, string>();
  return Object.entries(isMap(inputs.disks) ? inputs.disks : {}).flatMap(([key, disk]) => {
    const found: string[] = [];
    if (disk.disk !== undefined && disk.path !== undefined)
      found.push(`disks.${key}: give either disk or path, not both.`);
    const medium = disk.disk ?? disk.path;
    if (medium === undefined && (disk.device ?? "disk") === "disk") found.push(`disks.${key}: needs a disk or a path.`);
    if (
      disk.disk !== undefined &&
      !holdsUnknown([disk.disk, inputs.host]) &&
      sameHost(disk.disk.host, inputs.host) !== true
    ) {
      found.push(
        `disks.${key}.disk: "${disk.disk.name}" is on another host (${disk.disk.host.uri}) than the guest (${inputs.host.uri}).`,
      );
    }
    // Everything else has buses of which hosts differ.
    if (disk.bus === "fdc" && disk.device !== "floppy") found.push(`disks.${key}.bus: fdc is for floppy drives only.`);
    if (disk.device === "floppy" && ![undefined, "fdc", unknown].includes(disk.bus))
      found.push(`disks.${key}.bus: a floppy drive is on fdc, the bus that it gets by itself.`);
    const limits = disk.iotune ?? {};
    for (const what of ["Bytes", "Iops"] as const) {
      if (
        limits[`total${what}Sec`] !== undefined &&
        (limits[`read${what}Sec`] ?? limits[`write${what}Sec`]) !== undefined
      )
        found.push(`disks.${key}.iotune: total${what}Sec excludes read${what}Sec and write${what}Sec.`);
    }
    const twin = disk.target === undefined ? undefined : targets.get(disk.target);
    if (twin !== undefined) found.push(`disks.${key}.target: "${disk.target}" is taken by disks.${twin}.`);
    if (disk.target !== undefined) targets.set(disk.target, key);
    return found;
  });
}

/** QEMU locks what it writes, and starts no guest that has an image twice; libvirt defines it. */
function problemsOfImages({ disks, xml }: GuestInputs): string[] {
  const known = mayBeShared(xml) || !isMap(disks) ? [] : Object.entries(disks);
  const drives = known.flatMap(([key, disk]) => {
    const image = typeof disk === "object" ? sourceOf(disk) : undefined;
    if (image === undefined || holdsUnknown([image, disk.readOnly, disk.shareable, disk.device])) return [];
    const isShared = disk.shareable === true || (disk.readOnly ?? disk.device === "cdrom");
    return [{ key, image, isShared }];
  });
  return drives.flatMap(({ key, image, isShared }, index) => {
    const twin = drives.slice(0, index).find((each) => each.image === image && !(each.isShared && isShared));
    if (twin === undefined) return [];
    const why = `${image} is the image of disks.${twin.key} already, and no guest starts with an image twice`;
    return [`disks.${key}: ${why}. Leave one of them out; ignoreChanges keeps what has an earlier key, too.`];
  });
}
