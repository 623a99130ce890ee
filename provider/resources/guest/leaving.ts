/** What the definition has no more and the guest still has: devices that it did not let go of, places in its boot order. Pure. */

import { devicesIn } from "../../libvirt/devices";
import { aliasOf } from "../../reconcile/pair";
import { type Element, firstElement } from "../../reconcile/tree";
import type { ObservedGuest } from "./observed";
import { pathOfAlias } from "./devices";

/** The input paths that these had. */
export function leavingPaths({ document, live }: Pick<ObservedGuest, "document" | "live">): string[] {
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
  const own = devicesIn(document).flatMap((device): [string, OwnDevice][] => {
    const alias = aliasOf(device) ?? "";
    const path = pathOfAlias(alias);
    return path === undefined ? [] : [[alias, { path, device }]];
  });
  return new Map(own);
}
