/** Memory that is plugged beside the guest's own (formatdomain, "Memory devices"). Pure. */

import type { GuestMemoryDevice } from "../../../../schema/guest-devices";
import { plugged } from "../../../libvirt/live-change";
import { element } from "../../../reconcile/desired";
import { aliasFor, allOf, type KeyedKind } from "./device";

/** QEMU's smallest block of virtio-mem on x86, in KiB. */
const blockKiB = 2048;

export const memoryKind: KeyedKind<GuestMemoryDevice> = {
  map: "memoryDevices",
  alias: "memory",
  elements: ["memory"],

  write: ({ inputs }) =>
    Object.entries(inputs.memoryDevices ?? {}).map(([key, device]) => {
      const path = `memoryDevices.${key}`;
      const virtio = device.model === "virtio-mem";
      return element("memory", path, { model: { path: `${path}.model`, value: device.model } }, [
        element("target", path, {}, [
          element("size", `${path}.sizeMiB`, { unit: "MiB" }, device.sizeMiB),
          element("node", path, {}, 0),
          virtio ? element("block", path, { unit: "KiB" }, blockKiB) : undefined,
          virtio ? element("requested", `${path}.requestedMiB`, { unit: "MiB" }, givenBy(device)) : undefined,
        ]),
        element("alias", path, { name: aliasFor(memoryKind, key) }),
      ]);
    }),

  live: {
    qemu: [
      {
        place: /^devices\/memory\/target\/requested(@unit)?$/,
        method: "update-memory-device",
        since: 7_009_000,
        guestHelps: true,
        page: "manpages/virsh.html#update-memory-device",
      },
      ...plugged("memory"),
    ],
  },

  identities: (device) => [allOf(device)],

  needs: ({ attributes: { model = "" } }) => ({
    memorySlot: true,
    ...(/^virtio-(mem|pmem)$/.test(model) ? { slot: "express" } : {}),
  }),
};

/** What the guest has of the device, in MiB. */
export function givenBy({ model, sizeMiB, requestedMiB }: GuestMemoryDevice): number {
  return model === "virtio-mem" ? (requestedMiB ?? sizeMiB) : sizeMiB;
}
