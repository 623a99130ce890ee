/** What a host refuses of a pool because another pool has it: the name, the folder. */

import type { PoolInputs } from "../../../schema/pool";
import type { HostReference } from "../../../schema/references";
import { unknown } from "../../../schema/unknown";
import { claimOn } from "../../libvirt/claim";
import { inventory, type ListingOptions, type ObjectListing } from "../../libvirt/inventory";
import { plainPath } from "../../libvirt/image-path";
import { lookAtPools } from "../../libvirt/storage-look";
import type { Virsh } from "../../libvirt/virsh";
import { ownerOf } from "../recorded-identity";
import { nameTaken } from "../ownership";
import type { Objection } from "../resource";
import { claimPath } from "./claim-path";

export async function ofNamesake(virsh: Virsh, { name, uuid, adopt, host }: PoolInputs): Promise<readonly Objection[]> {
  if (adopt === true || name === undefined || name === unknown) return [];
  const find = async (options?: ListingOptions): Promise<ObjectListing | undefined> =>
    (await inventory(virsh).pools(options)).find((each) => each.name === name && each.uuid !== uuid);
  // What a listing of a moment ago shows may be gone.
  const other = (await find()) && (await find({ fresh: true }));
  if (other === undefined) return [];
  return [nameTaken("pool", name, await claimOn(virsh, claimPath(other.uuid)), host)];
}

/** libvirt defines no second `dir` pool of one folder, under whichever name. */
export async function folderTaken(
  virsh: Virsh,
  { type, path, adopt, name, uuid, host }: PoolInputs,
  own = uuid,
): Promise<readonly Objection[]> {
  if (type !== "dir" || path === undefined || path === unknown || adopt === true) return [];
  const other = (await lookAtPools(virsh)).find(
    (each) => each.type === "dir" && each.folder === plainPath(path) && each.uuid !== own && each.name !== name,
  );
  if (other === undefined) return [];
  return [
    {
      path: "path",
      reason: `${path} is the folder of pool "${other.name}" already. Choose another folder, or use that pool.`,
      mayPass: await isOfThisStack(virsh, other.uuid, host),
    },
  ];
}

/** The same `up` may take it away before this one's turn comes. */
async function isOfThisStack(virsh: Virsh, uuid: string, host: HostReference): Promise<boolean> {
  return (await claimOn(virsh, claimPath(uuid)))?.owner === ownerOf(host);
}
