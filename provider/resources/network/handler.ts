/** Networks. An active network that guests use is never stopped under them. */

import { BlockList, isIPv4 } from "node:net";
import { network as schema, type NetworkInputs } from "../../../schema/network";
import { dependantsOf } from "../../../schema/walk";
import { holdsUnknown } from "../../../schema/unknown";
import { LibvirtError } from "../../libvirt/errors";
import { inventory } from "../../libvirt/inventory";
import { readMark, withMark } from "../../libvirt/mark";
import { parseXml, serializeXml } from "../../libvirt/xml";
import { instantiate } from "../../reconcile/desired";
import type { Change, Plan } from "../../reconcile/plan";
import type { Element } from "../../reconcile/tree";
import { derivedUuid, ownerOf } from "../identity";
import { powerOf } from "../power";
import { alreadyExists, ownershipOf } from "../ownership";
import type { ConnectedHost, Identity, Impact, Observed, Resource } from "../resource";
import { guestsUsing } from "./users";
import { toXml } from "./xml";

export const network: Resource<NetworkInputs> = {
  kind: "network",
  schema,
  recreatable: true,
  host: (inputs) => inputs.host,
  derive,
  problems,
  desired: toXml,
  dependants: dependantsOf(schema),
  impact,
  observe,
  create,
  apply,
  remove,
};

function derive(inputs: NetworkInputs, old: Partial<NetworkInputs> | undefined, identity: Identity): NetworkInputs {
  const uuid = inputs.uuid ?? old?.uuid ?? (inputs.adopt === true ? undefined : derivedUuid(inputs.host, identity));
  return {
    ...inputs,
    name: inputs.name ?? old?.name ?? identity.resourceName,
    ...(uuid === undefined ? {} : { uuid }),
    ...powerOf(inputs, true),
  };
}

function problems(inputs: NetworkInputs): string[] {
  const found: string[] = [];
  if (inputs.mode === "bridge" && inputs.bridge === undefined)
    found.push('bridge: mode "bridge" needs the name of an existing bridge.');
  if (inputs.mode === "bridge" && (inputs.ipv4 ?? inputs.ipv6) !== undefined) {
    found.push('ipv4: in mode "bridge" the addresses are not libvirt\'s business.');
  }
  for (const family of ["ipv4", "ipv6"] as const) {
    const addresses = inputs[family];
    if (addresses === undefined || holdsUnknown(addresses)) continue;
    const [gateway = "", prefix = ""] = addresses.gateway.split("/");
    const kind = isIPv4(gateway) ? "ipv4" : "ipv6";
    if (kind !== family)
      found.push(`${family}.gateway: ${gateway} is not an ${family === "ipv4" ? "IPv4" : "IPv6"} address.`);
    const subnet = new BlockList();
    subnet.addSubnet(gateway, Number(prefix), kind);
    const inside = { [`${family}.dhcp.from`]: addresses.dhcp?.from, [`${family}.dhcp.to`]: addresses.dhcp?.to };
    for (const [key, { ip }] of Object.entries(addresses.dhcp?.reservations ?? {}))
      inside[`${family}.dhcp.reservations.${key}.ip`] = ip;
    for (const [path, address] of Object.entries(inside)) {
      if (address !== undefined && !subnet.check(address, isIPv4(address) ? "ipv4" : "ipv6")) {
        found.push(`${path}: ${address} is outside ${addresses.gateway}.`);
      }
    }
  }
  return found;
}

function impact(change: Change, _inputs: NetworkInputs, observed: Observed): Impact {
  if (change.path === "autostart" || observed.settings.running !== true) return { class: "live" };
  const users = observed.facts.guests as string[];
  return users.length === 0
    ? { class: "live", note: "no guest uses it" }
    : { class: "refused", note: `guests use it: ${users.join(", ")}` };
}

async function observe({ virsh }: ConnectedHost, inputs: NetworkInputs): Promise<Observed | undefined> {
  const listed = await find(inventory(virsh).networks(), inputs);
  if (listed === undefined) return undefined;
  const document = parseXml(
    await virsh.run("net-dumpxml", ["--inactive", listed.uuid]),
    `the XML of network "${listed.name}"`,
  );
  return {
    id: listed.uuid,
    document,
    settings: { autostart: listed.autostart, running: listed.active },
    ownership: ownershipOf(readMark(document), inputs.host),
    facts: {
      uuid: listed.uuid,
      active: listed.active,
      guests: listed.active ? await guestsUsing(virsh, listed.name) : [],
    },
  };
}

async function find<Entry extends { uuid: string; name: string }>(
  entries: Promise<readonly Entry[]>,
  { uuid, name, adopt }: NetworkInputs,
): Promise<Entry | undefined> {
  const all = await entries;
  if (uuid !== undefined) return all.find((entry) => entry.uuid === uuid);
  return adopt === true ? all.find((entry) => entry.name === name) : undefined;
}

async function create(host: ConnectedHost, inputs: NetworkInputs): Promise<void> {
  const { virsh, facts } = host;
  if (facts.session && (inputs.running ?? true)) {
    throw new LibvirtError(
      "Unsupported",
      `Unable to start network "${inputs.name}" on ${inputs.host.uri}: a user's session daemon may not make bridges. Nothing was created.`,
      "Use the system daemon, or give the guests user-mode cards (nics: { lan: { user: true } }).",
    );
  }
  const all = await inventory(virsh).networks({ fresh: true });
  if (all.some((each) => each.name === inputs.name)) throw alreadyExists("network", inputs.name ?? "", inputs.host.uri);
  const owner = ownerOf(inputs.host) ?? "";
  const document = withMark(instantiate(toXml(inputs).document), { owner, state: "unfinished" });
  await define(host, document);
  const uuid = inputs.uuid ?? "";
  if (inputs.autostart ?? true) await virsh.run("net-autostart", [uuid], { lane: "work" });
  if (inputs.running ?? true) await start(host, uuid, inputs);
  await markFinished(host, uuid, owner);
}

async function define({ virsh }: ConnectedHost, document: Element): Promise<void> {
  await virsh.run("net-define", ["--validate", { xml: serializeXml(document) }], { lane: "work" });
  inventory(virsh).forget();
}

async function start({ virsh }: ConnectedHost, uuid: string, inputs: NetworkInputs): Promise<void> {
  try {
    await virsh.run("net-start", [uuid], { lane: "work", timeoutSeconds: 60 });
  } catch (error) {
    if (!(error instanceof LibvirtError) || error.kind === "Unreachable") throw error;
    throw new LibvirtError(
      error.kind,
      `Unable to start network "${inputs.name}" on ${inputs.host.uri}: ${error.message.replace(/^.*?": /, "")}`,
      error.hint ??
        "It is defined. Look whether its addresses or its bridge are taken on the host, then run this again.",
    );
  }
  inventory(virsh).forget();
}

async function markFinished(host: ConnectedHost, uuid: string, owner: string): Promise<void> {
  const held = parseXml(await host.virsh.run("net-dumpxml", ["--inactive", uuid], { lane: "work" }));
  await define(host, withMark(held, { owner, state: "finished" }));
}

async function apply(host: ConnectedHost, inputs: NetworkInputs, observed: Observed, plan: Plan): Promise<void> {
  const { virsh } = host;
  const uuid = observed.id;
  const refused = plan.changes.filter((change) => impact(change, inputs, observed).class === "refused");
  if (refused.length > 0) {
    throw new LibvirtError(
      "InUse",
      `Unable to change network "${inputs.name}" on ${inputs.host.uri} (${refused.map(({ path }) => path).join(", ")}): guests use it (${(observed.facts.guests as string[]).join(", ")}) and would lose their link. Nothing was changed.`,
      "Stop those guests or move them to another network first.",
    );
  }
  if (plan.document !== observed.document) {
    await define(host, plan.document);
    if (observed.settings.running === true) {
      // The running network keeps its old settings until it is started again; nobody is connected to it.
      await virsh.run("net-destroy", [uuid], { lane: "work" });
      if (plan.settings.running !== false) await start(host, uuid, inputs);
    }
  }
  if (plan.settings.autostart !== undefined) {
    await virsh.run("net-autostart", plan.settings.autostart === true ? [uuid] : ["--disable", uuid], { lane: "work" });
  }
  if (plan.settings.running === true) await start(host, uuid, inputs);
  if (plan.settings.running === false && plan.document === observed.document)
    await virsh.run("net-destroy", [uuid], { lane: "work" });
  if (observed.ownership !== "ours") await markFinished(host, uuid, ownerOf(inputs.host) ?? "");
  inventory(virsh).forget();
}

async function remove({ virsh }: ConnectedHost, inputs: NetworkInputs): Promise<void> {
  const listed = await find(inventory(virsh).networks({ fresh: true }), inputs);
  if (listed === undefined) return;
  const users = listed.active ? await guestsUsing(virsh, listed.name) : [];
  if (users.length > 0) {
    throw new LibvirtError(
      "InUse",
      `Unable to delete network "${listed.name}" on ${inputs.host.uri}: guests use it (${users.join(", ")}). Nothing was changed.`,
      "Delete those guests or move them to another network first.",
    );
  }
  if (listed.active) await virsh.run("net-destroy", [listed.uuid], { lane: "work" });
  await virsh.run("net-undefine", [listed.uuid], { lane: "work" });
  inventory(virsh).forget();
}
