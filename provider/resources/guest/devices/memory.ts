/** Memory that is plugged beside the guest's own (formatdomain, "Memory devices"). Pure. */

import type { GuestMemoryDevice } from "../../../../schema/guest-devices";
import { holdsUnknown } from "../../../../schema/unknown";
import { plugged } from "../../../libvirt/live-change";
import { element } from "../../../reconcile/desired";
import { aliasFor, allOf, isMap, type KeyedKind } from "./device";

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

  problems({ memoryMiB, memoryHotplug, memoryDevices }) {
    const devices = Object.entries(isMap(memoryDevices) ? memoryDevices : {});
    if (memoryHotplug === undefined)
      return devices.length === 0 ? [] : ["memoryDevices: need memoryHotplug, which makes room for them."];
    if (holdsUnknown([memoryMiB, memoryHotplug, memoryDevices])) return [];
    const { maxMiB, slots } = memoryHotplug;
    const found: string[] = [];
    const sum = devices.reduce((size, [, { sizeMiB }]) => size + sizeMiB, memoryMiB);
    if (sum > maxMiB)
      found.push(`memoryHotplug.maxMiB: ${maxMiB} MiB are less than memoryMiB and all devices (${sum}).`);
    if (devices.length > slots)
      found.push(`memoryHotplug.slots: ${slots} slots are too few for ${devices.length} devices.`);
    for (const [key, { model, sizeMiB, requestedMiB }] of devices) {
      const path = `memoryDevices.${key}.requestedMiB`;
      if (requestedMiB === undefined) continue;
      if (model === "dimm") found.push(`${path}: only virtio-mem gives a part of its size.`);
      if (requestedMiB > sizeMiB) found.push(`${path}: ${requestedMiB} MiB are more than sizeMiB (${sizeMiB}).`);
      if (requestedMiB % 2 !== 0) found.push(`${path}: must be a multiple of 2 MiB, the block of the device.`);
    }
    return found;
  },

  needs: ({ attributes: { model = "" } }) => ({
    memorySlot: true,
    ...(/^virtio-(mem|pmem)$/.test(model) ? { slot: "express" } : {}),
  }),
};

/** What the guest has of the device, in MiB. */
export function givenBy({ model, sizeMiB, requestedMiB }: GuestMemoryDevice): number {
  return model === "virtio-mem" ? (requestedMiB ?? sizeMiB) : sizeMiB;
}
