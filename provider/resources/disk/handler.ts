/** Disks. Data is never a side effect: nothing is filled twice, nothing shrinks, nothing in use is removed. */

import { disk as schema, type DiskInputs } from "../../../schema/disk";
import type { PoolReference } from "../../../schema/references";
import { holdsUnknown } from "../../../schema/unknown";
import { type Claim, claimsOnPaths, removeClaim } from "../../libvirt/claim";
import { type Claimed, claimsOn } from "../../libvirt/claims-on";
import { LibvirtError } from "../../libvirt/errors";
import { plainPath } from "../../libvirt/image-path";
import {
  namesOfFile,
  type RunningUser,
  runningUsersOf,
  usersOfFile,
  type VolumePlace,
} from "../../libvirt/storage-users";
import type { Virsh } from "../../libvirt/virsh";
import { lane, refreshPool } from "../../libvirt/volume-listing";
import { isAnotherVolume, sameFiles, stampOf } from "../../libvirt/volume-stamp";
import { descend, type Element, textOf } from "../../reconcile/tree";
import { derivedUuid, ownerOf } from "../recorded-identity";
import { fateOf, isAnother, ownershipOf, wasAdopted } from "../ownership";
import { inputsOf } from "../reading/inputs-of";
import type { Change, Plan } from "../../reconcile/plan";
import type { Besides, ConnectedHost, Fate, Identity, Impact, Observed, Operation, Resource } from "../resource";
import { create, fill, mark, refuseAnothers, volumeNow } from "./create";
import { objections } from "./objections";
import { problems, stays, untouched } from "./problems";
import { bring } from "./sources/bring";
import { seedOf } from "./sources/source";
import { isAnotherSource, isKnownByItsBytes, named } from "./sources/words";
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
  inputsOf: (seen, host) => inputsOf(disk, seen, host),
  dependants: () => [],
  impact,
  observe,
  create,
  apply,
  remove,
};

function derive(inputs: DiskInputs, old: Partial<DiskInputs> | undefined, identity: Identity): DiskInputs {
  // Where all of the pool is not known yet, what was recorded stays.
  if (typeof inputs.pool !== "object") return { ...recordedOf(old), ...inputs };
  const { pool } = inputs;
  const format = inputs.format ?? old?.format ?? formatIn(pool);
  const ending = endingOf(pool, format);
  const name = inputs.name ?? old?.name ?? (ending === undefined ? undefined : `${identity.resourceName}${ending}`);
  const uuid = inputs.uuid ?? old?.uuid ?? derivedUuid(pool.host, identity);
  const isPlaceKnown = pool.path !== undefined && name !== undefined && !holdsUnknown([pool.path, name]);
  const path = inputs.path ?? (isPlaceKnown ? `${pool.path}/${name}` : old?.path);
  const backing = seeded(inputs.backing, old?.backing);
  const seed = inputs.seed ?? old?.seed;
  return {
    ...inputs,
    ...(seed === undefined ? {} : { seed }),
    ...(backing === undefined ? {} : { backing }),
    ...(format === undefined ? {} : { format }),
    ...(name === undefined ? {} : { name }),
    ...(uuid === undefined ? {} : { uuid }),
    ...(path === undefined ? {} : { path }),
  };
}

/** What a disk is where nothing is said; undefined while the kind of pool is not known yet. */
function formatIn({ type }: PoolReference): DiskInputs["format"] {
  if (holdsUnknown(type)) return undefined;
  return type === "logical" ? "raw" : "qcow2";
}

/** What a name by default ends in; undefined while that is not known yet. */
function endingOf({ type }: PoolReference, format: DiskInputs["format"]): string | undefined {
  if (type === "logical") return "";
  if (format === undefined || holdsUnknown([type, format])) return undefined;
  return format === "qcow2" ? ".qcow2" : ".img";
}

/** Of what was recorded, what a program need not say. */
function recordedOf({ name, uuid, path, format, seed }: Partial<DiskInputs> = {}): Partial<DiskInputs> {
  const kept = { name, uuid, path, format, seed };
  return Object.fromEntries(Object.entries(kept).filter(([, value]) => value !== undefined));
}

/** The size of the disk beneath is what it was when it seeded this one: that it grew later changes nothing here. */
function seeded(backing: DiskInputs["backing"], old: DiskInputs["backing"]): DiskInputs["backing"] {
  const same = backing?.name === old?.name && backing?.pool === old?.pool;
  return backing === undefined || old?.sizeGiB === undefined || !same ? backing : { ...backing, sizeGiB: old.sizeGiB };
}

/** The seed is recorded with a new disk; afterwards another one is told, or replaces the disk where the program says so. */
async function besides(inputs: DiskInputs, old: Partial<DiskInputs> | undefined): Promise<Besides<DiskInputs>> {
  const { source } = inputs;
  const seed = await seedOf(inputs);
  if (source === undefined || seed === undefined) return { inputs, notCarriedOut: {} };
  if (old === undefined) return { inputs: { ...inputs, seed }, notCarriedOut: {} };
  if (old.seed === undefined) return { inputs, notCarriedOut: {} };
  const isAnother = isAnotherSource(old.source, source);
  if (!isAnother && (seed === old.seed || !isKnownByItsBytes(source))) return { inputs, notCarriedOut: {} };
  if (inputs.onSourceChange === "replace") return { inputs: { ...inputs, seed }, notCarriedOut: {} };
  // What the words themselves tell is told of them (problems.ts).
  if (isAnother) return { inputs, notCarriedOut: {} };
  return {
    inputs,
    notCarriedOut: { source: `${named(source)} has another content than when it seeded the disk; ${stays}` },
  };
}

interface ObservedDisk extends Observed {
  readonly claim: Claim | undefined;
  /** The program says that it takes over what is there, and did not say so before. */
  readonly takesOver: boolean;
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
  before?: DiskInputs,
): Promise<ObservedDisk | undefined> {
  const recorded = before ?? inputs;
  const name = inputs.name ?? "";
  const document = await volume(virsh, inputs.pool.name, name);
  if (document === undefined) return undefined;
  const path = pathOf(document);
  const { mine, others } = parted(await claimsOn(virsh, { pool: inputs.pool.name, document }), inputs);
  const claim = others ?? mine;
  return {
    id: `${inputs.pool.name}/${name}`,
    document,
    settings: { sizeGiB: gibibytes(sizeOf(inputs, document)) },
    users: await runningUsersOf(virsh, { pool: inputs.pool.name, name, path }),
    // Another resource's claim is as good as another stack's.
    ownership: others !== undefined ? "others" : ownershipOf(claim, inputs.pool.host, recorded.pool.host),
    adopted: wasAdopted(claim, inputs, recorded),
    creation: claim?.creation,
    release: `virsh secret-undefine ${claim?.uuid ?? "UUID"}`,
    claim,
    takesOver: inputs.adopt === true && before?.adopt !== true,
    facts: { path, capacityGiB: gibibytes(capacityOf(document)) },
  };
}

/** Of the claims on one file, our own, and one of another resource, which may know the file by another path. */
function parted(
  claims: readonly Claim[],
  { uuid }: DiskInputs,
): { mine: Claim | undefined; others: Claim | undefined } {
  return { mine: claims.find((each) => each.uuid === uuid), others: claims.find((each) => each.uuid !== uuid) };
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
  const { claim } = observed;
  const creation = operation.creation ?? observed.creation;
  const there = await volumeNow(host, inputs);
  const isAnotherOne = isAnotherVolume(claim?.stamp, there?.stamp);
  const isTakenOver = isAnotherOne && observed.takesOver;
  const adopted = observed.adopted || isTakenOver;
  // Only the program's own word makes another volume the disk's: else the next deletion would take what is somebody else's.
  const stamp = isTakenOver ? there?.stamp : (claim?.stamp ?? there?.stamp);
  const isMarked =
    claim?.owner === ownerOf(inputs.pool.host) && observed.creation === creation && claim?.stamp === stamp;
  const said = { creation, stamp, path: claim?.path };
  const unfinished = observed.ownership === "unfinished";
  // What was out of sight when it was to be made anew, and was finished before.
  const isBack = claim?.was !== undefined && claim.was === there?.stamp;
  if (unfinished && !isTakenOver && !isBack && !(await isUsed(host, path))) {
    if (isAnotherOne && inputs.source !== undefined) throw anotherInTheWay(inputs);
    await refuseAnothers(host, inputs, there);
    if (!isMarked) await mark(host, inputs, { state: "unfinished", adopted, ...said });
    const content = inputs.source && (await bring(inputs.source, inputs.format, operation));
    return fill(host, inputs, content, { ...operation, ...said });
  }
  if (unfinished || !isMarked) await mark(host, inputs, { state: "finished", adopted, ...said });
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
 * A disk that somebody uses has been handed out, so it was finished once, whatever its claim says (a process of an earlier
 * `up` may have written it anew): what is in it is data, and is not filled again.
 */
async function isUsed({ virsh }: ConnectedHost, path: string): Promise<boolean> {
  return (await usersOfFile(virsh, path)).length > 0;
}

function placeOf({ pool, name = "" }: DiskInputs, path: string): VolumePlace {
  return { pool: pool.name, name, path };
}

async function remove({ virsh }: ConnectedHost, inputs: DiskInputs, { creation }: Operation): Promise<Fate> {
  const { pool, name = "" } = inputs;
  const found = await withPoolInSight(virsh, pool, name, async (inPool) => {
    const document = await volume(virsh, inPool, name);
    if (document === undefined) return undefined;
    const path = pathOf(document);
    const { mine } = parted(await claimsOn(virsh, { pool: inPool, document }), inputs);
    const fate = fateOf(mine, inputs, pool.host, { kind: "disk", name }, creation);
    const claimed = { path: mine?.path ?? path };
    if (fate !== "remove") return { claimed, fate };
    if (await isAnotherThere(virsh, inputs, mine?.stamp, inPool, document))
      return { claimed, fate: "another" as const };
    await refuseWhileUsed(virsh, inputs, path);
    await refuseWhileClaimed(virsh, inputs, path, document);
    await virsh.run("vol-delete", ["--pool", inPool, "--vol", name], { lane: lane(inPool), timeoutSeconds: 120 });
    return { claimed, fate };
  });
  const { fate, claimed } = found ?? { fate: "remove" as const, claimed: { path: inputs.path ?? "" } };
  await releaseClaim(virsh, inputs, claimed, creation);
  return fate;
}

/** Nobody is asked where the claim does not say which volume it is on. Throws while that cannot be seen. */
async function isAnotherThere(
  virsh: Virsh,
  inputs: DiskInputs,
  stamp: string | undefined,
  pool: string,
  document: Element,
): Promise<boolean> {
  if (stamp === undefined) return false;
  const now = await stampOf(virsh, pool, document).catch((error: unknown) => {
    throw cannotBeSeen(error, inputs, "whether it is the one that was made");
  });
  return isAnotherVolume(stamp, now);
}

/** A creation that has claimed it anew, and not made it yet, keeps its claim. */
async function releaseClaim(
  virsh: Virsh,
  inputs: DiskInputs,
  claimed: Claimed,
  creation: string | undefined,
): Promise<void> {
  const { mine } = parted(await claimsOn(virsh, claimed), inputs);
  if (mine !== undefined && !isAnother(mine.creation, creation)) await removeClaim(virsh, mine);
}

/** Two may have claimed one file by two names that only its folders tell to be of one file. */
async function refuseWhileClaimed(virsh: Virsh, inputs: DiskInputs, path: string, document: Element): Promise<void> {
  const claims = await claimsOnPaths(virsh, [...(await namesOfFile(virsh, path))]);
  const paths = claims.map((claim) => claim.path);
  // Names that only moments tell may be of files that were made together: what is surely another file is nobody's affair.
  const same = paths.length > 1 ? await sameFiles(virsh, document, paths) : undefined;
  const { others } = parted(
    claims.filter(({ path }) => same?.get(path) !== false),
    inputs,
  );
  if (others === undefined) return;
  throw new LibvirtError(
    "Unsafe",
    `Unable to delete ${whereOf(inputs)}: another stack or resource manages the same file, as ${others.path}. Nothing was changed.`,
    `Take it out of the state of one of the two (pulumi state delete), and its mark away on the host: virsh secret-undefine ${inputs.uuid} or ${others.uuid}`,
  );
}

async function refuseWhileUsed(virsh: Virsh, inputs: DiskInputs, path: string): Promise<void> {
  const users = await usersOfFile(virsh, path).catch((error: unknown) => {
    throw cannotBeSeen(error, inputs, "whether anything uses it");
  });
  if (users.length === 0) return;
  throw new LibvirtError(
    "InUse",
    `Unable to delete ${whereOf(inputs)}: it is in use by ${users.join(", ")}. Nothing was changed.`,
    "Take it away from them first.",
  );
}

function cannotBeSeen(error: unknown, inputs: DiskInputs, what: string): unknown {
  if (!(error instanceof LibvirtError) || error.kind === "Unreachable") return error;
  const [reason = ""] = error.message.split("\nHint: ");
  return new LibvirtError(
    error.kind,
    `Unable to delete ${whereOf(inputs)}: ${what} cannot be seen: ${reason.replace(/\.?$/, ".")} Nothing was changed.`,
    error.hint,
  );
}

function anotherInTheWay(inputs: DiskInputs): LibvirtError {
  return new LibvirtError(
    "Unsafe",
    `Unable to fill ${whereOf(inputs)}: another file is where it was being made. Nothing was changed.`,
    "Take that file away, or take it over as it is with adopt: true.",
  );
}

function whereOf({ pool, name }: DiskInputs): string {
  return `disk "${name}" in pool "${pool.name}" on ${pool.host.uri}`;
}
