/** Devices of ours that the definition has no more and the guest still has: it did not let go of them. Pure. */

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

/** The input paths that these devices had. */
export function leavingPaths({ document, live }: Pick<Observed, "document" | "live">): string[] {
  if (live === undefined) return [];
  const defined = new Set(aliasesOf(document));
  return aliasesOf(live)
    .filter((alias) => !defined.has(alias))
    .flatMap((alias) => {
      const [, kind = "", key] = /^ua-([a-z]+)-(.+)$/.exec(alias) ?? [];
      return maps[kind] === undefined ? [] : [`${maps[kind]}.${key}`];
    });
}

function aliasesOf(document: Element): string[] {
  const devices = firstElement(document, "devices");
  return devices === undefined ? [] : elementsOf(devices).flatMap((device) => aliasOf(device) ?? []);
}
