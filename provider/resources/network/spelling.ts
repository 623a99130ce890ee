/** A network's addresses in the one spelling that libvirt shows: another spelling is no difference. Pure. */

import type { NetworkInputs } from "../../../schema/network";
import { canonicalCidr, canonicalAddress, canonicalMac } from "../../libvirt/addresses";

type Addresses = NonNullable<NetworkInputs["ipv4"]>;

/** What is not known yet in a preview, a whole map among it, stays as it is. */
export function spelled(inputs: NetworkInputs): NetworkInputs {
  const { ipv4, ipv6, dns } = inputs;
  return {
    ...inputs,
    ...(isObject(ipv4) ? { ipv4: addresses(ipv4) } : {}),
    ...(isObject(ipv6) ? { ipv6: addresses(ipv6) } : {}),
    ...(isObject(dns) ? { dns: names(dns) } : {}),
  };
}

function addresses({ gateway, dhcp, ...rest }: Addresses): Addresses {
  return { ...rest, gateway: canonicalCidr(gateway), ...(isObject(dhcp) ? { dhcp: leases(dhcp) } : dhcp && { dhcp }) };
}

function leases({ from, to, reservations, ...rest }: NonNullable<Addresses["dhcp"]>): NonNullable<Addresses["dhcp"]> {
  const each = isObject(reservations)
    ? Object.entries(reservations).map(([key, entry]) => [
        key,
        isObject(entry)
          ? {
              ...entry,
              ...(entry.mac === undefined ? {} : { mac: canonicalMac(entry.mac) }),
              ip: canonicalAddress(entry.ip),
            }
          : entry,
      ])
    : undefined;
  return {
    ...rest,
    from: canonicalAddress(from),
    to: canonicalAddress(to),
    ...(each === undefined ? reservations && { reservations } : { reservations: Object.fromEntries(each) as object }),
  } as NonNullable<Addresses["dhcp"]>;
}

function names(dns: NonNullable<NetworkInputs["dns"]>): NonNullable<NetworkInputs["dns"]> {
  const { hosts, forwarders } = dns;
  // Two spellings of one key stay two keys, so that they can be refused (see problems.ts).
  const keys = isObject(hosts) ? Object.keys(hosts) : [];
  const clash = new Set(keys.map(canonicalAddress)).size < keys.length;
  return {
    ...dns,
    ...(isObject(hosts) && !clash
      ? { hosts: Object.fromEntries(Object.entries(hosts).map(([ip, names]) => [canonicalAddress(ip), names])) }
      : {}),
    ...(Array.isArray(forwarders) ? { forwarders: forwarders.map(canonicalAddress) } : {}),
  };
}

function isObject<Value>(value: Value | undefined): value is Value & object {
  return typeof value === "object" && value !== null;
}
