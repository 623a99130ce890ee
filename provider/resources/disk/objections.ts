/** What the host, and the file that fills a new disk, can say before anything is made. */

import type { DiskInputs } from "../../../schema/disk";
import type { PoolReference } from "../../../schema/references";
import { holdsUnknown } from "../../../schema/unknown";
import { inventory } from "../../libvirt/inventory";
import type { Virsh } from "../../libvirt/virsh";
import { lane } from "../../libvirt/volume-listing";
import { parseXml } from "../../libvirt/xml";
import type { ConnectedHost, Objection, Observed } from "../resource";
import { objectionsToSource } from "./source";
import { capacityOf } from "./volumes";
import { gibibytes } from "./xml";

export async function objections(
  { virsh }: ConnectedHost,
  inputs: DiskInputs,
  observed: Observed | undefined,
): Promise<readonly Objection[]> {
  const { pool, sizeGiB } = inputs;
  const isNew = observed === undefined || observed.ownership === "unfinished";
  const ofSource = isNew ? await objectionsToSource(inputs) : [];
  if (sizeGiB === undefined || holdsUnknown([pool, sizeGiB])) return ofSource;
  return [...ofSource, ...(await objectionsToSize(virsh, pool, sizeGiB))];
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
