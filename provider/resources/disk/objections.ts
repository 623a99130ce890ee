/** What the host, and the file that fills a new disk, can say before anything is made. */

import type { DiskInputs } from "../../../schema/disk";
import type { PoolReference } from "../../../schema/references";
import { holdsUnknown, unknown } from "../../../schema/unknown";
import type { HypervisorProfile } from "../../hypervisors/profile";
import { claimsOn } from "../../libvirt/claims-on";
import { inventory } from "../../libvirt/inventory";
import { type RunningUser, runningUsersOf, usersOfFile } from "../../libvirt/storage-users";
import type { Virsh } from "../../libvirt/virsh";
import { lane } from "../../libvirt/volume-listing";
import { parseXml } from "../../libvirt/xml";
import type { ConnectedHost, Objection, Observed } from "../resource";
import { ownerOf } from "../recorded-identity";
import { objectionsToSource } from "./sources/source";
import { capacityOf, volumeXml } from "./volumes";
import { gibibytes } from "./xml";

interface WithUsers {
  /** The running guests that have it as a disk. */
  readonly users?: readonly RunningUser[];
}

export async function objections(
  { virsh, profile }: ConnectedHost,
  inputs: DiskInputs,
  observed: (Observed & WithUsers) | undefined,
): Promise<readonly Objection[]> {
  const { pool, sizeGiB } = inputs;
  const isNew = observed === undefined || observed.ownership === "unfinished";
  const found = [
    ...(isNew ? await objectionsToSource(inputs) : []),
    ...(observed === undefined ? await objectionsToNamesake(virsh, inputs) : []),
    ...(observed === undefined
      ? await objectionsToBacking(virsh, inputs)
      : objectionsToGrowth(profile, inputs, observed)),
  ];
  if (sizeGiB === undefined || holdsUnknown([pool, sizeGiB])) return found;
  return [...found, ...(await objectionsToSize(virsh, pool, sizeGiB))];
}

/** A running guest has to be told of a new size, and not every driver can. */
export function objectionsToGrowth(
  { words, inWords }: Pick<HypervisorProfile, "words" | "inWords">,
  { sizeGiB }: Pick<DiskInputs, "sizeGiB">,
  { users = [], facts }: Pick<Observed, "facts"> & WithUsers,
): readonly Objection[] {
  const [user] = users;
  if (user === undefined || !words.lacks.has("blockresize") || !(Number(sizeGiB) > Number(facts.capacityGiB)))
    return [];
  const reason = `guest "${user.name}" runs on it, and ${inWords} cannot tell a running guest that its disk has grown. Stop the guest first (running: false), or leave the size.`;
  return [{ path: "sizeGiB", reason, mayPass: true }];
}

/** As the pool shows it without having been refreshed: whoever makes the disk looks again. */
async function objectionsToNamesake(virsh: Virsh, inputs: DiskInputs): Promise<readonly Objection[]> {
  const { pool, name, uuid, adopt } = inputs;
  if (adopt === true || name === undefined || holdsUnknown([pool, name])) return [];
  const active = (await inventory(virsh).pools()).some((each) => each.name === pool.name && each.active);
  const document = active ? await volumeXml(virsh, pool.name, name) : undefined;
  if (document === undefined) return [];
  const claims = await claimsOn(virsh, { pool: pool.name, document });
  const other = claims.find((claim) => claim.uuid !== uuid);
  if (other === undefined && claims.length > 0) return usedWhereItIs(virsh, inputs);
  const reason =
    other === undefined
      ? `there is a disk "${name}" in pool "${pool.name}" already, and it is not this resource's. Choose another name, or take it over as it is with adopt: true.`
      : `another resource has claimed the disk "${name}" in pool "${pool.name}". Choose another name. Where no stack has that one any more, take its mark away on the host: virsh secret-undefine ${other.uuid}`;
  // One of this stack may go before this one comes.
  return [{ path: "name", reason, mayPass: other !== undefined && other.owner === ownerOf(pool.host) }];
}

/** It is our own already: made and not recorded, or to be replaced, and nobody tells which. */
async function usedWhereItIs(virsh: Virsh, { name, pool, path }: DiskInputs): Promise<readonly Objection[]> {
  if (path === undefined || path === unknown) return [];
  const users = await usersOfFile(virsh, path);
  if (users.length === 0) return [];
  const reason = `the disk "${name}" is there in pool "${pool.name}" already, and in use by ${users.join(", ")}. Where it is to be replaced, the up refuses to delete it, and changes nothing else that depends on it: take it away from them first.`;
  return [{ path: "name", reason, onlyTold: true }];
}

/** What is laid on an image needs it as it is: a guest that writes to it would destroy it. */
async function objectionsToBacking(virsh: Virsh, inputs: DiskInputs): Promise<readonly Objection[]> {
  const { backing, adopt } = inputs;
  if (backing?.path === undefined || adopt === true || holdsUnknown(backing)) return [];
  // A snapshot of a logical volume, which is taken while its guest runs.
  if (inputs.pool.type === "logical") return [];
  const { pool, name, path } = backing;
  const writer = (await runningUsersOf(virsh, { pool, name, path })).find(
    ({ direct, access }) => direct && access !== "reads",
  );
  if (writer === undefined) return [];
  const reason = `guest "${writer.name}" writes to ${path}: what lies on it would be destroyed by that. Stop the guest and give it a disk of its own that lies on it, or let it only read (readOnly: true).`;
  // It may be stopped, or let go of it, before this one's turn comes.
  return [{ path: "backing", reason, mayPass: true }];
}

/** Disks of files may promise more than the pool has, but not anything. */
const beyondReason = 1000;

async function objectionsToSize(virsh: Virsh, pool: PoolReference, sizeGiB: number): Promise<readonly Objection[]> {
  const listed = (await inventory(virsh).pools()).find(({ name, active }) => name === pool.name && active);
  if (listed === undefined) return [];
  const document = parseXml(await virsh.run("pool-dumpxml", ["--pool", listed.uuid], { lane: lane(listed.name) }));
  const holds = gibibytes(capacityOf(document));
  const limit = document.attributes.type === "logical" ? holds : holds * beyondReason;
  if (holds === 0 || sizeGiB <= limit) return [];
  return [
    {
      path: "sizeGiB",
      reason: `${sizeGiB} GiB are ${document.attributes.type === "logical" ? "more than" : `more than ${beyondReason} times what`} pool "${pool.name}" holds (${Math.round(holds * 100) / 100} GiB).`,
    },
  ];
}
