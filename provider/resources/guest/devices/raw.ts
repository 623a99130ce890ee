/** Devices that have no fields: only raw XML (`xml`) brings them. Pure. */

import { plugged } from "../../../libvirt/live-change";
import { allOf, type KeyedKind, onBus } from "./device";

export const rawKind: KeyedKind = {
  map: "xml",
  alias: "xml",
  elements: ["hostdev", "redirdev", "shmem", "vsock"],

  // Fragments are put into the whole document, wherever they go (xml-fragments.ts).
  write: () => [],

  live: {
    qemu: ["hostdev", "redirdev", "shmem", "vsock"].flatMap((name) => plugged(name)),
    xenFull: plugged("hostdev"),
    // Not of PVH guests: "passthrough not yet supported for x86 PVH guests".
    xenParavirtual: plugged("hostdev"),
  },

  identities: (fragment) => [allOf(fragment)],

  needs({ name, attributes: { type, bus } }) {
    if (name === "redirdev") return onBus(bus);
    return name === "hostdev" && type !== "pci" ? {} : { slot: "express" };
  },
};
