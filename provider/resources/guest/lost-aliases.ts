/** Devices of a definition out of which somebody took our aliases: what they were made by tells which they are. Pure. */

import type { GuestInputs } from "../../../schema/guest";
import { aliasesIn, withNewAliases } from "../../libvirt/device-aliases";
import { devicesIn } from "../../libvirt/devices";
import { aliasOf } from "../../reconcile/pair";
import type { Element } from "../../reconcile/tree";
import { keyedKinds, statedDevices } from "./devices";
import { aliasFor } from "./devices/device";

/** The definition with the aliases that are lost, as far as a device tells which one it is; `madeBy`: the inputs that made it. */
export function withLostAliases(document: Element, madeBy: Partial<GuestInputs>): Element {
  const there = aliasesIn(document);
  const found = new Map<Element, string>();
  for (const kind of keyedKinds) {
    const { tells } = kind;
    const lost = Object.entries(statedDevices(madeBy, kind) ?? {})
      .map(([key, device]) => ({ alias: aliasFor(kind, key), stated: tells?.stated(device) ?? [] }))
      .filter(({ alias }) => !there.has(alias));
    if (tells === undefined || lost.length === 0) continue;
    const unnamed = kind.elements
      .flatMap((name) => devicesIn(document, name))
      .filter((device) => aliasOf(device) === undefined)
      .map((device) => ({ device, held: tells.held(device) }));
    const ways = Math.max(...lost.map(({ stated }) => stated.length));
    for (let way = 0; way < ways; way += 1) {
      for (const { alias, stated } of lost) {
        const known = stated[way];
        if (known === undefined || [...found.values()].includes(alias)) continue;
        const [same, ...others] = unnamed.filter(({ device, held }) => !found.has(device) && held[way] === known);
        if (same !== undefined && others.length === 0) found.set(same.device, alias);
      }
    }
  }
  return withNewAliases(document, found);
}
