/** Addresses that the host's own DHCP servers gave to a guest; the guest itself is never asked (law 11). */

import type { Virsh } from "../../libvirt/virsh";
import type { Element } from "../../reconcile/tree";
import { nicsOf } from "./observe";

/** How long the leases of one network serve: all guests of a refresh share one question. */
const recentMilliseconds = 2_000;

const leases = new WeakMap<Virsh, Map<string, { readonly at: number; readonly table: Promise<string> }>>();

/** Addresses by the key of the network card, without prefix length. */
export async function addressesOf(virsh: Virsh, live: Element): Promise<Record<string, string[]>> {
  const nics = nicsOf(live).filter(({ network }) => network !== undefined);
  const found = await Promise.all(
    nics.map(async ({ key, mac, network }) => {
      const table = await leasesOf(virsh, network ?? "");
      // Expiry date and time, MAC address, protocol, address/prefix.
      const mine = [...table.matchAll(/\s([0-9a-f:]{17})\s+ipv[46]\s+([0-9a-f.:]+)\//gi)].filter(
        (lease) => lease[1] === mac,
      );
      return [key, mine.map((lease) => lease[2] ?? "").sort()] as const;
    }),
  );
  return Object.fromEntries(found.filter(([, addresses]) => addresses.length > 0));
}

function leasesOf(virsh: Virsh, network: string): Promise<string> {
  const known = leases.get(virsh) ?? new Map<string, { at: number; table: Promise<string> }>();
  leases.set(virsh, known);
  const recent = known.get(network);
  if (recent !== undefined && Date.now() - recent.at < recentMilliseconds) return recent.table;
  // A network that is just not active has no leases; that is no reason to know nothing of the guest.
  const table = virsh.run("net-dhcp-leases", ["--network", network]).catch(() => "");
  known.set(network, { at: Date.now(), table });
  return table;
}
