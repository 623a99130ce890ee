/**
 * Disks whose image lies beneath another one, which the guest writes to: an external snapshot moves the source in the
 * live and in the persistent XML. Moved back, the guest would start from stale data.
 */

import type { GuestInputs } from "../../../schema/guest";
import { devicesIn } from "../../libvirt/devices";
import { LibvirtError } from "../../libvirt/errors";
import { chainOf } from "../../libvirt/running-guests";
import type { Virsh } from "../../libvirt/virsh";
import { parseXml } from "../../libvirt/xml";
import { aliasOf } from "../../reconcile/pair";
import { descend, type Element, firstElement, textOf } from "../../reconcile/tree";
import { aliasFor } from "./devices/device";
import { diskKind } from "./devices/disk";
import { pathOf, sourceOf } from "./devices/disk-image";

export interface ImagesAbove {
  /** By the disk's key, the images beneath the one in use. */
  readonly backingChains: ReadonlyMap<string, readonly string[]>;
  /** By the disk's key, the image in use. */
  readonly snapshots: Readonly<Record<string, string>>;
  /** By the key of a disk whose input gives no name, the name of the one that uses its image, directly or by snapshots. */
  readonly names: ReadonlyMap<string, string>;
}

/**
 * `recorded`: the inputs that were applied last; a source that they name is where it should be. Disks that are stated for
 * the first time are looked for as well.
 */
export async function activeOverlays(
  virsh: Virsh,
  inputs: GuestInputs,
  recorded: GuestInputs,
  document: Element,
  live: Element | undefined,
): Promise<ImagesAbove> {
  const backingChains = new Map<string, readonly string[]>();
  const snapshots: Record<string, string> = {};
  const names = new Map<string, string>();
  for (const [key, disk] of Object.entries({ ...namelessDisks(inputs), ...recorded.disks })) {
    const wanted = sourceOf(disk);
    if (wanted === undefined || (disk.device ?? "disk") !== "disk") continue;
    const use =
      (await useOf(virsh, wanted, diskOf(document, key, disk.target), live, true)) ??
      (disk.target === undefined ? await foundUse(virsh, wanted, document, live) : undefined);
    if (use === undefined) continue;
    if (disk.target === undefined) names.set(key, use.target);
    if (use.backingChain !== undefined) backingChains.set(key, use.backingChain);
    if (use.image !== wanted) snapshots[key] = use.image;
  }
  return { backingChains, snapshots, names };
}

/** Those that what is there has to name. */
function namelessDisks({ disks = {} }: GuestInputs): NonNullable<GuestInputs["disks"]> {
  return Object.fromEntries(Object.entries(disks).filter(([, { target }]) => target === undefined));
}

interface Use {
  readonly target: string;
  /** The image that the disk uses. */
  readonly image: string;
  /** The images that are left where they are: the one that is used is named in another way, or lies above them. */
  readonly backingChain?: readonly string[];
}

/**
 * How a disk uses the wanted image: directly, by pool and volume (adopted guests), or through one above it. `isOurs`: where
 * the host does not say what lies beneath, an image that was put there is taken for one above ours.
 */
async function useOf(
  virsh: Virsh,
  wanted: string,
  disk: Element | undefined,
  live: Element | undefined,
  isOurs: boolean,
): Promise<Use | undefined> {
  const image = disk && (pathOf(disk) ?? (await volumePath(virsh, disk)));
  const target = firstElement(disk, "target")?.attributes.dev;
  if (image === undefined || target === undefined) return undefined;
  if (image === wanted)
    return { target, image, ...(disk?.attributes.type === "volume" ? { backingChain: [wanted] } : {}) };
  const running =
    live && devicesIn(live, "disk").find((each) => firstElement(each, "target")?.attributes.dev === target);
  const chain = running === undefined ? await chainFromPools(virsh, image) : chainOf(running);
  const isBeneath = chain === undefined ? isOurs : chain.includes(wanted);
  return isBeneath ? { target, image, backingChain: chain ?? [wanted] } : undefined;
}

/** How the disk without a name of ours that uses the image does so. */
async function foundUse(
  virsh: Virsh,
  wanted: string,
  document: Element,
  live: Element | undefined,
): Promise<Use | undefined> {
  const uses: Use[] = [];
  for (const disk of devicesIn(document, "disk")) {
    const use = aliasOf(disk) === undefined ? await useOf(virsh, wanted, disk, live, false) : undefined;
    if (use !== undefined) uses.push(use);
  }
  return uses.find(({ image }) => image === wanted) ?? uses[0];
}

/** By our alias; by its name on the bus only where nobody gave it an alias: under another key it is another disk. */
function diskOf(document: Element, key: string, target: string | undefined): Element | undefined {
  const disks = devicesIn(document, "disk");
  const hasName = (disk: Element): boolean => firstElement(disk, "target")?.attributes.dev === target;
  return (
    disks.find((disk) => aliasOf(disk) === aliasFor(diskKind, key)) ??
    (target === undefined ? undefined : disks.find((disk) => aliasOf(disk) === undefined && hasName(disk)))
  );
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
