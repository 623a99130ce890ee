/** What is known of a guest: two calls, none of which waits for the guest. */

import type { GuestInputs } from "../../../schema/guest";
import type { HostFacts } from "../../libvirt/host-facts";
import { type GuestListing, inventory } from "../../libvirt/inventory";
import { asStarted, liveSplitter } from "../../libvirt/live";
import { markNamespace, readMark } from "../../libvirt/mark";
import { stateRules } from "../../libvirt/states";
import { parseXml } from "../../libvirt/xml";
import { type Desired, instantiate } from "../../reconcile/desired";
import type { Plan, Splitter } from "../../reconcile/plan";
import { type Element, elementsOf } from "../../reconcile/tree";
import { appliedBy } from "../applied";
import { ownershipOf, wasAdopted } from "../ownership";
import type { ConnectedHost, Observed } from "../resource";
import { addressesOf } from "./addresses";
import { stateOf } from "./impact";
import { leavingPaths } from "./leaving";
import { imagesAbove } from "./snapshots";
import { givenPorts } from "./spare-ports";
import { toXml } from "./xml";

export async function observe(
  host: ConnectedHost,
  inputs: GuestInputs,
  recorded: GuestInputs = inputs,
): Promise<Observed | undefined> {
  const listed = find(await inventory(host.virsh).guests(), inputs);
  if (listed === undefined) return undefined;
  const what = `the XML of guest "${listed.name}"`;
  const [persistent, running] = await host.virsh.runAll([
    { name: "dumpxml", arguments: ["--inactive", "--security-info", listed.uuid] },
    ...(listed.active ? [{ name: "dumpxml", arguments: ["--security-info", listed.uuid] }] : []),
  ]);
  if (persistent?.status !== "fulfilled") throw persistent?.reason;
  const document = parseXml(persistent.value, what);
  const live = running?.status === "fulfilled" ? asStarted(parseXml(running.value, what)) : undefined;
  const mark = readMark(document);
  const [ownership, adopted] = [ownershipOf(mark, inputs.host, recorded.host), wasAdopted(mark, inputs, recorded)];
  const above = await imagesAbove(host.virsh, inputs, recorded, document, live);
  return {
    id: listed.uuid,
    document,
    live,
    settings: { autostart: listed.autostart, running: listed.active },
    ownership,
    adopted,
    creation: mark?.creation,
    applied: appliedBy(mark),
    release: `virsh metadata ${listed.uuid} ${markNamespace} --config --remove`,
    beneath: above.beneath,
    names: above.names,
    spareRootPorts: givenPorts(recorded, { ownership, adopted }),
    facts: {
      uuid: listed.uuid,
      state: listed.state,
      snapshots: above.snapshots,
      addresses: live === undefined ? {} : await addressesOf(host.virsh, live),
    },
  };
}

/** By UUID alone; only a guest that was adopted has none among its inputs, and is found by its name. */
export function find(guests: readonly GuestListing[], { uuid, name }: GuestInputs): GuestListing | undefined {
  return guests.find((guest) => (uuid === undefined ? guest.name === name : guest.uuid === uuid));
}

export function desired(inputs: GuestInputs, facts: HostFacts, observed?: Observed): Desired {
  return toXml(inputs, facts, observed);
}

export function split(inputs: GuestInputs, facts: HostFacts, observed: Observed): Splitter {
  return liveSplitter({
    facts,
    state: stateRules[stateOf(observed)],
    definition: observed.document,
    desired: instantiate(desired(inputs, facts, observed).document),
    isForeign: observed.ownership === "foreign",
  });
}

/** Input paths whose wanted value the running guest does not have yet, and what else waits for its next start. */
export function pending({ waiting, asked }: Plan, observed: Observed): string[] {
  const paths = [...waiting, ...asked].map(({ path }) => path);
  const image = stateOf(observed) === "saved" ? ["managed save image"] : [];
  return [...new Set([...paths, ...leavingPaths(observed), ...image])].sort();
}

/** A guest's network card, and what libvirt knows of it. */
export interface Nic {
  /** From our alias, else the MAC address. */
  readonly key: string;
  readonly mac: string;
  readonly network: string | undefined;
  /** Its cable is not plugged. */
  readonly isUnplugged: boolean;
}

export function nicsOf(document: Element): Nic[] {
  return elementsOf(document, "devices")
    .flatMap((devices) => elementsOf(devices, "interface"))
    .map((nic) => {
      const mac = elementsOf(nic, "mac")[0]?.attributes.address ?? "";
      const alias = elementsOf(nic, "alias")[0]?.attributes.name;
      return {
        mac,
        key: alias?.startsWith("ua-nic-") ? alias.slice("ua-nic-".length) : mac,
        network: elementsOf(nic, "source")[0]?.attributes.network,
        isUnplugged: elementsOf(nic, "link")[0]?.attributes.state === "down",
      };
    });
}
