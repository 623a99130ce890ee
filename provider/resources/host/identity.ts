/** Which machine a connection leads to. */

import { readFile } from "node:fs/promises";
import { userInfo } from "node:os";
import type { HostReference } from "../../../schema/references";
import { LibvirtError } from "../../libvirt/errors";
import { describeHost, hostFacts } from "../../libvirt/host-facts";
import type { Virsh } from "../../libvirt/virsh";
import { parseUri } from "../../libvirt/uri";
import { parseHostId, uuidOf } from "../identity";

/**
 * The UUID by which a host is known ever after. A user's session daemon makes up a new one at each start where it cannot
 * read the machine's own, so there it is computed from the machine and the user.
 */
export async function pinnedUuid(virsh: Virsh): Promise<string> {
  const facts = await hostFacts(virsh);
  if (!facts.session) return facts.uuid;
  const { host, user = "" } = parseUri((await describeHost(virsh)).uri) ?? {};
  if (host !== undefined) return uuidOf(`session/${user.split(":")[0] ?? ""}@${host}`);
  const machine = await readFile("/etc/machine-id", "utf8").catch(() => "");
  return uuidOf(`session/${machine.trim()}/${userInfo().uid}`);
}

/** A changed address is not a move, and an address that moved must not be taken for the host that was meant. */
export async function refuseAnotherHost({ id, uri }: HostReference, virsh: Virsh): Promise<void> {
  const pinned = parseHostId(id ?? "")?.uuid;
  if (pinned === undefined) return;
  const uuid = await pinnedUuid(virsh);
  if (pinned === uuid) return;
  throw new LibvirtError(
    "Refused",
    `${uri} leads to another host than the one that this stack knows: its UUID is ${uuid}, and it was ${pinned}. Nothing was touched.`,
    "Look whether the address was given to another machine. If the host was really replaced, make a new Host resource for it.",
  );
}
