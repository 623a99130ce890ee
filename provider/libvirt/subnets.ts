/** Addresses of networks as the matcher meets them: an address and its prefix are one thing, said in several ways. Pure. */

import type { Place } from "../reconcile/language";
import type { Element } from "../reconcile/tree";
import { prefixOf } from "./addresses";

/** At either part of a network's address: the whole as an input says it, `10.0.0.1/24`. */
export function cidrAt({ elements, attribute, actual }: Place): string | undefined {
  const isPart = attribute === "address" || attribute === "prefix";
  return isPart && elements.join("/") === "network/ip" ? cidrOf(actual) : undefined;
}

export function describeSubnet(element: Element, parents: readonly string[]): string | undefined {
  return parents.at(-1) === "network" && element.name === "ip" ? cidrOf(element) : undefined;
}

function cidrOf(ip: Element): string {
  return `${ip.attributes.address}/${prefixOf(ip)}`;
}

/** A network has one address of each family and one range, and an address one name, unless somebody gave it more. */
const sorts: Readonly<Record<string, (element: Element) => string>> = {
  "network/ip": familyOf,
  "dhcp/range": () => "range",
  "host/hostname": () => "hostname",
};

export function sortOf(element: Element, parents: readonly string[]): string | undefined {
  return sorts[`${parents.at(-1)}/${element.name}`]?.(element);
}

export function familyOf({ attributes: { family = "ipv4" } }: Element): string {
  return family;
}
