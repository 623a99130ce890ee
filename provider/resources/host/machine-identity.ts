/** Which machine a connection leads to. */

import { readFile } from "node:fs/promises";
import { userInfo } from "node:os";
import type { HostReference } from "../../../schema/references";
import { LibvirtError } from "../../libvirt/errors";
import { hostShell } from "../../libvirt/shell";
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
export async function pinnedUuid(host: DescribedHost): Promise<string> {
  return (await uuidsOf(host))[0];
}

/** The one by which it is pinned, and those by which it may have been where it told less of itself. */
async function uuidsOf({ virsh, facts, profile, description }: DescribedHost): Promise<readonly [string, ...string[]]> {
  if (profile.identity === "connection") return [uuidOf(`test/${virsh.uri}`)];
  if (!facts.session) {
    if (profile.identity === "host" && facts.uuid !== "") return [facts.uuid];
    const [first, ...more] = await machineOf(virsh);
    return [uuidOf(`host/${first}`), ...more.map((name) => uuidOf(`host/${name}`))];
  }
  const { host, user = "" } = parseUri(description.uri) ?? {};
  if (host !== undefined) return [uuidOf(`session/${user.split(":")[0] ?? ""}@${host}`)];
  const machine = await readFile("/etc/machine-id", "utf8").catch(() => "");
  return [uuidOf(`session/${machine.trim()}/${userInfo().uid}`)];
}

/**
 * What tells the machine where the driver knows no UUID of it (libxl), best first: the UUID of its board, which libvirt
 * only tells where its daemon found dmidecode when it started, and its host name.
 */
async function machineOf(virsh: Virsh): Promise<readonly [string, ...string[]]> {
  const [sysinfo, hostname] = await virsh.runAll([{ name: "sysinfo" }, { name: "hostname" }]);
  const system = sysinfo?.status === "fulfilled" ? descend(parseXml(sysinfo.value), "system") : undefined;
  const entry = system && elementsOf(system, "entry").find(({ attributes }) => attributes.name === "uuid");
  const board = ownUuid(entry && textOf(entry)) ?? ownUuid(await boardByShell(virsh));
  if (hostname?.status === "fulfilled") {
    const name = hostname.value.trim();
    return board === undefined ? [name] : [board, name];
  }
  if (board === undefined) throw hostname?.reason;
  return [board];
}

/** Boards without one say so in words ("Not Settable"), or have one that many have. */
function ownUuid(said = ""): string | undefined {
  const uuid = said.trim().toLowerCase();
  const isOwn = /^[0-9a-f-]{36}$/.test(uuid) && !/^(0|f|03000200-0400-0500-0006-000700080009)[-0f]*$/.test(uuid);
  return isOwn ? uuid : undefined;
}

/** By the shell, once a connection: each operation asks which machine it is. */
const boards = new WeakMap<Virsh, Promise<string | undefined>>();

function boardByShell(virsh: Virsh): Promise<string | undefined> {
  const known = boards.get(virsh) ?? readBoard(virsh);
  boards.set(virsh, known);
  known.catch(() => boards.delete(virsh));
  return known;
}

async function readBoard(virsh: Virsh): Promise<string | undefined> {
  const found = await hostShell(virsh);
  if ("absent" in found || found.doubt !== undefined) return undefined;
  return found.shell.read("/sys/class/dmi/id/product_uuid").catch(() => undefined);
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
  const uuids = await uuidsOf(host);
  if (uuids.includes(pinned)) return;
  const [uuid] = uuids;
  throw new LibvirtError(
    "Refused",
    `${uri} leads to another host than the one that this stack knows: its UUID is ${uuid}, and it was ${pinned}. Nothing was touched.`,
    "Look whether the address was given to another machine. If the host was really replaced, make a new Host resource for it.",
  );
}
