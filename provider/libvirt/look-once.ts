/** One look serves whoever asks with the same listing: what else is known of the listed things is asked for once. */

import type { Virsh } from "./virsh";

/** `look` is begun by the first who asks. A listing is of one connection, and is never changed. */
export function onceAListing<Listing extends object, Found>(
  look: (virsh: Virsh, listing: Listing) => Promise<Found>,
): (virsh: Virsh, listing: Listing) => Promise<Found> {
  const looks = new WeakMap<Listing, Promise<Found>>();
  return (virsh, listing) => {
    const known = looks.get(listing) ?? look(virsh, listing);
    looks.set(listing, known);
    return known;
  };
}
