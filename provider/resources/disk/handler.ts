/** Disks. Data is never a side effect: nothing is filled twice, nothing shrinks, nothing in use is removed. */

import { disk as schema, type DiskInputs } from "../../../schema/disk";
import { holdsUnknown } from "../../../schema/unknown";
import { type Claim, claimOn, removeClaim } from "../../libvirt/claim";
import { LibvirtError } from "../../libvirt/errors";
import { plainPath } from "../../libvirt/image-path";
import { type RunningUser, runningUsersOf, usersOfVolume } from "../../libvirt/storage-users";
import type { VolumePlace } from "../../libvirt/storage-index";
import type { Virsh } from "../../libvirt/virsh";
import { lane, refreshPool } from "../../libvirt/volume-listing";
import { descend, type Element, textOf } from "../../reconcile/tree";
import { derivedUuid, ownerOf } from "../identity";
import { fateOf, isAnother, ownershipOf, wasAdopted } from "../ownership";
import type { Change, Plan } from "../../reconcile/plan";
import type { Besides, ConnectedHost, Fate, Identity, Impact, Observed, Operation, Resource } from "../resource";
import { create, fill, mark } from "./create";
import { objections } from "./objections";
import { problems, stays, untouched } from "./problems";
import { seedOf } from "./source";
import { capacityOf, volume, withPoolInSight } from "./volumes";
import { bytesOf, gibibytes, isAsAsked, isRounded, toXml } from "./xml";

export const disk: Resource<DiskInputs> = {
  kind: "disk",
  schema,
  recreatable: false,
  host: (inputs) => inputs.pool.host,
  derive,
  besides,
  problems,
  objections,
  untouched,
  desired: toXml,
  dependants: () => [],
  impact,
  observe,
  create,
  apply,
  remove,
};

function derive(inputs: DiskInputs, old: Partial<DiskInputs> | undefined, identity: Identity): DiskInputs {
  if (typeof inputs.pool !== "object") return inputs;
  const { pool } = inputs;
  const typeIsKnown = pool.type !== undefined && !holdsUnknown(pool.type);
  const format = inputs.format ?? old?.format ?? (typeIsKnown && pool.type === "logical" ? "raw" : "qcow2");
  const ending = pool.type === "logical" ? "" : format === "qcow2" ? ".qcow2" : ".img";
  const name = inputs.name ?? old?.name ?? `${identity.resourceName}${ending}`;
  const uuid = inputs.uuid ?? old?.uuid ?? derivedUuid(pool.host, identity);
  const path = inputs.path ?? (pool.path === undefined || holdsUnknown(pool.path) ? old?.path : `${pool.path}/${name}`);
  const backing = seeded(inputs.backing, old?.backing);
  const seed = inputs.seed ?? old?.seed;
  return {
    ...inputs,
    ...(seed === undefined ? {} : { seed }),
    ...(backing === undefined ? {} : { backing }),
    format,
    name,
    ...(uuid === undefined ? {} : { uuid }),
    ...(path === undefined ? {} : { path }),
  };
}

/** The size of the disk beneath is what it was when it seeded this one: that it grew later changes nothing here. */
function seeded(backing: DiskInputs["backing"], old: DiskInputs["backing"]): DiskInputs["backing"] {
  const same = backing?.name === old?.name && backing?.pool === old?.pool;
  return backing === undefined || old?.sizeGiB === undefined || !same ? backing : { ...backing, sizeGiB: old.sizeGiB };
}

/** The seed is recorded with a new disk; afterwards another content of the same file is told. */
async function besides(inputs: DiskInputs, old: Partial<DiskInputs> | undefined): Promise<Besides<DiskInputs>> {
  if (old !== undefined && (old.seed === undefined || old.source?.path !== inputs.source?.path)) {
    return { inputs, told: {} };
  }
  const seed = await seedOf(inputs);
  if (old === undefined) return { inputs: seed === undefined ? inputs : { ...inputs, seed }, told: {} };
  if (seed === undefined || seed === old.seed) return { inputs, told: {} };
  return {
    inputs,
    told: { source: `${inputs.source?.path} has another content than when it seeded the disk; ${stays}` },
  };
}

interface ObservedDisk extends Observed {
  readonly claim: Claim | undefined;
  readonly users: readonly RunningUser[];
}

/** Only the size ever changes. */
function impact({ from, to }: Change, { pool }: DiskInputs, { users }: ObservedDisk): Impact {
  if (Number(to) < Number(from))
    return { class: "refused", note: "a disk never shrinks: what lies at its end would be lost" };
  if (pool.type === "logical") return { class: "refused", note: "libvirt cannot resize volumes of logical pools" };
  const above = users.filter(({ direct }) => !direct).map(({ name }) => name);
  if (above.length > 0) return { class: "refused", note: `guests run on an image on top of it: ${above.join(", ")}` };
  if (users.length > 0)
    return { class: "live", note: `running guests see it grow: ${users.map(({ name }) => name).join(", ")}` };
  return { class: "live" };
}

async function observe(
  { virsh }: ConnectedHost,
  inputs: DiskInputs,
  recorded: DiskInputs = inputs,
): Promise<ObservedDisk | undefined> {
  const name = inputs.name ?? "";
  const document = await volume(virsh, inputs.pool.name, name);
  if (document === undefined) return undefined;
  const path = pathOf(document);
  const claim = await claimOn(virsh, path);
  return {
    id: `${inputs.pool.name}/${name}`,
    document,
    settings: { sizeGiB: gibibytes(sizeOf(inputs, document)) },
    users: await runningUsersOf(virsh, { pool: inputs.pool.name, name, path }),
    // Another resource's claim is as good as another stack's.
    ownership:
      claim !== undefined && claim.uuid !== inputs.uuid
        ? "others"
        : ownershipOf(claim, inputs.pool.host, recorded.pool.host),
    adopted: wasAdopted(claim, inputs, recorded),
    creation: claim?.creation,
    release: `virsh secret-undefine ${claim?.uuid ?? "UUID"}`,
    claim,
    facts: { path, capacityGiB: gibibytes(capacityOf(document)) },
  };
}

function pathOf(volume: Element): string {
  return plainPath(textOf(descend(volume, "target", "path")));
}

/** Bytes; those that were asked for, where what is held is the same as far as the format allows. */
function sizeOf({ pool, sizeGiB }: DiskInputs, document: Element): number {
  const held = capacityOf(document);
  if (sizeGiB === undefined) return held;
  const wanted = bytesOf(sizeGiB);
  // Logical volumes are a whole number of extents.
  const same = isAsAsked(sizeGiB, held) || (pool.type === "logical" && isRounded(wanted, held));
  return same ? wanted : held;
}

async function apply(
  host: ConnectedHost,
  inputs: DiskInputs,
  observed: ObservedDisk,
  _plan: Plan,
  operation: Operation,
): Promise<void> {
  const path = String(observed.facts.path);
  const { adopted } = observed;
  const creation = operation.creation ?? observed.creation;
  const isMarked = observed.claim?.owner === ownerOf(inputs.pool.host) && observed.creation === creation;
  const unfinished = observed.ownership === "unfinished";
  if (unfinished && !(await isUsed(host, inputs, path))) {
    if (!isMarked) await mark(host, inputs, { state: "unfinished", adopted, creation });
    return fill(host, inputs, creation);
  }
  if (unfinished || !isMarked) await mark(host, inputs, { state: "finished", adopted, creation });
  if (inputs.sizeGiB === undefined) return;
  const wanted = bytesOf(inputs.sizeGiB);
  const current = sizeOf(inputs, observed.document);
  if (wanted === current) return;
  const where = whereOf(inputs);
  if (wanted < current) {
    throw new LibvirtError(
      "Unsafe",
      `Unable to shrink ${where} from ${gibibytes(current)} GiB to ${inputs.sizeGiB} GiB: what lies at its end would be lost. Nothing was changed.`,
      `State sizeGiB: ${gibibytes(current)}, or make a new disk and copy what is needed.`,
    );
  }
  if (inputs.pool.type === "logical") {
    throw new LibvirtError(
      "Unsupported",
      `Unable to grow ${where}: libvirt cannot resize volumes of logical pools. Nothing was changed.`,
      "Grow it with lvextend on the host, then state its new size.",
    );
  }
  const users = await runningUsersOf(host.virsh, placeOf(inputs, path), { fresh: true });
  const above = users.find(({ direct }) => !direct);
  if (above !== undefined) {
    throw new LibvirtError(
      "InUse",
      `Unable to grow ${where}: guest "${above.name}" runs on an image on top of it (a snapshot or an overlay). Nothing was changed.`,
      "Merge the snapshot first (virsh blockcommit), or stop the guest.",
    );
  }
  const [running] = users;
  if (running !== undefined) {
    await host.virsh.run("blockresize", [running.uuid, running.target, `${wanted}B`], {
      lane: "work",
      timeoutSeconds: 120,
    });
    await refreshPool(host.virsh, inputs.pool.name);
    return;
  }
  await host.virsh.run(
    "vol-resize",
    ["--pool", inputs.pool.name, "--vol", inputs.name ?? "", "--capacity", `${wanted}B`],
    {
      lane: lane(inputs.pool.name),
      timeoutSeconds: 300,
    },
  );
}

/**
 * A disk that somebody uses has been handed out, so it was finished once, whatever its claim says (a late orphan may have
 * written it anew): what is in it is data, and is not filled again.
 */
async function isUsed({ virsh }: ConnectedHost, inputs: DiskInputs, path: string): Promise<boolean> {
  return (await usersOfVolume(virsh, placeOf(inputs, path))).length > 0;
}

function placeOf({ pool, name = "" }: DiskInputs, path: string): VolumePlace {
  return { pool: pool.name, name, path };
}

async function remove({ virsh }: ConnectedHost, inputs: DiskInputs, { creation }: Operation): Promise<Fate> {
  const { pool, name = "", path = "" } = inputs;
  const found = await withPoolInSight(virsh, pool, name, async (inPool) => {
    const document = await volume(virsh, inPool, name);
    if (document === undefined) return undefined;
    const place = placeOf(inputs, pathOf(document));
    const claim = await claimOn(virsh, place.path);
    const mine = claim?.uuid === inputs.uuid ? claim : undefined;
    const fate = fateOf(mine, inputs, pool.host, { kind: "disk", name }, creation);
    if (fate !== "remove") return { ...place, fate };
    await refuseWhileUsed(virsh, inputs, place);
    await virsh.run("vol-delete", ["--pool", inPool, "--vol", name], { lane: lane(inPool), timeoutSeconds: 120 });
    return { ...place, fate };
  });
  const { fate } = found ?? { fate: "remove" as const };
  const claim = await claimOn(virsh, found?.path ?? path);
  // A creation that has claimed it anew, and not made it yet, keeps its claim.
  const isMine = claim !== undefined && claim.uuid === inputs.uuid && !isAnother(claim.creation, creation);
  if (isMine) await removeClaim(virsh, claim);
  return fate;
}

async function refuseWhileUsed(virsh: Virsh, inputs: DiskInputs, place: VolumePlace): Promise<void> {
  const users = await usersOfVolume(virsh, place).catch((error: unknown) => {
    if (!(error instanceof LibvirtError) || error.kind === "Unreachable") throw error;
    const [reason = ""] = error.message.split("\nHint: ");
    throw new LibvirtError(
      error.kind,
      `Unable to delete ${whereOf(inputs)}: whether anything uses it cannot be seen: ${reason.replace(/\.?$/, ".")} Nothing was changed.`,
      error.hint,
    );
  });
  if (users.length === 0) return;
  throw new LibvirtError(
    "InUse",
    `Unable to delete ${whereOf(inputs)}: it is in use by ${users.join(", ")}. Nothing was changed.`,
    "Take it away from them first.",
  );
}

function whereOf({ pool, name }: DiskInputs): string {
  return `disk "${name}" in pool "${pool.name}" on ${pool.host.uri}`;
}
