/** MAC addresses: which one each NIC keeps or gets, and which of those that are there it means where it says none. Pure. */

import type { GuestNic } from "../../../../schema/guest-devices";
import { canonicalMac } from "../../../libvirt/addresses";
import { aliasOf } from "../../../reconcile/pair";
import { type Element, firstElement } from "../../../reconcile/tree";
import { macOf } from "../../recorded-identity";
import { type Given, isDevice, isMap, type Keyed, type Present } from "./device";
import { kept } from "./names";

/** Each NIC keeps the address that it was given first; a new one gets that of its key, unless another NIC has it by now. */
export function derivedAddresses(
  nics: Keyed<GuestNic>,
  old: Keyed<GuestNic> | undefined,
  { keeps, uuid }: Given,
): Keyed<GuestNic> {
  const { known, taken } = kept(
    nics,
    ({ mac }) => (mac === undefined ? undefined : canonicalMac(mac)),
    (key) => (isMap(old) ? old[key]?.mac : undefined),
  );
  return Object.fromEntries(
    Object.entries(nics).map(([key, nic]) => {
      if (!isDevice(nic)) return [key, nic];
      const mac = known.get(key) ?? (keeps || uuid === undefined ? undefined : freeAddress(uuid, key, taken));
      return [key, mac === undefined ? nic : { ...nic, mac }];
    }),
  );
}

function freeAddress(uuid: string, key: string, taken: Set<string>): string {
  let mac = macOf(uuid, key);
  for (let count = 2; taken.has(mac); count += 1) mac = macOf(uuid, `${key}/${count}`);
  taken.add(mac);
  return mac;
}

/** An adopted NIC keeps its address. */
export function recognisedAddresses(
  nics: Keyed<GuestNic>,
  { all: present, ownership, under }: Present,
): Keyed<GuestNic> {
  const stated = new Set(Object.values(nics).flatMap(({ mac }) => mac ?? []));
  const free = new Set(present.filter((nic) => aliasOf(nic) === undefined && !stated.has(addressOf(nic) ?? "")));
  // What a guest has when it is taken over is what the program describes, whatever else the program changes in it.
  const taking = ownership === "foreign";
  return Object.fromEntries(
    Object.entries(nics).map(([key, nic]) => {
      if (nic.mac !== undefined) return [key, nic];
      const same =
        under(key) ?? [...free].find((each) => isSameConnection(nic, each)) ?? (taking ? [...free][0] : undefined);
      if (same !== undefined) free.delete(same);
      const mac = addressOf(same);
      return [key, mac === undefined ? nic : { ...nic, mac }];
    }),
  );
}

function isSameConnection({ network, bridge, user }: GuestNic, present: Element): boolean {
  const source = firstElement(present, "source")?.attributes;
  if (network !== undefined) return present.attributes.type === "network" && source?.network === network.name;
  if (bridge !== undefined) return present.attributes.type === "bridge" && source?.bridge === bridge;
  return user === true && present.attributes.type === "user";
}

export function addressOf(nic: Element | undefined): string | undefined {
  return firstElement(nic, "mac")?.attributes.address;
}

/** The NIC in another XML of its guest: by its MAC address, or where it waits for another one, by our name for it. */
export function sameNic(nic: Element, others: readonly Element[]): Element | undefined {
  const alias = aliasOf(nic);
  return (
    others.find((each) => addressOf(each) === addressOf(nic)) ??
    others.find((each) => alias !== undefined && aliasOf(each) === alias)
  );
}
