/** What stands for a device of the host among the claims: no path of a volume, which all are absolute. */

/** The kinds of devices, as the inputs name them. */
export type Kind = "pci" | "usb" | "mdev";

/** `place`: a PCI address, the place of a USB device (`1-1.2`), or the UUID of a mediated device. */
export function claimPath(place: string, kind: Kind = "pci"): string {
  return `${prefixOf(kind)}${place}`;
}

export function prefixOf(kind: Kind): string {
  return `${kind}/`;
}

/** Of PCI devices. */
export const claimPrefix = prefixOf("pci");
