/** Making a disk: claimed, created, filled, and only then marked as finished. */

import type { DiskInputs } from "../../../schema/disk";
import { type Claim, removeClaim, writeClaim } from "../../libvirt/claim";
import { claimsOn, claimsOnSameFile } from "../../libvirt/claims-on";
import { LibvirtError } from "../../libvirt/errors";
import { plainPath } from "../../libvirt/image-path";
import { noteNewImage, noteOverlayOn } from "../../libvirt/new-images";
import { runningUsersOf, usersOfFile } from "../../libvirt/storage-users";
import type { Virsh } from "../../libvirt/virsh";
import { lane, refreshPool } from "../../libvirt/volume-listing";
import { isAnotherVolume, stampOf } from "../../libvirt/volume-stamp";
import { parseXml, serializeXml } from "../../libvirt/xml";
import { instantiate } from "../../reconcile/desired";
import { type Element, firstElement, textOf } from "../../reconcile/tree";
import { ownerOf } from "../recorded-identity";
import type { ConnectedHost, Operation } from "../resource";
import { capacityOf, volume } from "./volumes";
import { bring, type Content } from "./sources/bring";
import { uploadTold } from "./upload";
import { verifyUpload } from "./verify";
import { bytesOf, creationXml, rounded } from "./xml";

/** Uploads and fully allocated volumes take their time. */
const fillTimeoutSeconds = 3600;

export async function create(host: ConnectedHost, inputs: DiskInputs, operation: Operation): Promise<void> {
  const { virsh } = host;
  const { creation, signal } = operation;
  const wanted = await wantedFor(host, inputs, operation);
  const { claim, stood, other } = await claimForNew(host, inputs, creation);
  refuse(inputs, other);
  await refuseUnderGuest(virsh, inputs, claim.path);
  if (wanted.inputs.backing?.path !== undefined) noteOverlayOn(virsh, wanted.inputs.backing.path);
  await writeClaim(virsh, claim);
  await orWithdraw(virsh, { claim, stood }, inputs, async () => otherThan(claim.uuid, await claimsOn(virsh, claim)));
  await make(host, wanted.inputs, wanted.capacity, { claim, stood }, signal);
  noteNewImage(virsh, claim.path);
  const there = await volumeNow(host, inputs);
  const made: Claim = { ...claim, was: undefined, stamp: there?.stamp };
  // What is filled for an hour is known as ours before; what is not filled is finished.
  await writeClaim(virsh, inputs.source === undefined ? { ...made, state: "finished" } : made);
  await orWithdraw(virsh, { claim: made, stood }, inputs, () => otherOnVolume(host, inputs, there));
  if (inputs.source === undefined) return;
  try {
    await fill(host, inputs, wanted.content, { ...operation, ...made });
  } catch (error) {
    if (!(error instanceof LibvirtError) || error.kind === "Unreachable") throw error;
    // Where it stays, it is found by its claim.
    await abandon(host, inputs, { claim: made, stood }).catch(() => undefined);
    throw withPlace(error, inputs);
  }
}

/**
 * Two may claim one file by two names at one moment. Each looks after it has claimed, so one of them sees the other, and
 * takes back its claim alone: what is there may be the other's.
 */
async function orWithdraw(
  virsh: Virsh,
  claimed: Claimed,
  inputs: DiskInputs,
  look: () => Promise<Claim | undefined>,
): Promise<void> {
  const other = await look();
  if (other !== undefined) await takeBack(virsh, claimed);
  refuse(inputs, other);
}

/** The claim of a creation, and the one that stood there before: on a volume that somebody removed, or is out of sight only. */
interface Claimed {
  readonly claim: Claim;
  readonly stood: Claim | undefined;
}

async function takeBack(virsh: Virsh, { claim, stood }: Claimed): Promise<void> {
  await (stood === undefined ? removeClaim(virsh, claim) : writeClaim(virsh, stood));
}

/** Who has claimed the volume that is there by a name that leads there unseen, as far as the host tells volumes apart. */
async function otherOnVolume(
  { virsh }: ConnectedHost,
  { pool, uuid }: DiskInputs,
  there: VolumeNow | undefined,
): Promise<Claim | undefined> {
  if (there === undefined) return undefined;
  return otherThan(uuid, await claimsOnSameFile(virsh, { pool: pool.name, document: there.document }));
}

/** Before a creation that was cut short is filled: another may have made what is there, by another name. */
export async function refuseAnothers(host: ConnectedHost, inputs: DiskInputs, there?: VolumeNow): Promise<void> {
  refuse(inputs, await otherOnVolume(host, inputs, there));
}

function refuse(inputs: DiskInputs, other: Claim | undefined): void {
  if (other === undefined) return;
  throw new LibvirtError(
    "AlreadyExists",
    `Unable to create disk "${inputs.name}" in pool "${inputs.pool.name}" on ${inputs.pool.host.uri}: another resource has claimed ${other.path}.`,
    `Choose another name. Where no stack has that one any more, take its mark away on the host: virsh secret-undefine ${other.uuid}`,
  );
}

/**
 * A running guest goes on with a file that was removed under it. Another one of the same name would hide that, and the
 * guest would find it empty at its next start.
 */
async function refuseUnderGuest(virsh: Virsh, { name = "", pool }: DiskInputs, path: string): Promise<void> {
  const [user] = await runningUsersOf(virsh, { pool: pool.name, name, path });
  if (user === undefined) return;
  throw new LibvirtError(
    "InUse",
    `Unable to create disk "${name}" in pool "${pool.name}" on ${pool.host.uri}: guest "${user.name}" still runs on the one that somebody removed, and what it holds is lost when the guest stops. Nothing was changed.`,
    `Bring its data to safety first (virsh blockcopy ${user.name} ${user.target} to another file), then stop the guest and run this again.`,
  );
}

/**
 * Makes the volume. One that came into being since we looked is not this call's to fill or to remove: an orphaned
 * predecessor or a second `up` of the same stack made it and may be at work on it; the next `up` finds it by its claim.
 */
async function make(
  host: ConnectedHost,
  inputs: DiskInputs,
  capacity: number,
  claimed: Claimed,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { virsh } = host;
  const { pool, name = "" } = inputs;
  const document = instantiate(creationXml(inputs, capacity));
  try {
    await virsh.run("vol-create", ["--pool", pool.name, "--file", { xml: serializeXml(document) }], {
      lane: lane(pool.name),
      timeoutSeconds: fillTimeoutSeconds,
      signal,
    });
  } catch (error) {
    if (!(error instanceof LibvirtError) || error.kind === "Unreachable") throw error;
    if ((await volume(virsh, pool.name, name)) === undefined) {
      await takeBack(virsh, claimed);
      throw withPlace(error, inputs);
    }
    await orWithdraw(virsh, claimed, inputs, async () => otherOnVolume(host, inputs, await volumeNow(host, inputs)));
    throw new LibvirtError(
      "AlreadyExists",
      `Unable to create disk "${name}" in pool "${pool.name}" on ${pool.host.uri}: it came into being at this moment.`,
      "Another pulumi up works on the same stack, or one that was killed is still at work. Wait for it, then run this again: it finishes what is half done.",
    );
  }
}

/** Writes the content where there is one, checks the size, and marks the disk as finished. Can be done again. */
export async function fill(
  host: ConnectedHost,
  inputs: DiskInputs,
  content: Content | undefined,
  { creation, stamp, path, ...operation }: Operation & Pick<Mark, "stamp" | "path">,
): Promise<void> {
  const { virsh } = host;
  const { signal } = operation;
  const options = { lane: lane(inputs.pool.name), timeoutSeconds: fillTimeoutSeconds, signal } as const;
  const name = inputs.name ?? "";
  if (content !== undefined) {
    const upload = ["--pool", inputs.pool.name, "--vol", name, "--file", content.path];
    await uploadTold(virsh, inputs, content, operation, () => virsh.run("vol-upload", upload, options));
    await verifyUpload(virsh, inputs.pool.name, name, content.path);
    // What was uploaded says its own size: a qcow2 image is as large as its header says.
    await refreshPool(virsh, inputs.pool.name);
    const filled = await volume(virsh, inputs.pool.name, name);
    const wanted = inputs.sizeGiB === undefined ? 0 : bytesOf(inputs.sizeGiB);
    if (filled !== undefined && capacityOf(filled) < wanted) {
      await virsh.run("vol-resize", ["--pool", inputs.pool.name, "--vol", name, "--capacity", `${wanted}B`], options);
    }
  }
  await mark(host, inputs, { state: "finished", creation, stamp, path });
}

interface VolumeNow {
  readonly document: Element;
  /** A host that does not tell it is as good as before. */
  readonly stamp: string | undefined;
}

/** Which volume is there now, for its claim. */
export async function volumeNow(
  { virsh }: ConnectedHost,
  { pool, name = "" }: DiskInputs,
): Promise<VolumeNow | undefined> {
  const document = await volume(virsh, pool.name, name);
  if (document === undefined) return undefined;
  const stamp = await stampOf(virsh, pool.name, document).catch((error: unknown) => {
    if (error instanceof LibvirtError) return undefined;
    throw error;
  });
  return { document, stamp };
}

/**
 * What a claim says beside whose it is. `path`: of the claim that stands, which it keeps also under another name of the
 * file: libvirt changes no secret's usage.
 */
type Mark = Omit<Claim, "uuid" | "owner" | "path"> & Partial<Pick<Claim, "path">>;

export async function mark(host: ConnectedHost, inputs: DiskInputs, as: Mark): Promise<void> {
  await writeClaim(host.virsh, await claimFor(host, inputs, as));
}

/** Takes back what this call began, so that nothing is half-left, unless somebody uses it or that cannot be seen. */
async function abandon({ virsh }: ConnectedHost, inputs: DiskInputs, claimed: Claimed): Promise<void> {
  const { claim } = claimed;
  const { pool, name = "" } = inputs;
  const document = await volume(virsh, pool.name, name);
  if (document !== undefined && !isAnotherVolume(claim.stamp, await stampOf(virsh, pool.name, document))) {
    const users = await usersOfFile(virsh, claim.path);
    if (users.length > 0) return;
    await virsh.run("vol-delete", ["--pool", pool.name, "--vol", name], { lane: lane(pool.name), timeoutSeconds: 120 });
  }
  await takeBack(virsh, claimed);
}

/** A claim of ours on what is not there keeps in mind which finished volume it was on. `other`: who has claimed the place. */
async function claimForNew(
  host: ConnectedHost,
  inputs: DiskInputs,
  creation: string | undefined,
): Promise<Claimed & { readonly other: Claim | undefined }> {
  const { virsh } = host;
  const uuid = inputs.uuid ?? "";
  const path = await pathIn(virsh, inputs);
  const standing = await claimsOn(virsh, { path });
  const stood = standing.find((each) => each.uuid === uuid);
  const was = stood?.state === "finished" ? stood.stamp : stood?.was;
  const isOnData = stood?.state === "finished" || was !== undefined;
  const claim = await claimFor(host, inputs, { state: "unfinished", creation, was, path: stood?.path ?? path });
  return { claim, stood: isOnData ? stood : undefined, other: otherThan(uuid, standing) };
}

const otherThan = (uuid: string | undefined, claims: readonly Claim[]): Claim | undefined =>
  claims.find((each) => each.uuid !== uuid);

async function claimFor({ virsh }: ConnectedHost, inputs: DiskInputs, mark: Mark): Promise<Claim> {
  const uuid = inputs.uuid ?? "";
  const path = mark.path ?? (await standingPath(virsh, inputs, uuid));
  return { ...mark, uuid, owner: ownerOf(inputs.pool.host) ?? "", path };
}

/** One that we have under another name of the place, else where its pool would have it now. */
async function standingPath(virsh: Virsh, inputs: DiskInputs, uuid: string): Promise<string> {
  const path = await pathIn(virsh, inputs);
  return (await claimsOn(virsh, { path })).find((each) => each.uuid === uuid)?.path ?? path;
}

async function pathIn(virsh: Virsh, inputs: DiskInputs): Promise<string> {
  const pool = parseXml(
    await virsh.run("pool-dumpxml", ["--pool", inputs.pool.name], { lane: lane(inputs.pool.name) }),
  );
  const folder = textOf(firstElement(firstElement(pool, "target"), "path"));
  return plainPath(`${folder}/${inputs.name}`);
}

/** What is to be made: bytes as stated, or as the content or the disk beneath needs, and the disk beneath as it is there. */
async function wantedFor(
  host: ConnectedHost,
  inputs: DiskInputs,
  operation: Operation,
): Promise<{ capacity: number; inputs: DiskInputs; content?: Content }> {
  const wanted = inputs.sizeGiB === undefined ? 0 : bytesOf(inputs.sizeGiB);
  if (inputs.source !== undefined) {
    const content = await bring(inputs.source, inputs.format, operation);
    return { capacity: rounded(Math.max(wanted, content.image.bytes)), inputs, content };
  }
  if (inputs.backing === undefined) return { capacity: wanted, inputs };
  const beneath = await volume(host.virsh, inputs.backing.pool, inputs.backing.name);
  if (beneath === undefined) {
    throw new LibvirtError(
      "Gone",
      `Unable to create disk "${inputs.name}" on ${inputs.pool.host.uri}: the disk beneath it, "${inputs.backing.name}" in pool "${inputs.backing.pool}", is not there.`,
      "Bring it back, or give the disk other backing.",
    );
  }
  const least = capacityOf(beneath);
  if (wanted !== 0 && wanted < least) {
    throw new LibvirtError(
      "InvalidInput",
      `Unable to create disk "${inputs.name}" with ${inputs.sizeGiB} GiB on "${inputs.backing.name}", which has ${least / 2 ** 30} GiB: an overlay cannot be smaller than what it lies on.`,
      `Give it at least ${least / 2 ** 30} GiB, or leave sizeGiB out.`,
    );
  }
  const target = firstElement(beneath, "target");
  const backing = {
    path: textOf(firstElement(target, "path")),
    // A reference that was written by hand may not say it; then it is what libvirt takes the volume for.
    format: firstElement(target, "format")?.attributes.type ?? "raw",
    ...inputs.backing,
  };
  return { capacity: Math.max(wanted, least), inputs: { ...inputs, backing } };
}

function withPlace(error: LibvirtError, inputs: DiskInputs): LibvirtError {
  const hint =
    error.kind === "NoSpace"
      ? "Make room in the pool, or choose another one. Nothing is left of this disk."
      : error.hint;
  return new LibvirtError(
    error.kind,
    `Unable to create disk "${inputs.name}" in pool "${inputs.pool.name}" on ${inputs.pool.host.uri}: ${error.message.split("\nHint: ")[0]?.replace(/^.*?": /, "")}`,
    hint,
  );
}
