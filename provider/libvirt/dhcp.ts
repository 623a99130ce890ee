/** What a network's XML says of the DHCP that libvirt itself serves on it (formatnetwork, "Addressing"). Pure. */

import { type Element, elementsOf, firstElement } from "../reconcile/tree";
import { canonicalMac } from "./addresses";

/** Whether a NIC of this MAC address is given an address: from a range, or by a reservation of its own. */
export function givesAddress(network: Element, mac: string): boolean {
  return elementsOf(network, "ip")
    .flatMap((ip) => elementsOf(ip, "dhcp"))
    .some(
      (dhcp) =>
        firstElement(dhcp, "range") !== undefined ||
        elementsOf(dhcp, "host").some((host) => canonicalMac(host.attributes.mac ?? "") === mac),
    );
}
