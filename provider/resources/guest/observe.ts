/** What is known of a guest: two calls, none of which waits for the guest. */

import type { GuestInputs } from "../../../schema/guest";
import { libvirtLanguage } from "../../libvirt/language";
import { type GuestListing, inventory } from "../../libvirt/inventory";
import { readMark } from "../../libvirt/mark";
import { parseXml, serializeXml } from "../../libvirt/xml";
import { match } from "../../reconcile/match";
import { type Element, elementsOf } from "../../reconcile/tree";
import { ownedPaths } from "../owned";
import { ownershipOf } from "../ownership";
import type { ConnectedHost, Observed } from "../resource";
import { addressesOf } from "./addresses";
import { toXml } from "./xml";

export async function observe(host: ConnectedHost, inputs: GuestInputs): Promise<Observed | undefined> {
  const listed = find(await inventory(host.virsh).guests(), inputs);
  if (listed === undefined) return undefined;
  const [persistent, live] = await host.virsh.runAll([
    { name: "dumpxml", arguments: ["--inactive", "--security-info", listed.uuid] },
    ...(listed.active ? [{ name: "dumpxml", arguments: [listed.uuid] }] : []),
  ]);
  if (persistent?.status !== "fulfilled") throw persistent?.reason;
  const document = parseXml(persistent.value, `the XML of guest "${listed.name}"`);
  const running = live?.status === "fulfilled" ? parseXml(live.value, `the XML of guest "${listed.name}"`) : undefined;
  return {
    id: listed.uuid,
    document,
    settings: { autostart: listed.autostart, running: listed.active },
    ownership: ownershipOf(readMark(document), inputs.host),
    facts: {
      uuid: listed.uuid,
      state: stateOf(listed),
      pending: running === undefined ? [] : pendingPaths(inputs, host, running, listed),
      addresses: running === undefined ? {} : await addressesOf(host.virsh, running),
      domainXml: serializeXml(withoutPasswords(running ?? document)),
    },
  };
}

/** By UUID alone; only a guest that is to be adopted, and is not yet, is found by its name. */
export function find(guests: readonly GuestListing[], { uuid, name, adopt }: GuestInputs): GuestListing | undefined {
  if (uuid !== undefined) return guests.find((guest) => guest.uuid === uuid);
  return adopt === true ? guests.find((guest) => guest.name === name) : undefined;
}

function stateOf({ active, paused, managedSave }: GuestListing): string {
  return paused ? "paused" : active ? "running" : managedSave ? "saved" : "shut off";
}

/** Input paths whose persistent value the running guest does not have yet: they wait for its next start. */
function pendingPaths(
  inputs: GuestInputs,
  { facts }: ConnectedHost,
  live: Element,
  { managedSave }: GuestListing,
): string[] {
  const waiting = match(toXml(inputs, facts).document, live, ownedPaths(inputs), libvirtLanguage)
    // An alias that a running device lacks is a name for us, and no change to the guest.
    .filter((difference) => !(difference.kind === "insert" && difference.element.name === "alias"))
    .filter(({ path }) => path !== "graphics.password")
    .map(({ path }) => path);
  return [...new Set([...waiting, ...(managedSave ? ["managed save image"] : [])])].sort();
}

function withoutPasswords(element: Element): Element {
  const { passwd, ...attributes } = element.attributes;
  const children = element.children.map((child) => (typeof child === "string" ? child : withoutPasswords(child)));
  return { ...element, attributes: passwd === undefined ? element.attributes : attributes, children };
}

/** The guest's network cards: key (from our alias, else the MAC address) and what libvirt knows of each. */
export function nicsOf(
  document: Element,
): { readonly key: string; readonly mac: string; readonly network: string | undefined }[] {
  return elementsOf(document, "devices")
    .flatMap((devices) => elementsOf(devices, "interface"))
    .map((nic) => {
      const mac = elementsOf(nic, "mac")[0]?.attributes.address ?? "";
      const alias = elementsOf(nic, "alias")[0]?.attributes.name;
      return {
        mac,
        key: alias?.startsWith("ua-nic-") ? alias.slice("ua-nic-".length) : mac,
        network: elementsOf(nic, "source")[0]?.attributes.network,
      };
    });
}
