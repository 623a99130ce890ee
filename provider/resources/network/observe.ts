/** What there is of a network: its definition, what runs of it, and the guests on it. */

import type { NetworkInputs } from "../../../schema/network";
import { functionsOf } from "../../libvirt/function-networks";
import { inventory, type ObjectListing } from "../../libvirt/inventory";
import { markNamespace, readMark } from "../../libvirt/mark";
import type { Virsh } from "../../libvirt/virsh";
import { parseXml } from "../../libvirt/xml";
import { type Element, firstElement } from "../../reconcile/tree";
import { appliedBy } from "../applied";
import { ownershipOf, wasAdopted } from "../ownership";
import type { ConnectedHost, Observed } from "../resource";
import { type ConnectedNic, nicsOn, namesOf, type Place } from "./nics";

export interface ObservedNetwork extends Observed {
  readonly active: boolean;
  /** The XML of what runs; undefined where nothing does. */
  readonly running: Element | undefined;
  readonly nics: readonly ConnectedNic[];
}

export async function observe(
  { virsh }: ConnectedHost,
  inputs: NetworkInputs,
  recorded: NetworkInputs = inputs,
): Promise<ObservedNetwork | undefined> {
  const listed = find(await inventory(virsh).networks(), inputs);
  if (listed === undefined) return undefined;
  const { uuid, active, autostart } = listed;
  const document = await definition(virsh, listed);
  const running = active ? await runningXml(virsh, listed) : undefined;
  const nics = await nicsOn(virsh, await placeOf(virsh, listed, running ?? document));
  const mark = readMark(document);
  const ownership = ownershipOf(mark, inputs.host, recorded.host);
  const bridge = bridgeOf(running ?? document);
  return {
    id: uuid,
    document,
    settings: { autostart, running: active },
    ownership,
    adopted: wasAdopted(mark, inputs, recorded),
    creation: mark?.creation,
    applied: appliedBy(mark),
    release: `virsh net-metadata ${uuid} ${markNamespace} --config --remove (before libvirt 9.7: virsh net-edit ${uuid}, and remove <pulumi-virt:resource>)`,
    active,
    running,
    nics,
    facts: { uuid, active, guests: namesOf(nics), ...(bridge === undefined ? {} : { bridge }) },
  };
}

/** By UUID alone; only one that was adopted, and has none among its inputs, is found by its name. */
export function find(entries: readonly ObjectListing[], { uuid, name }: NetworkInputs): ObjectListing | undefined {
  return entries.find((entry) => (uuid === undefined ? entry.name === name : entry.uuid === uuid));
}

export async function definition(virsh: Virsh, { uuid, name }: Pick<ObjectListing, "uuid" | "name">): Promise<Element> {
  return parseXml(await virsh.run("net-dumpxml", ["--inactive", uuid]), `the XML of network "${name}"`);
}

export async function runningXml(virsh: Virsh, { uuid, name }: Pick<ObjectListing, "uuid" | "name">): Promise<Element> {
  return parseXml(await virsh.run("net-dumpxml", [uuid]), `the running XML of network "${name}"`);
}

/** Where its guests' NICs are looked for. A bridge of the host's own, which mode `bridge` uses, is not the network's. */
export async function placeOf(virsh: Virsh, { uuid, name, active }: ObjectListing, document: Element): Promise<Place> {
  const mode = firstElement(document, "forward")?.attributes.mode;
  return {
    uuid,
    name,
    active,
    bridge: mode === "bridge" ? undefined : bridgeOf(document),
    functions: mode === "hostdev" ? functionsOf(document, await inventory(virsh).devices()) : undefined,
  };
}

export function bridgeOf(document: Element): string | undefined {
  return firstElement(document, "bridge")?.attributes.name;
}
