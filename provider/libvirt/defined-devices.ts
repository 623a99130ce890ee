/** How the definition has the devices that are to come to a running guest: with the addresses that they have from the next start. Pure. */

import type { Difference } from "../reconcile/match";
import { aliasOf, pairSiblings } from "../reconcile/pair";
import { type Element, firstElement } from "../reconcile/tree";
import { devicesIn } from "./devices";
import { libvirtLanguage } from "./language";
import { serializeXml } from "./xml";

/**
 * For each device that comes, how the definition has it. Each is taken once, and none that runs already: devices may be
 * alike in all but their address.
 */
export function definedDevices(
  differences: readonly Difference[],
  live: Element,
  definition: Element,
): ReadonlyMap<Element, Element> {
  const parents = [definition.name, "devices"];
  const coming = differences.flatMap((each) =>
    each.kind === "insert" && each.elements.length === 3 ? each.element : [],
  );
  const found = new Map<Element, Element>();
  for (const name of new Set(coming.map((device) => device.name))) {
    const own = coming.filter((device) => device.name === name);
    const taken = new Set(devicesIn(live, name).map(addressOf));
    const names = new Set(own.flatMap((device) => aliasOf(device) ?? []));
    // The address may be another device's until the next start: one that is leaving, or that somebody plugged.
    const free = devicesIn(definition, name).filter(
      (device) => names.has(aliasOf(device) ?? "") || !taken.has(addressOf(device)),
    );
    pairSiblings(own, free, parents, libvirtLanguage).partners.forEach((partner, index) => {
      if (partner !== undefined) found.set(own[index] as Element, partner);
    });
  }
  return found;
}

function addressOf(device: Element): string {
  const address = firstElement(device, "address");
  // What has no address is told apart by its keys.
  return address === undefined ? serializeXml(device) : serializeXml(address);
}
