/** The rules of NICs that need more than one field, and no host. Pure. */

import type { GuestInputs } from "../../../../schema/guest";
import { holdsUnknown, unknown } from "../../../../schema/unknown";
import { canonicalMac } from "../../../libvirt/addresses";
import { deviceAddressOf } from "../../../libvirt/device-address";
import { sameHost } from "../../recorded-identity";
import { isMap } from "./device";
import { problemOfHost } from "./hostdev";

/** What libvirt does for NICs whose packets go through the host. */
const ofTheHost = ["model", "bandwidth", "mtu", "queues", "linkState"] as const;

export function problemsOfNics(inputs: GuestInputs): string[] {
  const addresses = new Map<string, string>();
  return Object.entries(isMap(inputs.nics) ? inputs.nics : {}).flatMap(([key, nic]) => {
    const found: string[] = [];
    const given = [nic.network, nic.bridge, nic.user, nic.device].filter((each) => each !== undefined).length;
    if (given !== 1) found.push(`nics.${key}: give exactly one of network, bridge, device and user.`);
    if (nic.device !== undefined) {
      found.push(...problemOfHost(`nics.${key}.device`, nic.device, inputs.host));
      if (!holdsUnknown(nic.device) && deviceAddressOf(nic.device.address).kind !== "pci") {
        found.push(`nics.${key}.device: only a virtual function of a PCI card can be a NIC, and this is none.`);
      }
      found.push(
        ...ofTheHost
          .filter((field) => nic[field] !== undefined)
          .map(
            (field) =>
              `nics.${key}.${field}: the guest drives the virtual function itself, and libvirt has no say in it. Leave it out.`,
          ),
      );
    }
    if (
      nic.network?.host !== undefined &&
      !holdsUnknown([nic.network, inputs.host]) &&
      sameHost(nic.network.host, inputs.host) !== true
    ) {
      found.push(
        `nics.${key}.network: "${nic.network.name}" is on another host (${nic.network.host.uri}) than the guest (${inputs.host.uri}).`,
      );
    }
    const mac = nic.mac === undefined ? undefined : canonicalMac(nic.mac);
    const twin = mac === undefined || mac === unknown ? undefined : addresses.get(mac);
    if (twin !== undefined) found.push(`nics.${key}.mac: ${nic.mac} is taken by nics.${twin}.`);
    if (mac !== undefined) addresses.set(mac, key);
    return found;
  });
}
