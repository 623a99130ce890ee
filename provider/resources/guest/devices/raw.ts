/** Devices that have no fields: only raw XML (`xml`) brings them. Pure. */

import { plugged } from "../../../libvirt/live-change";
import { allOf, type KeyedKind, onBus } from "./device";

export const rawKind: KeyedKind = {
  map: "xml",
  alias: "xml",
  elements: ["redirdev", "shmem", "vsock"],

  // Fragments are put into the whole document, wherever they go (xml-fragments.ts).
  write: () => [],

  live: {
    qemu: ["redirdev", "shmem", "vsock"].flatMap((name) => plugged(name)),
  },

  identities: (fragment) => [allOf(fragment)],

  needs: ({ name, attributes: { bus } }) => (name === "redirdev" ? onBus(bus) : { slot: "express" }),
};
