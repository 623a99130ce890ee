/** Devices of a definition out of which somebody took our aliases: what they were made by tells which they are. Pure. */

import type { GuestInputs } from "../../../schema/guest";
import type { GuestDisk, GuestNic } from "../../../schema/guest-devices";
import { canonicalMac } from "../../libvirt/addresses";
import { aliasesIn, withNewAliases } from "../../libvirt/device-aliases";
import { aliasOf } from "../../reconcile/pair";
import { type Element, elementsOf, firstElement } from "../../reconcile/tree";
import { pathOf, sourceOf } from "./xml-disks";

/** How an input and a device say what they are, best first; undefined where one does not. */
interface Told<Device> {
  readonly element: string;
  readonly ways: readonly (readonly [
    stated: (device: Device) => string | undefined,
    held: (device: Element) => string | undefined,
  ])[];
}

const within =
  (child: string, attribute: string) =>
  (device: Element): string | undefined =>
    firstElement(device, child)?.attributes[attribute];

const disks: Told<GuestDisk> = {
  element: "disk",
  ways: [
    [sourceOf, pathOf],
    [({ target }) => target, within("target", "dev")],
  ],
};

const nics: Told<GuestNic> = {
  element: "interface",
  ways: [[({ mac }) => mac && canonicalMac(mac), (card) => canonicalMac(within("mac", "address")(card) ?? "")]],
};

const channels: Told<{ readonly name?: string }> = {
  element: "channel",
  ways: [[({ name }) => name, within("target", "name")]],
};

const told = { disks, nics, channels };

/** The definition with the aliases that are lost, as far as a device tells which one it is; `madeBy`: the inputs that made it. */
export function withLostAliases(
  document: Element,
  madeBy: Partial<GuestInputs>,
  aliasWith: (map: keyof typeof told, key: string) => string,
): Element {
  const there = aliasesIn(document);
  const devices = elementsOf(firstElement(document, "devices") ?? document);
  const found = new Map<Element, string>();
  const find = <Device>(map: keyof typeof told, { element, ways }: Told<Device>): void => {
    const lost = Object.entries((madeBy[map] ?? {}) as Record<string, Device>).filter(
      ([key]) => !there.has(aliasWith(map, key)),
    );
    if (lost.length === 0) return;
    const unnamed = devices.filter((device) => device.name === element && aliasOf(device) === undefined);
    for (const [stated, held] of ways) {
      for (const [key, device] of lost) {
        const alias = aliasWith(map, key);
        const known = stated(device);
        if (known === undefined || [...found.values()].includes(alias)) continue;
        const [same, ...others] = unnamed.filter((each) => !found.has(each) && held(each) === known);
        if (same !== undefined && others.length === 0) found.set(same, alias);
      }
    }
  };
  find("disks", told.disks);
  find("nics", told.nics);
  find("channels", told.channels);
  return withNewAliases(document, found);
}
