/**
 * Images that this process has made and laid nothing on: nobody else knows them yet, so whether others lie on them need not
 * be asked. Otherwise each guest of an `up` that makes a hundred, with their disks, would have the whole host looked at.
 */

import { posix } from "node:path";
import { plainPath } from "./image-path";
import type { Virsh } from "./virsh";

const images = new WeakMap<Virsh, Set<string>>();

export function noteNewImage(virsh: Virsh, path: string): void {
  const known = images.get(virsh) ?? new Set();
  images.set(virsh, known.add(plainPath(path)));
}

/** Whatever path leads there, the image is called the same at its end. */
export function noteOverlayOn(virsh: Virsh, path: string): void {
  const known = images.get(virsh);
  for (const image of known ?? []) if (posix.basename(image) === posix.basename(path)) known?.delete(image);
}

export function isNewImage(virsh: Virsh, path: string): boolean {
  return images.get(virsh)?.has(plainPath(path)) === true;
}
