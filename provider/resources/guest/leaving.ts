/** What the definition has no more and the guest still has: devices that it did not let go of, places in its boot order. Pure. */

import { aliasOf } from "../../reconcile/pair";
import { type Element, elementsOf, firstElement } from "../../reconcile/tree";
import type { Observed } from "../resource";

/** Kinds of our aliases (`ua-disk-root`), and the maps of the inputs that they come from. */
const maps: Readonly<Record<string, string>> = {
  disk: "disks",
  nic: "nics",
  channel: "channels",
  memory: "memoryDevices",
  xml: "xml",
};

/** The input paths that these had. */
export function leavingPaths({ document, live }: Pick<Observed, "document" | "live">): string[] {
  if (live === undefined) return [];
  const defined = ownDevices(document);
  return [...ownDevices(live)].flatMap(([path, device]) => {
    const next = defined.get(path);
    if (next === undefined) return [path];
    // The order is fixed at the start, and one that is dropped stands in no wanted XML.
    return firstElement(device, "boot") !== undefined && firstElement(next, "boot") === undefined
      ? [`${path}.bootOrder`]
      : [];
  });
}

/** The devices with our aliases, by input path. */
function ownDevices(document: Element): ReadonlyMap<string, Element> {
  const devices = firstElement(document, "devices");
  const own = (devices === undefined ? [] : elementsOf(devices)).flatMap((device): [string, Element][] => {
    const [, kind = "", key] = /^ua-([a-z]+)-(.+)$/.exec(aliasOf(device) ?? "") ?? [];
    return maps[kind] === undefined ? [] : [[`${maps[kind]}.${key}`, device]];
  });
  return new Map(own);
}
