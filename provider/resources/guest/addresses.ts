/** Addresses that the host's own DHCP servers gave to a guest; the guest itself is never asked (law 11). */

import { type LeaseRow, leaseRows } from "../../libvirt/tables";
import type { Virsh } from "../../libvirt/virsh";
import type { Element } from "../../reconcile/tree";
import { nicsOf, type SeenNic } from "./devices/nic";

/** How long the leases of one network serve: all guests of a refresh share one question. */
const recentMilliseconds = 2_000;

interface Recent {
  readonly at: number;
  readonly leases: Promise<ReadonlyMap<string, readonly LeaseRow[]>>;
}

const recent = new WeakMap<Virsh, Map<string, Recent>>();

/**
 * The NICs of a running guest. One that was adopted while it runs has our names in its definition only; what stands in
 * neither (somebody plugged it) goes by its MAC address.
 */
export function runningNics(live: Element, definition: Element): readonly SeenNic[] {
  const keys = new Map(nicsOf(definition).map(({ mac, key }) => [mac, key]));
  return nicsOf(live).map((nic) => (nic.key === nic.mac ? { ...nic, key: keys.get(nic.mac) ?? nic.mac } : nic));
}

/** Addresses by the key of the NIC, without prefix length. */
export async function addressesOf(virsh: Virsh, live: Element, definition: Element): Promise<Record<string, string[]>> {
  const found = await Promise.all(
    runningNics(live, definition).map(async ({ key, mac, network }) => {
      const leases = network === undefined ? undefined : (await leasesOn(virsh, network)).get(mac);
      return [key, (leases ?? []).map(({ address }) => address).sort()] as const;
    }),
  );
  return Object.fromEntries(found.filter(([, addresses]) => addresses.length > 0));
}

/** The leases of a network by MAC address, from a question that is no older than this. */
export function leasesOn(
  virsh: Virsh,
  network: string,
  milliseconds = recentMilliseconds,
): Promise<ReadonlyMap<string, readonly LeaseRow[]>> {
  const known = recent.get(virsh) ?? new Map<string, Recent>();
  recent.set(virsh, known);
  const last = known.get(network);
  if (last !== undefined && Date.now() - last.at < milliseconds) return last.leases;
  const leases = virsh
    .run("net-dhcp-leases", ["--network", network])
    // A network that is just not active has no leases; that is no reason to know nothing of the guest.
    .catch(() => "")
    .then((listing) => byMac(leaseRows(listing)));
  known.set(network, { at: Date.now(), leases });
  return leases;
}

function byMac(rows: readonly LeaseRow[]): ReadonlyMap<string, readonly LeaseRow[]> {
  const leases = new Map<string, LeaseRow[]>();
  for (const row of rows) leases.set(row.mac, [...(leases.get(row.mac) ?? []), row]);
  return leases;
}
