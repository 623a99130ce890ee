/**
 * One look at everything on a host that names files of its storage: all guests as they run, as they are defined, as they
 * were saved and in their snapshots; all volumes of all pools; all pools (decisions/who-uses-a-volume.md).
 */

import { posix } from "node:path";
import { descend, textOf } from "../reconcile/tree";
import { LibvirtError } from "./errors";
import { filesInFolder, isPassing } from "./folder-look";
import { plainPath } from "./image-path";
import { guestDocuments } from "./guest-documents";
import { inventory, type ObjectListing } from "./inventory";
import { imagesIn, type NamedFiles, namedFiles } from "./named-files";
import type { Virsh } from "./virsh";
import { lane, type SeenVolume, volumesIn, volumesKnownIn } from "./volume-listing";
import { parseXml } from "./xml";

export interface SeenGuest {
  /** `guest "web"`, `snapshot "s1" of guest "web"`. */
  readonly what: string;
  /** It runs, and this is what it runs on. */
  readonly live: boolean;
  readonly named: NamedFiles;
  /** Images that may lie on others. */
  readonly images: readonly string[];
}

export interface SeenPool {
  readonly uuid: string;
  readonly name: string;
  readonly active: boolean;
  readonly type: string;
  readonly folder: string;
  /** What it is made of. */
  readonly source: NamedFiles;
}

export interface StorageLook {
  readonly guests: readonly SeenGuest[];
  readonly pools: readonly SeenPool[];
  /** Of the pools, and of folders that guests and images name. */
  readonly volumes: readonly SeenVolume[];
}

export async function lookAtStorage(virsh: Virsh): Promise<StorageLook> {
  return lookAround(virsh, volumesOfPool);
}

/**
 * Images of files alone, and nobody's pool is touched: libvirt stops one whose folder it cannot read when it is refreshed.
 * A snapshot of a logical volume lies on no image: what is written to the volume does it no harm.
 */
export async function lookAtImages(virsh: Virsh): Promise<StorageLook> {
  return lookAround(virsh, imagesOfPool);
}

async function lookAround(
  virsh: Virsh,
  within: (virsh: Virsh, pool: SeenPool) => Promise<readonly SeenVolume[]>,
): Promise<StorageLook> {
  const [guests, pools] = await Promise.all([lookAtGuests(virsh), lookAtPools(virsh)]);
  const inPools = (await Promise.all(pools.map((pool) => within(virsh, pool)))).flat();
  const elsewhere = await outsidePools(virsh, guests, pools, inPools);
  return { guests, pools, volumes: [...inPools, ...elsewhere] };
}

async function imagesOfPool(virsh: Virsh, { name, type, folder, active }: SeenPool): Promise<readonly SeenVolume[]> {
  if (type === "dir") return (await filesInFolder(virsh, folder)).map((image) => ({ ...image, pool: name }));
  return active && holdFiles.has(type) ? volumesKnownIn(virsh, name) : [];
}

export async function lookAtGuests(virsh: Virsh): Promise<readonly SeenGuest[]> {
  return (await guestDocuments(virsh)).map(({ what, live, document }) => ({
    what,
    live,
    named: namedFiles(document),
    images: imagesIn(document),
  }));
}

export async function lookAtPools(virsh: Virsh): Promise<readonly SeenPool[]> {
  // What another look shows for a moment is no pool of anybody's.
  const listing = (await inventory(virsh).pools({ fresh: true })).filter(({ name }) => !isPassing(name));
  const seen = await Promise.all(
    listing.map(async (pool) => {
      try {
        return await poolNamed(virsh, pool);
      } catch (error) {
        const again = await inventory(virsh).pools({ fresh: true });
        if (again.some(({ uuid }) => uuid === pool.uuid)) throw error;
        return undefined;
      }
    }),
  );
  return seen.filter((pool) => pool !== undefined);
}

export async function poolNamed(virsh: Virsh, { uuid, name, active }: ObjectListing): Promise<SeenPool> {
  const document = parseXml(
    await virsh.run("pool-dumpxml", ["--pool", uuid], { lane: lane(name) }),
    `the XML of pool "${name}"`,
  );
  const source = descend(document, "source");
  return {
    uuid,
    name,
    active,
    type: document.attributes.type ?? "",
    folder: plainPath(textOf(descend(document, "target", "path"))),
    source: source === undefined ? { paths: [], volumes: [] } : namedFiles(source),
  };
}

/** Pools of files, in which an image may lie on any other file of the host. */
const holdFiles = new Set(["dir", "fs", "netfs", "gluster", "vstorage"]);

/** Everything in the pool, active or not; throws where that is out of sight. */
export async function volumesOfPool(virsh: Virsh, pool: SeenPool): Promise<readonly SeenVolume[]> {
  if (pool.active) {
    try {
      return await volumesIn(virsh, pool.name);
    } catch (error) {
      // libvirt stops a pool whose folder it cannot read.
      const now: ObjectListing | undefined = (await inventory(virsh).pools({ fresh: true })).find(
        ({ name }) => name === pool.name,
      );
      if (now?.active === true) throw error;
    }
  }
  if (pool.type === "dir") return filesInFolder(virsh, pool.folder);
  if (!holdFiles.has(pool.type)) return [];
  throw new LibvirtError(
    "Refused",
    `pool "${pool.name}" is not active, so what its disks lie on is out of sight.`,
    `Start it (virsh pool-start ${pool.name}), or take its definition away if it is not needed any more (virsh pool-undefine ${pool.name}).`,
  );
}

/** What guests and images name beyond the pools, folder by folder, until nothing new turns up. */
async function outsidePools(
  virsh: Virsh,
  guests: readonly SeenGuest[],
  pools: readonly SeenPool[],
  inPools: readonly SeenVolume[],
): Promise<readonly SeenVolume[]> {
  const known = new Set(pools.map(({ folder }) => folder));
  const around = new Map<string, SeenVolume>();
  const found = new Map<string, SeenVolume>();
  let images = [...guests.flatMap((guest) => guest.images), ...inPools.flatMap(({ backingFiles }) => backingFiles)];
  while (images.length > 0) {
    // Nodes in /dev are no images in a folder.
    const folders = [...new Set(images.map((path) => posix.dirname(path)))].filter(
      (folder) => !known.has(folder) && !/^\/(dev|proc|sys)(\/|$)/.test(folder),
    );
    folders.forEach((folder) => known.add(folder));
    const seen = await Promise.all(folders.map((folder) => filesInFolder(virsh, folder)));
    for (const volume of seen.flat()) around.set(volume.path, volume);
    const named = images.flatMap((path) => (found.has(path) ? [] : (around.get(path) ?? [])));
    for (const volume of named) found.set(volume.path, volume);
    images = named.flatMap(({ backingFiles }) => backingFiles);
  }
  return [...found.values()];
}
