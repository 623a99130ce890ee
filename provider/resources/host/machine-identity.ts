/** Which machine a connection leads to. */

import { readFile } from "node:fs/promises";
import { userInfo } from "node:os";
import type { HostReference } from "../../../schema/references";
import { LibvirtError } from "../../libvirt/errors";
import type { Virsh } from "../../libvirt/virsh";
import { parseUri } from "../../libvirt/uri";
import type { Hosts } from "../../libvirt/connection";
import { parseXml } from "../../libvirt/xml";
import { descend, elementsOf, textOf } from "../../reconcile/tree";
import { knownUuid, sameHost, uuidOf } from "../recorded-identity";
import { connectedHost, type DescribedHost } from "./connected";

/**
 * The UUID by which a host is known ever after. A user's session daemon makes up a new one at each start where it cannot
 * read the machine's own, so there it is computed from the machine and the user.
 */
export async function pinnedUuid({ virsh, facts, profile, description }: DescribedHost): Promise<string> {
  if (profile.identity === "connection") return uuidOf(`test/${virsh.uri}`);
  if (!facts.session) {
    const isTold = profile.identity === "host" && facts.uuid !== "";
    return isTold ? facts.uuid : uuidOf(`host/${await machineOf(virsh)}`);
  }
  const { host, user = "" } = parseUri(description.uri) ?? {};
  if (host !== undefined) return uuidOf(`session/${user.split(":")[0] ?? ""}@${host}`);
  const machine = await readFile("/etc/machine-id", "utf8").catch(() => "");
  return uuidOf(`session/${machine.trim()}/${userInfo().uid}`);
}

/** What tells the machine where the driver knows no UUID of it (libxl): the UUID of its board, else its host name. */
async function machineOf(virsh: Virsh): Promise<string> {
  const [sysinfo, hostname] = await virsh.runAll([{ name: "sysinfo" }, { name: "hostname" }]);
  const system = sysinfo?.status === "fulfilled" ? descend(parseXml(sysinfo.value), "system") : undefined;
  const entry = system && elementsOf(system, "entry").find(({ attributes }) => attributes.name === "uuid");
  const told = entry === undefined ? "" : textOf(entry).toLowerCase();
  // Boards without one say so in words ("Not Settable"), or have one that many have.
  if (/^[0-9a-f-]{36}$/.test(told) && !/^(0|f|03000200-0400-0500-0006-000700080009)[-0f]*$/.test(told)) return told;
  if (hostname?.status !== "fulfilled") throw hostname?.reason;
  return hostname.value.trim();
}

/** Asks the hosts where the references do not tell. Throws where one that has to be asked is out of reach. */
export async function areSameHost(hosts: Hosts, one: HostReference, other: HostReference): Promise<boolean> {
  const known = sameHost(one, other);
  if (known !== undefined) return known;
  const [uuid, otherUuid] = await Promise.all(
    [one, other].map(
      async (each) => knownUuid(each) ?? (await pinnedUuid(await connectedHost(hosts.connect(each.uri)))),
    ),
  );
  return uuid === otherUuid;
}

/** A changed address is not a move, and an address that moved must not be taken for the host that was meant. */
export async function refuseAnotherHost({ id, uri }: HostReference, host: DescribedHost): Promise<void> {
  const pinned = knownUuid({ ...(id === undefined ? {} : { id }), uri });
  if (pinned === undefined) return;
  const uuid = await pinnedUuid(host);
  if (pinned === uuid) return;
  throw new LibvirtError(
    "Refused",
    `${uri} leads to another host than the one that this stack knows: its UUID is ${uuid}, and it was ${pinned}. Nothing was touched.`,
    "Look whether the address was given to another machine. If the host was really replaced, make a new Host resource for it.",
  );
}
