/** Making a disk: claimed, created, filled, and only then marked as finished. */

import { resolve } from "node:path";
import type { DiskInputs } from "../../../schema/disk";
import { type Claim, claimOn, removeClaim, writeClaim } from "../../libvirt/claim";
import { LibvirtError } from "../../libvirt/errors";
import { plainPath } from "../../libvirt/image-path";
import { usersOfVolume } from "../../libvirt/storage-users";
import { lane, refreshPool } from "../../libvirt/volume-listing";
import { parseXml, serializeXml } from "../../libvirt/xml";
import { instantiate } from "../../reconcile/desired";
import { firstElement, textOf } from "../../reconcile/tree";
import { ownerOf } from "../identity";
import type { ConnectedHost, Operation } from "../resource";
import { capacityOf, volume } from "./volumes";
import { readImage } from "./image";
import { verifyUpload } from "./verify";
import { bytesOf, creationXml, rounded } from "./xml";

/** Uploads and fully allocated volumes take their time. */
const fillTimeoutSeconds = 3600;

export async function create(host: ConnectedHost, inputs: DiskInputs, { creation }: Operation): Promise<void> {
  const { virsh } = host;
  const wanted = await wantedFor(host, inputs);
  const claim = await claimFor(host, inputs, { state: "unfinished", creation });
  const standing = await claimOn(virsh, claim.path);
  if (standing !== undefined && standing.uuid !== claim.uuid) {
    throw new LibvirtError(
      "AlreadyExists",
      `Unable to create disk "${inputs.name}" in pool "${inputs.pool.name}" on ${inputs.pool.host.uri}: another resource has claimed ${claim.path}.`,
      "Choose another name.",
    );
  }
  await writeClaim(virsh, claim);
  await make(host, wanted.inputs, wanted.capacity, claim);
  try {
    await fill(host, inputs, creation);
  } catch (error) {
    if (!(error instanceof LibvirtError) || error.kind === "Unreachable") throw error;
    // Where it stays, it is found by its claim.
    await abandon(host, inputs, claim).catch(() => undefined);
    throw withPlace(error, inputs);
  }
}

/**
 * Makes the volume. One that came into being since we looked is not this call's to fill or to remove: an orphaned
 * predecessor or a second `up` of the same stack made it and may be at work on it; the next `up` finds it by its claim.
 */
async function make({ virsh }: ConnectedHost, inputs: DiskInputs, capacity: number, claim: Claim): Promise<void> {
  const { pool, name = "" } = inputs;
  const document = instantiate(creationXml(inputs, capacity));
  try {
    await virsh.run("vol-create", ["--pool", pool.name, "--file", { xml: serializeXml(document) }], {
      lane: lane(pool.name),
      timeoutSeconds: fillTimeoutSeconds,
    });
  } catch (error) {
    if (!(error instanceof LibvirtError) || error.kind === "Unreachable") throw error;
    if ((await volume(virsh, pool.name, name)) === undefined) {
      await removeClaim(virsh, claim);
      throw withPlace(error, inputs);
    }
    throw new LibvirtError(
      "AlreadyExists",
      `Unable to create disk "${name}" in pool "${pool.name}" on ${pool.host.uri}: it came into being at this moment.`,
      "Another pulumi up works on the same stack, or one that was killed is still at work. Wait for it, then run this again: it finishes what is half done.",
    );
  }
}

/** Writes the content where there is one, checks the size, and marks the disk as finished. Can be done again. */
export async function fill(host: ConnectedHost, inputs: DiskInputs, creation: string | undefined): Promise<void> {
  const { virsh } = host;
  const options = { lane: lane(inputs.pool.name), timeoutSeconds: fillTimeoutSeconds } as const;
  const name = inputs.name ?? "";
  if (inputs.source !== undefined) {
    const path = resolve(inputs.source.path);
    await virsh.run("vol-upload", ["--pool", inputs.pool.name, "--vol", name, "--file", path], options);
    await verifyUpload(virsh, inputs.pool.name, name, path);
    // What was uploaded says its own size: a qcow2 image is as large as its header says.
    await refreshPool(virsh, inputs.pool.name);
    const filled = await volume(virsh, inputs.pool.name, name);
    const wanted = inputs.sizeGiB === undefined ? 0 : bytesOf(inputs.sizeGiB);
    if (filled !== undefined && capacityOf(filled) < wanted) {
      await virsh.run("vol-resize", ["--pool", inputs.pool.name, "--vol", name, "--capacity", `${wanted}B`], options);
    }
  }
  await mark(host, inputs, { state: "finished", creation });
}

/** What a claim says beside whose it is. */
type Mark = Omit<Claim, "uuid" | "owner" | "path">;

export async function mark(host: ConnectedHost, inputs: DiskInputs, as: Mark): Promise<void> {
  await writeClaim(host.virsh, await claimFor(host, inputs, as));
}

/** Takes back what this call began, so that nothing is half-left, unless somebody uses it or that cannot be seen. */
async function abandon({ virsh }: ConnectedHost, inputs: DiskInputs, claim: Claim): Promise<void> {
  const { pool, name = "" } = inputs;
  if ((await volume(virsh, pool.name, name)) !== undefined) {
    const users = await usersOfVolume(virsh, { pool: pool.name, name, path: claim.path });
    if (users.length > 0) return;
    await virsh.run("vol-delete", ["--pool", pool.name, "--vol", name], { lane: lane(pool.name), timeoutSeconds: 120 });
  }
  await removeClaim(virsh, claim);
}

async function claimFor({ virsh }: ConnectedHost, inputs: DiskInputs, mark: Mark): Promise<Claim> {
  const pool = parseXml(
    await virsh.run("pool-dumpxml", ["--pool", inputs.pool.name], { lane: lane(inputs.pool.name) }),
  );
  const folder = textOf(firstElement(firstElement(pool, "target"), "path"));
  return {
    ...mark,
    uuid: inputs.uuid ?? "",
    owner: ownerOf(inputs.pool.host) ?? "",
    path: plainPath(`${folder}/${inputs.name}`),
  };
}

/** What is to be made: bytes as stated, or as the content or the disk beneath needs, and the disk beneath as it is there. */
async function wantedFor(host: ConnectedHost, inputs: DiskInputs): Promise<{ capacity: number; inputs: DiskInputs }> {
  const wanted = inputs.sizeGiB === undefined ? 0 : bytesOf(inputs.sizeGiB);
  if (inputs.source !== undefined) {
    const { bytes } = await readImage(resolve(inputs.source.path));
    return { capacity: rounded(Math.max(wanted, bytes)), inputs };
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
