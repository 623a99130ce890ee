/**
 * The aliases of devices. A running device keeps the one that it was plugged or started with, whatever the definition calls
 * it since (formatdomain, "Devices": user aliases). Pure.
 */

import { aliasOf, isOneOfMany } from "../reconcile/pair";
import { renames } from "../reconcile/renames";
import { type Element, firstElement, isElement } from "../reconcile/tree";
import { devicesIn, withDevices } from "./devices";
import { isSameDevice, keysOf } from "./siblings";

/** By the alias that a running device has the one that the same device has in the definition, where that is another. */
export function aliasesOfNow(live: Element, definition: Element): ReadonlyMap<string, string> {
  const [running, defined] = [live, definition].map(byAlias) as [ByAlias, ByAlias];
  if ([...defined.keys()].every((alias) => running.has(alias))) return new Map();
  return renames(running, defined, ways);
}

/**
 * What runs without the aliases of those devices that have none in the definition any more: they are the same ones, and are
 * known by what they are; the same object where there are none.
 */
export function withoutFormerAliases(live: Element, definition: Element): Element {
  const defined = byAlias(definition);
  const former = [...byAlias(live)].flatMap(([alias, device]) => (defined.has(alias) ? [] : [device]));
  if (former.length === 0) return live;
  const unnamed = new Set(devicesIn(definition).filter((device) => aliasOf(device) === undefined));
  const found = new Set<Element>();
  for (const way of ways) {
    for (const device of former) {
      const same = found.has(device) ? undefined : [...unnamed].find((each) => way(device, each));
      if (same === undefined) continue;
      found.add(device);
      unnamed.delete(same);
    }
  }
  return withDevices(live, (device) => (found.has(device) ? withoutAlias(device) : device));
}

const parents = ["domain", "devices"];

/** How a running device is known to be the one of the definition, best first. */
const ways: readonly ((running: Element, defined: Element) => boolean)[] = [
  (one, other) => one.name === other.name && isSameDevice(other, one, parents) && addressOf(one) === addressOf(other),
  (one, other) => one.name === other.name && isSameDevice(other, one, parents),
  // What is known by nothing else is known by its place.
  (one, other) =>
    one.name === other.name &&
    keysOf(other, parents).every((key) => key === undefined) &&
    addressOf(one) !== "{}" &&
    addressOf(one) === addressOf(other),
];

/** The document with other aliases; the same object where none of them is there. */
export function withAliases(document: Element, aliases: ReadonlyMap<string, string>): Element {
  if (aliases.size === 0) return document;
  return withDevices(document, (device) => {
    const alias = aliases.get(aliasOf(device) ?? "");
    return alias === undefined ? device : withAlias(device, alias);
  });
}

/** The document with an alias for each of these devices, which have none of ours; the same object where there are none. */
export function withNewAliases(document: Element, aliases: ReadonlyMap<Element, string>): Element {
  if (aliases.size === 0) return document;
  return withDevices(document, (device) => {
    const name = aliases.get(device);
    if (name === undefined) return device;
    const named = withoutAlias(device);
    return { ...named, children: [...named.children, { name: "alias", attributes: { name }, children: [] }] };
  });
}

/** The device under another alias. */
export function withAlias(device: Element, name: string): Element {
  const renamed = (child: Element): Element => ({ ...child, attributes: { ...child.attributes, name } });
  return {
    ...device,
    children: device.children.map((child) => (isElement(child) && child.name === "alias" ? renamed(child) : child)),
  };
}

/** The device without one: libvirt then gives it one of its own. */
export function withoutAlias(device: Element): Element {
  return { ...device, children: device.children.filter((child) => !isElement(child) || child.name !== "alias") };
}

/** The aliases of the devices that the user keyed. */
export function aliasesIn(document: Element): ReadonlySet<string> {
  return new Set(byAlias(document).keys());
}

type ByAlias = ReadonlyMap<string, Element>;

/** The devices that the user keyed. */
function byAlias(document: Element): ByAlias {
  const keyed = devicesIn(document).filter(isOneOfMany);
  return new Map(keyed.map((device) => [aliasOf(device) ?? "", device]));
}

function addressOf(device: Element): string {
  return JSON.stringify(firstElement(device, "address")?.attributes ?? {});
}
