/** Which running guests hang on a network: libvirt itself stops a network under them without a word. */

import { inventory } from "../../libvirt/inventory";
import type { Virsh } from "../../libvirt/virsh";
import { parseXml } from "../../libvirt/xml";
import { elementsOf, firstElement } from "../../reconcile/tree";

/** Names of the running guests with a card on this network. */
export async function guestsUsing(virsh: Virsh, network: string): Promise<string[]> {
  const active = (await inventory(virsh).guests()).filter((guest) => guest.active);
  const tables = await virsh.runAll(active.map(({ uuid }) => ({ name: "dumpxml", arguments: [uuid] })));
  return active
    .filter((_, index) => {
      const table = tables[index];
      if (table?.status !== "fulfilled" || !table.value.includes(network)) return false;
      const devices = firstElement(parseXml(table.value), "devices");
      return (
        devices !== undefined &&
        elementsOf(devices, "interface").some((nic) => firstElement(nic, "source")?.attributes.network === network)
      );
    })
    .map(({ name }) => name)
    .sort();
}
