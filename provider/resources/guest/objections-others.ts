/**
 * What somebody else has already: another guest the name, a NIC's MAC address; a snapshot of the guest itself the image that
 * it lies on.
 */

import { unknown } from "../../../schema/unknown";
import { canonicalMac } from "../../libvirt/addresses";
import { devicesIn } from "../../libvirt/devices";
import { type GuestListing, inventory, type ListingOptions } from "../../libvirt/inventory";
import { readMark } from "../../libvirt/mark";
import { runningGuests } from "../../libvirt/running-guests";
import { parseXml, serializeXml } from "../../libvirt/xml";
import { type Element, elementsOf, firstElement } from "../../reconcile/tree";
import { macOf, ownerOf } from "../recorded-identity";
import { nameTaken } from "../ownership";
import type { ConnectedHost, Objection } from "../resource";
import type { ObservedGuest } from "./observed";
import { keyOf } from "./devices/device";
import { diskKind } from "./devices/disk";
import { nicKind } from "./devices/nic";
import type { Wanted } from "./wanted";
import { pathOf, sourceOf } from "./devices/disk-image";

export async function objectionsToOthers(
  host: ConnectedHost,
  wanted: Wanted,
  observed: ObservedGuest | undefined,
): Promise<Objection[]> {
  const own = observed?.id ?? wanted.inputs.uuid;
  const found = await Promise.all([objectionsToNamesake(host, wanted), objectionsToCards(host, wanted, own)]);
  return [...objectionsToBases(wanted, observed), ...found.flat()];
}

/**
 * The image beneath a snapshot is older than the disk that the guest has. Under another key, which is there already, it would
 * bring that state back, and the first write to it would break the snapshot.
 */
function objectionsToBases(wanted: Wanted, observed: ObservedGuest | undefined): Objection[] {
  const disks = devicesIn(observed?.document, "disk");
  return Object.entries(wanted.inputs.disks ?? {}).flatMap(([key, disk]) => {
    const source = sourceOf(disk);
    if (source === undefined || disk.readOnly === true || !wanted.isNew(`disks.${key}`)) return [];
    const above = [...(observed?.backingChains ?? [])].filter(
      ([other, images]) => other !== key && images.includes(source),
    );
    const [snapshot] = above.flatMap(([other]) => disks.filter((each) => keyOf(each, diskKind) === other).map(pathOf));
    if (snapshot === undefined) return [];
    const reason = `${source} lies beneath the snapshot ${snapshot}, which this guest uses as another disk: by itself it is what the disk was before, and what is written to it breaks the snapshot. Merge the snapshot first (virsh blockcommit), or leave the image under its key.`;
    return [{ path: `disks.${key}`, reason }];
  });
}

async function objectionsToNamesake({ virsh }: ConnectedHost, wanted: Wanted): Promise<Objection[]> {
  const { name, uuid, host } = wanted.inputs;
  if (name === undefined || name === unknown || uuid === undefined || uuid === unknown || !wanted.isNew("name"))
    return [];
  const find = async (options?: ListingOptions): Promise<GuestListing | undefined> =>
    (await inventory(virsh).guests(options)).find((guest) => guest.name === name);
  // What a listing of a moment ago shows may be gone.
  const namesake = (await find()) && (await find({ fresh: true }));
  if (namesake === undefined || namesake.uuid === uuid) return [];
  const document = parseXml(await virsh.run("dumpxml", ["--inactive", namesake.uuid]), `the XML of guest "${name}"`);
  return [nameTaken("guest", name, readMark(document), host)];
}

/**
 * libvirt starts two guests whose NICs have one MAC address on one network, and each takes the other's packets. Addresses
 * that were computed for this guest alone need no look at the others.
 */
async function objectionsToCards(
  { virsh }: ConnectedHost,
  wanted: Wanted,
  own: string | undefined,
): Promise<Objection[]> {
  const { uuid, host } = wanted.inputs;
  const nics = devicesIn(wanted.document, "interface").flatMap((nic) => {
    const key = keyOf(nic, nicKind);
    const mac = addressOf(nic);
    if (key === undefined || mac === undefined || mac === unknown) return [];
    if (uuid !== undefined && macOf(uuid, key) === mac) return [];
    return isNewLink(wanted, `nics.${key}`) ? [{ key, mac, nic }] : [];
  });
  if (nics.length === 0) return [];
  const others = (await runningGuests(virsh)).filter((guest) => guest.uuid !== own);
  return nics.flatMap(({ key, mac, nic }) => {
    const other = others.find(({ devices }) =>
      elementsOf(devices, "interface").some((theirs) => addressOf(theirs) === mac && onOneLink(nic, theirs)),
    );
    if (other === undefined) return [];
    const reason = `the running guest "${other.name}" has a NIC of the address ${mac} on the same network: each would take the other's packets. Give one of them another.`;
    // One of this stack may give it away before this one's turn comes.
    const mayPass = other.owner !== undefined && other.owner === ownerOf(host);
    return [{ path: `nics.${key}`, reason, ...(mayPass ? { mayPass } : {}), ...wanted.atStart }];
  });
}

/** Whether the NIC has another address than on the host, or that on another network. */
function isNewLink(wanted: Wanted, path: string): boolean {
  return ["mac", "network", "bridge", "vlan"].some((part) => wanted.isNew(`${path}.${part}`));
}

function addressOf(nic: Element): string | undefined {
  const address = firstElement(nic, "mac")?.attributes.address;
  return address === undefined ? undefined : canonicalMac(address);
}

/** A NIC of a network runs on the network's bridge; NICs of different VLANs do not hear each other. */
function onOneLink(nic: Element, other: Element): boolean {
  const [one, two] = [nic, other].map((each) => firstElement(each, "source")?.attributes ?? {});
  const [tags, theirs] = [nic, other].map((each) => serializeXml(firstElement(each, "vlan") ?? nothing));
  const isSame = (name: "network" | "bridge"): boolean => one?.[name] !== undefined && one[name] === two?.[name];
  return (isSame("network") || isSame("bridge")) && tags === theirs;
}

const nothing: Element = { name: "vlan", attributes: {}, children: [] };
