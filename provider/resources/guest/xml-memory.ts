/** Memory, and the room for what is plugged beside it (formatdomain, "Memory Allocation"). Pure. */

import type { GuestInputs } from "../../../schema/guest";
import { type DesiredElement, element } from "../../reconcile/desired";
import { givenBy } from "./devices/memory";

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
