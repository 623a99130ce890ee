/** Which devices of a host could be passed on, and who has them. */

import { pciDevicesOf } from "../../libvirt/device-users";
import { inventory } from "../../libvirt/inventory";
import { runningGuests } from "../../libvirt/running-guests";
import type { Virsh } from "../../libvirt/virsh";
import { candidates, inWords, isKept } from "../passthrough-device/find";

/** As a Host shows them (schema/host.ts). None where the daemon has no driver for devices, or cannot tell. */
export async function devicesOf(virsh: Virsh): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const devices = await inventory(virsh)
    .devices()
    .catch(() => []);
  const all = candidates(devices);
  // A host of a hundred guests is not asked for each of them where none can have one.
  const running = all.some(isKept) ? await runningGuests(virsh).catch(() => []) : [];
  const users = running.flatMap(({ name, devices: theirs }) =>
    pciDevicesOf(theirs).map((address) => ({ guest: name, address })),
  );
  return all.map((device) => {
    const { name, address, driver, iommuGroup, numaNode, virtualFunctions, physicalFunction } = device;
    const interfaces = devices.flatMap((each) => (each.kind === "net" && each.parent === name ? [each.interface] : []));
    const usedBy = [...new Set(users.flatMap((user) => (user.address === address ? [user.guest] : [])))];
    return {
      address,
      description: inWords(device),
      ...(driver === undefined ? {} : { driver }),
      ...(iommuGroup === undefined ? {} : { iommuGroup: iommuGroup.number }),
      ...(numaNode === undefined ? {} : { numaNode }),
      ...(interfaces.length === 0 ? {} : { interfaces }),
      ...(virtualFunctions === undefined ? {} : { virtualFunctions }),
      ...(physicalFunction === undefined ? {} : { physicalFunction }),
      ...(usedBy.length === 0 ? {} : { usedBy }),
    };
  });
}
