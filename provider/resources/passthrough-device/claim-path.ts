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

/**
 * Whether a claim was made for another device than the one that is at its place now (`stamp`): of another sort, or with
 * another serial number where both say one (`10de:2684`, `046d:c52b/0012345678@001:004`). Pure.
 */
export function isOfAnother(
  { stamp: claimed }: { readonly stamp?: string | undefined },
  stamp: string | undefined,
): boolean {
  const [was = [], is = []] = [claimed, stamp].map((each) => each?.split("@")[0]?.split("/"));
  return was.some((part, index) => part !== "" && (is[index] ?? "") !== "" && part !== is[index]);
}
