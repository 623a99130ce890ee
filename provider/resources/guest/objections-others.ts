/** What another guest of the host has already: the name, a disk that only one of them may write, a card's MAC address. */

import { unknown } from "../../../schema/unknown";
import { canonicalMac } from "../../libvirt/addresses";
import { inventory } from "../../libvirt/inventory";
import { readMark } from "../../libvirt/mark";
import { chainOf, runningGuests } from "../../libvirt/running-guests";
import { parseXml, serializeXml } from "../../libvirt/xml";
import { type Element, elementsOf, firstElement } from "../../reconcile/tree";
import { macOf, ownerOf } from "../identity";
import type { ConnectedHost, Objection, Observed } from "../resource";
import { devicesOf, keyOf, type Wanted } from "./wanted";

export async function objectionsToOthers(
  host: ConnectedHost,
  wanted: Wanted,
  observed: Observed | undefined,
): Promise<Objection[]> {
  const own = observed?.id ?? wanted.inputs.uuid;
  const found = await Promise.all([
    objectionsToNamesake(host, wanted),
    objectionsToSharing(host, wanted, own),
    objectionsToCards(host, wanted, own),
  ]);
  return found.flat();
}

async function objectionsToNamesake({ virsh }: ConnectedHost, wanted: Wanted): Promise<Objection[]> {
  const { name, uuid, host } = wanted.inputs;
  if (name === undefined || name === unknown || uuid === undefined || uuid === unknown || !wanted.isNew("name"))
    return [];
  const namesake = (await inventory(virsh).guests()).find((guest) => guest.name === name);
  if (namesake === undefined || namesake.uuid === uuid) return [];
  const document = parseXml(await virsh.run("dumpxml", ["--inactive", namesake.uuid]), `the XML of guest "${name}"`);
  const owner = readMark(document)?.owner;
  const reason = `there is a guest of the name "${name}" already, and it is not this resource's. Choose another name, or take it over as it is with adopt: true.`;
  // One of this stack may get another name, or go, before this one comes.
  return [{ path: "name", reason, ...(owner !== undefined && owner === ownerOf(host) ? { mayPass: true } : {}) }];
}

/** QEMU locks what it writes: of two guests that run, the second does not start. */
async function objectionsToSharing(
  { virsh }: ConnectedHost,
  wanted: Wanted,
  own: string | undefined,
): Promise<Objection[]> {
  const writes = elementsOf(devicesOf(wanted), "disk").flatMap((disk) => {
    const key = keyOf(disk, "disk");
    const file = writtenBy(disk);
    return key === undefined || file === undefined || !wanted.isNew(`disks.${key}`) ? [] : [{ key, file }];
  });
  if (writes.length === 0 || wanted.inputs.running === false) return [];
  const others = (await runningGuests(virsh)).filter(({ uuid }) => uuid !== own);
  return writes.flatMap(({ key, file }) => {
    const other = others.find(({ devices }) =>
      elementsOf(devices, "disk").some((disk) => writtenBy(disk) !== undefined && chainOf(disk)[0] === file),
    );
    if (other === undefined) return [];
    const reason = `${file} is a disk of the running guest "${other.name}", which writes to it: two guests that write to one disk destroy it. Give each its own, or say shareable: true in both where their file systems are made for it.`;
    return [{ path: `disks.${key}`, reason, mayPass: true }];
  });
}

/**
 * libvirt starts two guests whose cards have one MAC address on one network, and each takes the other's packets. Addresses
 * that were computed for this guest alone need no look at the others.
 */
async function objectionsToCards(
  { virsh }: ConnectedHost,
  wanted: Wanted,
  own: string | undefined,
): Promise<Objection[]> {
  const { uuid, host } = wanted.inputs;
  const cards = elementsOf(devicesOf(wanted), "interface").flatMap((card) => {
    const key = keyOf(card, "nic");
    const mac = addressOf(card);
    if (key === undefined || mac === undefined || mac === unknown) return [];
    if (uuid !== undefined && macOf(uuid, key) === mac) return [];
    return isNewLink(wanted, `nics.${key}`) ? [{ key, mac, card }] : [];
  });
  if (cards.length === 0) return [];
  const others = (await runningGuests(virsh)).filter((guest) => guest.uuid !== own);
  return cards.flatMap(({ key, mac, card }) => {
    const other = others.find(({ devices }) =>
      elementsOf(devices, "interface").some((theirs) => addressOf(theirs) === mac && onOneLink(card, theirs)),
    );
    if (other === undefined) return [];
    const reason = `the running guest "${other.name}" has a card of the address ${mac} on the same network: each would take the other's packets. Give one of them another.`;
    // One of this stack may give it away before this one's turn comes.
    const mayPass = other.owner !== undefined && other.owner === ownerOf(host);
    return [{ path: `nics.${key}`, reason, ...(mayPass ? { mayPass } : {}), ...wanted.atStart }];
  });
}

/** Whether the card has another address than on the host, or that on another network. */
function isNewLink(wanted: Wanted, path: string): boolean {
  return ["mac", "network", "bridge", "vlan"].some((part) => wanted.isNew(`${path}.${part}`));
}

function addressOf(card: Element): string | undefined {
  const address = firstElement(card, "mac")?.attributes.address;
  return address === undefined ? undefined : canonicalMac(address);
}

/** A card of a network runs on the network's bridge; cards of different VLANs do not hear each other. */
function onOneLink(card: Element, other: Element): boolean {
  const [one, two] = [card, other].map((each) => firstElement(each, "source")?.attributes ?? {});
  const [tags, theirs] = [card, other].map((each) => serializeXml(firstElement(each, "vlan") ?? nothing));
  const isSame = (name: "network" | "bridge"): boolean => one?.[name] !== undefined && one[name] === two?.[name];
  return (isSame("network") || isSame("bridge")) && tags === theirs;
}

const nothing: Element = { name: "vlan", attributes: {}, children: [] };

/** The file that the disk writes to; undefined where it only reads, or shares it knowingly. */
export function writtenBy(disk: Element): string | undefined {
  if (firstElement(disk, "shareable") !== undefined || firstElement(disk, "readonly") !== undefined) return undefined;
  const { file, dev } = firstElement(disk, "source")?.attributes ?? {};
  const path = file ?? dev;
  return path === unknown ? undefined : path;
}
