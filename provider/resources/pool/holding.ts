/** What a pool holds, and who uses it: it is not removed, nor replaced by another one, under either. */

import type { PoolInputs } from "../../../schema/pool";
import { holdsUnknown, unknown } from "../../../schema/unknown";
import { type Claim, claimedBelow } from "../../libvirt/claim";
import { LibvirtError } from "../../libvirt/errors";
import type { ObjectListing } from "../../libvirt/inventory";
import { nearestAncestor } from "../../libvirt/real-path";
import { isLocal } from "../../libvirt/uri";
import { poolNamed, type SeenPool, volumesOfPool } from "../../libvirt/storage-look";
import { usersOfPool } from "../../libvirt/storage-users";
import type { Virsh } from "../../libvirt/virsh";
import type { ConnectedHost, Objection, Observed } from "../resource";
import { objectionsToFormat } from "./format";
import { folderTaken, ofNamesake } from "./taken";

export interface ObservedPool extends Observed {
  readonly claim: Claim | undefined;
  /** What was applied last. */
  readonly recorded: PoolInputs;
  readonly listed: ObjectListing;
  /** Running guests with a disk in it. */
  readonly guests: readonly string[];
}

/** A pool that is forgotten under its disks strands them: nothing could be done with them any more. */
export async function refuseWhileUsed(virsh: Virsh, pool: SeenPool, inputs: PoolInputs): Promise<void> {
  const where = `Unable to remove pool "${pool.name}" on ${inputs.host.uri}`;
  const disks = await disksIn(virsh, pool);
  if (disks.length > 0) {
    throw new LibvirtError(
      "InUse",
      `${where}: it holds disks of Pulumi stacks (${disks.join(", ")}). Nothing was changed.`,
      "Delete those Disks first. A pool that holds disks keeps its name, type, path and host: for other ones make another Pool. One that shall stay on the host is taken out of the state with pulumi state delete.",
    );
  }
  const guests = await usersOfPool(virsh, pool.name, pool.folder);
  if (guests.length === 0) return;
  throw new LibvirtError(
    "InUse",
    `${where}: it is in use by ${guests.join(", ")}. Nothing was changed.`,
    "Stop those guests, or take its volumes away from them, first.",
  );
}

/** Names of the volumes that a stack has claimed, as far as they are still there. */
async function disksIn(virsh: Virsh, pool: SeenPool): Promise<readonly string[]> {
  const claimed = await claimedBelow(virsh, pool.folder);
  if (claimed.length === 0) return [];
  const visible = pool.active || pool.type === "dir";
  const there = new Set(visible ? (await volumesOfPool(virsh, pool)).map(({ path }) => path) : claimed);
  return claimed.filter((path) => there.has(path)).map((path) => path.slice(pool.folder.length + 1));
}

/** What this machine can tell of a folder, where the host is this machine. */
async function objectionsToPath(uri: string, { type, path, build, adopt }: PoolInputs): Promise<readonly Objection[]> {
  if (type === "logical" || path === undefined || path === unknown || !isLocal(uri)) return [];
  const { found, isFolder } = await nearestAncestor(path);
  if (!isFolder) return [{ path: "path", reason: `${path} cannot be a folder: ${found} is a file.` }];
  const mustBeThere = type === "dir" && build === false && adopt !== true && found !== path;
  return mustBeThere
    ? [{ path: "path", reason: `there is no folder ${path}, and build is false.`, mayPass: true }]
    : [];
}

/** Another name, type, path or source is another pool, and this one would be forgotten under its disks. */
export async function objections(
  { virsh }: ConnectedHost,
  inputs: PoolInputs,
  observed: Observed | undefined,
): Promise<readonly Objection[]> {
  if (observed === undefined) {
    const found = await Promise.all([
      objectionsToPath(virsh.uri, inputs),
      ofNamesake(virsh, inputs),
      objectionsToFormat(virsh, inputs),
      folderTaken(virsh, inputs),
    ]);
    return found.flat();
  }
  if (inputs.adopt === true) return [];
  const { recorded, listed } = observed as ObservedPool;
  const moved = (["name", "type", "path", "source"] as const).find(
    (field) => !holdsUnknown(inputs[field]) && JSON.stringify(inputs[field]) !== JSON.stringify(recorded[field]),
  );
  if (moved === undefined) return [];
  const taken = await folderTaken(virsh, inputs, listed.uuid);
  const disks = await disksIn(virsh, await poolNamed(virsh, listed));
  if (disks.length === 0) return taken;
  return [
    ...taken,
    {
      path: moved,
      reason: `cannot change while the pool holds disks of Pulumi stacks (${disks.join(", ")}): the pool would be removed under them. Leave it as it is, and make another Pool for what is new.`,
    },
  ];
}
