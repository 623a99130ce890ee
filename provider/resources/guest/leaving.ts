/** What the definition has no more and the guest still has: devices that it did not let go of, places in its boot order. Pure. */

import { aliasOf } from "../../reconcile/pair";
import { type Element, elementsOf, firstElement } from "../../reconcile/tree";
import type { Observed } from "../resource";

/** Kinds of our aliases (`ua-disk-root`), and the input paths that they come from. */
const paths: Readonly<Record<string, (key: string) => string>> = {
  disk: (key) => `disks.${key}`,
  nic: (key) => `nics.${key}`,
  channel: (key) => `channels.${key}`,
  memory: (key) => `memoryDevices.${key}`,
  xml: (key) => `xml.${key}`,
  port: () => "spareRootPorts",
};

/** The input paths that these had. */
export function leavingPaths({ document, live }: Pick<Observed, "document" | "live">): string[] {
  if (live === undefined) return [];
  const defined = ownDevices(document);
  return [...ownDevices(live)].flatMap(([alias, { path, device }]) => {
    const next = defined.get(alias)?.device;
    if (next === undefined) return [path];
    // The order is fixed at the start, and one that is dropped stands in no wanted XML.
    return firstElement(device, "boot") !== undefined && firstElement(next, "boot") === undefined
      ? [`${path}.bootOrder`]
      : [];
  });
}

interface OwnDevice {
  readonly path: string;
  readonly device: Element;
}

/** The devices with our aliases, by these. */
function ownDevices(document: Element): ReadonlyMap<string, OwnDevice> {
  const devices = firstElement(document, "devices");
  const own = (devices === undefined ? [] : elementsOf(devices)).flatMap((device): [string, OwnDevice][] => {
    const alias = aliasOf(device) ?? "";
    const [, kind = "", key = ""] = /^ua-([a-z]+)-(.+)$/.exec(alias) ?? [];
    const path = paths[kind]?.(key);
    return path === undefined ? [] : [[alias, { path, device }]];
  });
  return new Map(own);
}
