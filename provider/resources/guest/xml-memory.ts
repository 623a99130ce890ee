/** Memory, and what can be plugged beside it (formatdomain, "Memory Allocation" and "Memory devices"). Pure. */

import type { GuestInputs } from "../../../schema/guest";
import type { GuestMemoryDevice } from "../../../schema/guest-devices";
import { type DesiredElement, element } from "../../reconcile/desired";

/** QEMU's smallest block of virtio-mem on x86, in KiB. */
const blockKiB = 2048;

export function memory(inputs: GuestInputs): DesiredElement[] {
  const { memoryMiB, maxMemoryMiB, memoryHotplug } = inputs;
  if (memoryHotplug === undefined) {
    return [
      element(
        "memory",
        maxMemoryMiB === undefined ? "memoryMiB" : "maxMemoryMiB",
        { unit: "MiB" },
        maxMemoryMiB ?? memoryMiB,
      ),
      element("currentMemory", "memoryMiB", { unit: "MiB" }, memoryMiB),
    ];
  }
  const devices = Object.values(inputs.memoryDevices ?? {});
  const plugged = devices.reduce((sum, { sizeMiB }) => sum + sizeMiB, 0);
  const given = devices.reduce((sum, device) => sum + givenBy(device), 0);
  return [
    element(
      "maxMemory",
      "memoryHotplug.maxMiB",
      { slots: { path: "memoryHotplug.slots", value: String(memoryHotplug.slots) }, unit: "MiB" },
      memoryHotplug.maxMiB,
    ),
    // Sums, which follow from the node and the devices: libvirt ignores the first one, and shrinks the guest to the second.
    element("memory", "memoryDevices", { unit: "MiB" }, memoryMiB + plugged),
    element("currentMemory", "memoryDevices", { unit: "MiB" }, memoryMiB + given),
  ];
}

/** The node that libvirt asks for where memory can be plugged: all vCPUs, and the memory that is not. */
export function numa({ memoryHotplug, memoryMiB, vcpus }: GuestInputs): DesiredElement | undefined {
  if (memoryHotplug === undefined) return undefined;
  const last = (typeof vcpus === "number" ? vcpus : vcpus.max) - 1;
  return element("numa", "memoryHotplug", {}, [
    element("cell", "memoryMiB", {
      id: 0,
      cpus: { path: typeof vcpus === "number" ? "vcpus" : "vcpus.max", value: last === 0 ? "0" : `0-${last}` },
      memory: memoryMiB,
      unit: "MiB",
    }),
  ]);
}

export function memoryDevices(inputs: GuestInputs): DesiredElement[] {
  return Object.entries(inputs.memoryDevices ?? {}).map(([key, device]) => {
    const path = `memoryDevices.${key}`;
    const virtio = device.model === "virtio-mem";
    return element("memory", path, { model: { path: `${path}.model`, value: device.model } }, [
      element("target", path, {}, [
        element("size", `${path}.sizeMiB`, { unit: "MiB" }, device.sizeMiB),
        element("node", path, {}, 0),
        virtio ? element("block", path, { unit: "KiB" }, blockKiB) : undefined,
        virtio ? element("requested", `${path}.requestedMiB`, { unit: "MiB" }, givenBy(device)) : undefined,
      ]),
      element("alias", path, { name: `ua-memory-${key}` }),
    ]);
  });
}

function givenBy({ model, sizeMiB, requestedMiB }: GuestMemoryDevice): number {
  return model === "virtio-mem" ? (requestedMiB ?? sizeMiB) : sizeMiB;
}
