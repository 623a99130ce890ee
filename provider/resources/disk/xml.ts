/** A disk's inputs as the XML that is wanted (libvirt.org/formatstorage.html, "Storage volume XML"). Pure. */

import type { DiskInputs } from "../../../schema/disk";
import { type Desired, element, stated } from "../../reconcile/desired";

/** What is compared: name and size. Format and backing are what we recorded; an image's content can claim anything. */
export function toXml(inputs: DiskInputs): Desired {
  return {
    document: element("volume", "", {}, [element("name", "name", {}, inputs.name)]),
    // The size is said in GiB, fractions included, which no unit of libvirt's is.
    settings: inputs.sizeGiB === undefined ? {} : { sizeGiB: gibibytes(bytesOf(inputs.sizeGiB)) },
  };
}

/** What is created. `capacity`: bytes; raw volumes are sparse, qcow2 is version 3 (libvirt's own default is 0.10). */
export function creationXml(inputs: DiskInputs, capacity: number): Desired["document"] {
  const logical = inputs.path?.startsWith("/dev/") ?? false;
  const qcow2 = inputs.format === "qcow2";
  return element("volume", "", {}, [
    element("name", "name", {}, inputs.name),
    element("capacity", "sizeGiB", { unit: "bytes" }, capacity),
    logical || qcow2 ? undefined : element("allocation", "format", { unit: "bytes" }, 0),
    element("target", "format", {}, [
      logical ? undefined : element("format", "format", { type: stated("format", inputs.format) }),
      qcow2 ? element("compat", "format", {}, "1.1") : undefined,
    ]),
    inputs.backing === undefined
      ? undefined
      : element("backingStore", "backing", {}, [
          element("path", "backing", {}, inputs.backing.path),
          logical ? undefined : element("format", "backing", { type: inputs.backing.format ?? "raw" }),
        ]),
  ]);
}

/**
 * What a disk's size is a multiple of: enough for the sectors of any bus, for writing past the host's cache (O_DIRECT) and
 * for clusters, whatever the host's disks are made of.
 */
const granularity = 64 * 1024;

export function rounded(bytes: number): number {
  return Math.ceil(bytes / granularity) * granularity;
}

export function bytesOf(sizeGiB: number): number {
  return rounded(sizeGiB * 2 ** 30);
}

/** Whether a size is what was asked for: exactly, as somebody else may have made it, or rounded up by us. */
export function isAsAsked(sizeGiB: number, bytes: number): boolean {
  return bytes >= Math.floor(sizeGiB * 2 ** 30) && bytes <= bytesOf(sizeGiB);
}

export function gibibytes(bytes: number): number {
  return bytes / 2 ** 30;
}

/** Whether the size is what LVM makes of the one that was asked for: extents of 4 MiB, or larger ones. */
export function isRounded(asked: number, given: number): boolean {
  return [4, 8, 16, 32, 64, 128].some((extent) => Math.ceil(asked / (extent * 2 ** 20)) * extent * 2 ** 20 === given);
}
