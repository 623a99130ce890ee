/** Which image a disk uses: as an input states it, and as the XML has it; whether raw XML may let others have it. Pure. */

import type { GuestInputs } from "../../../../schema/guest";
import type { GuestDisk } from "../../../../schema/guest-devices";
import { holdsUnknown } from "../../../../schema/unknown";
import { type Element, firstElement } from "../../../reconcile/tree";

/** Path of the image or block device; undefined for a drive without a medium. */
export function sourceOf(disk: GuestDisk): string | undefined {
  return disk.disk?.path ?? disk.path;
}

/** The file or block device that a disk uses; undefined for volumes, for network disks, and without a medium. */
export function pathOf(disk: Element): string | undefined {
  const source = firstElement(disk, "source")?.attributes;
  return source?.file ?? source?.dev;
}

/** Whether raw XML may make any disk of the guest a shared one, or is not known yet. */
export function mayBeShared(xml: GuestInputs["xml"]): boolean {
  return (
    holdsUnknown(xml) || Object.values(xml ?? {}).some(({ fragment }) => /shareable|readonly|transient/.test(fragment))
  );
}
