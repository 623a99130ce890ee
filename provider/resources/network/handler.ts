/** Networks. One that guests use is stopped under them only where that was said, and they are connected again. */

import { BlockList, isIPv4 } from "node:net";
import { network as schema, type NetworkInputs } from "../../../schema/network";
import { dependantsOf } from "../../../schema/walk";
import { holdsUnknown } from "../../../schema/unknown";
import { LibvirtError } from "../../libvirt/errors";
import { inventory } from "../../libvirt/inventory";
import { instantiate } from "../../reconcile/desired";
import { derivedUuid } from "../identity";
import { powerOf } from "../power";
import { alreadyExists } from "../ownership";
import type { ConnectedHost, Identity, Resource } from "../resource";
import { apply } from "./apply";
import { cardsOn, namesOf } from "./cards";
import { define, markFinished, start } from "./define";
import { impact } from "./impact";
import { definition, find, observe, placeOf, runningXml } from "./observe";
import { toXml } from "./xml";

export const network: Resource<NetworkInputs> = {
  kind: "network",
  schema,
  recreatable: true,
  host: (inputs) => inputs.host,
  derive,
  problems,
  desired: (inputs, _facts, observed) => toXml(inputs, observed?.document),
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
  if (inputs.dns?.enabled === false && (inputs.dns.hosts ?? inputs.dns.forwarders) !== undefined) {
    found.push("dns: where it is not enabled, libvirt takes no hosts and no forwarders.");
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
  await define(host, inputs, instantiate(toXml(inputs).document), "unfinished");
  const uuid = inputs.uuid ?? "";
  if (inputs.autostart ?? true) await virsh.run("net-autostart", [uuid], { lane: "work" });
  if (inputs.running ?? true) await start(host, uuid, inputs);
  await markFinished(host, uuid, inputs);
}

async function remove({ virsh }: ConnectedHost, inputs: NetworkInputs): Promise<void> {
  const listed = find(await inventory(virsh).networks({ fresh: true }), inputs);
  if (listed === undefined) return;
  const document = await (listed.active ? runningXml(virsh, listed) : definition(virsh, listed));
  const users = namesOf(await cardsOn(virsh, placeOf(listed, document), { fresh: true }));
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
