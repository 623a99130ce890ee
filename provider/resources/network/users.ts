/** Which running guests hang on a network: libvirt itself stops a network under them without a word. */

import { LibvirtError } from "../../libvirt/errors";
import type { Virsh } from "../../libvirt/virsh";
import { parseXml } from "../../libvirt/xml";
import { descend, textOf } from "../../reconcile/tree";

/** Names of the running guests with a card on this network: each card has a port there (libvirt 5.5 and later). */
export async function guestsUsing(virsh: Virsh, network: string): Promise<string[]> {
  const ports = (await virsh.run("net-port-list", ["--uuid", network]))
    .split("\n")
    .flatMap((line) => line.trim() || []);
  const answers = await virsh.runAll(ports.map((port) => ({ name: "net-port-dumpxml", arguments: [network, port] })));
  const names = answers.flatMap((answer) => {
    // A card that was unplugged between the two questions has no port any more.
    if (answer.status === "fulfilled") return textOf(descend(parseXml(answer.value), "owner", "name"));
    if (answer.reason instanceof LibvirtError && answer.reason.kind !== "Unreachable") return [];
    throw answer.reason;
  });
  return [...new Set(names)].sort();
}
