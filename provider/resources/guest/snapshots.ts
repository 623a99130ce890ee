/**
 * Disks whose image lies beneath another one, which the guest writes to: an external snapshot moves the source in the
 * live and in the persistent XML (facts, 1). Moved back, the guest would start from stale data.
 */

import type { GuestInputs } from "../../../schema/guest";
import { LibvirtError } from "../../libvirt/errors";
import { chainOf } from "../../libvirt/running-guests";
import type { Virsh } from "../../libvirt/virsh";
import { parseXml } from "../../libvirt/xml";
import { descend, type Element, elementsOf, firstElement, textOf } from "../../reconcile/tree";
import { sourceOf } from "./xml-disks";

export interface ImagesAbove {
  /** By the disk's key, the images beneath the one in use. */
  readonly beneath: ReadonlyMap<string, readonly string[]>;
  /** By the disk's key, the image in use. */
  readonly snapshots: Readonly<Record<string, string>>;
}

/** `recorded`: the inputs that were applied last; a source that they name is where it should be. */
export async function imagesAbove(
  virsh: Virsh,
  recorded: GuestInputs,
  document: Element,
  live: Element | undefined,
): Promise<ImagesAbove> {
  const beneath = new Map<string, readonly string[]>();
  const snapshots: Record<string, string> = {};
  for (const [key, disk] of Object.entries(recorded.disks ?? {})) {
    const wanted = sourceOf(disk);
    const held = diskOf(document, key, disk.target);
    const used = held && (sourcePath(held) ?? (await volumePath(virsh, held)));
    if (wanted === undefined || used === undefined || (disk.device ?? "disk") !== "disk") continue;
    if (used === wanted) {
      // The same image, which an adopted guest may name by pool and volume.
      if (held?.attributes.type === "volume") beneath.set(key, [wanted]);
      continue;
    }
    const running = live && diskOf(live, key, disk.target);
    const chain = running === undefined ? await chainFromPools(virsh, used) : chainOf(running);
    // Where the host does not say what lies beneath, an image that was put there is taken for one above ours.
    if (chain !== undefined && !chain.includes(wanted)) continue;
    beneath.set(key, chain ?? [wanted]);
    snapshots[key] = used;
  }
  return { beneath, snapshots };
}

function diskOf(document: Element, key: string, target: string | undefined): Element | undefined {
  const devices = firstElement(document, "devices");
  const disks = devices === undefined ? [] : elementsOf(devices, "disk");
  return (
    disks.find((disk) => firstElement(disk, "alias")?.attributes.name === `ua-disk-${key}`) ??
    disks.find((disk) => firstElement(disk, "target")?.attributes.dev === target)
  );
}

function sourcePath(disk: Element): string | undefined {
  const source = firstElement(disk, "source")?.attributes;
  return source?.file ?? source?.dev;
}

async function volumePath(virsh: Virsh, disk: Element): Promise<string | undefined> {
  const { pool, volume } = firstElement(disk, "source")?.attributes ?? {};
  if (pool === undefined || volume === undefined) return undefined;
  return answerOf(virsh, "vol-path", ["--pool", pool, "--vol", volume]);
}

/** What the host says; undefined where it has no answer. */
async function answerOf(virsh: Virsh, name: string, words: readonly string[]): Promise<string | undefined> {
  try {
    return (await virsh.run(name, words)).trim();
  } catch (error) {
    if (!(error instanceof LibvirtError) || error.kind === "Unreachable") throw error;
    return undefined;
  }
}

/** The images beneath this one, as far as the pools of the host know the images; undefined where they do not. */
async function chainFromPools(virsh: Virsh, image: string): Promise<string[] | undefined> {
  const chain: string[] = [];
  for (let path = image; ;) {
    const xml = await answerOf(virsh, "vol-dumpxml", ["--vol", path]);
    if (xml === undefined) return path === image ? undefined : chain;
    const next = textOf(descend(parseXml(xml), "backingStore", "path"));
    if (next === "" || chain.includes(next)) return chain;
    chain.push(next);
    path = next;
  }
}
