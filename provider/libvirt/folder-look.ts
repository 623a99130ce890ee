/**
 * A folder of the host that no active pool shows, seen through libvirt alone: a pool without a definition that lives as
 * long as the question (decisions/who-uses-a-volume.md).
 */

import { randomBytes, randomInt } from "node:crypto";
import { posix } from "node:path";
import type { Element } from "../reconcile/tree";
import { LibvirtError } from "./errors";
import { inventory } from "./inventory";
import type { Virsh } from "./virsh";
import { listedOf, type SeenVolume, volumesIn } from "./volume-listing";
import { serializeXml } from "./xml";

/** Everything in the folder; empty where the folder is not there. Throws where that cannot be told. */
export async function filesInFolder(virsh: Virsh, folder: string): Promise<readonly SeenVolume[]> {
  return (await throughFolder(virsh, folder, (pool) => volumesIn(virsh, pool))) ?? [];
}

/** Runs the action with the name of a pool that shows the folder; undefined where the folder is not there. */
export async function throughFolder<Result>(
  virsh: Virsh,
  folder: string,
  action: (pool: string) => Promise<Result>,
): Promise<Result | undefined> {
  await endAbandoned(virsh);
  const pool = await showFolder(virsh, folder);
  if (pool === undefined) return undefined;
  try {
    return await action(pool);
  } finally {
    await endLook(virsh, pool);
  }
}

/** One whose folder could not be read for a moment is gone by itself: it has no definition. */
async function endLook(virsh: Virsh, pool: string): Promise<void> {
  try {
    await virsh.run("pool-destroy", [pool], { lane: "work", timeoutSeconds: 60 });
  } catch (error) {
    if (!(error instanceof LibvirtError) || error.kind === "Unreachable") throw error;
    if ((await inventory(virsh).pools({ fresh: true })).some(({ name }) => name === pool)) throw error;
  }
}

/** Those of the names that the folder surely does not have; none where that cannot be told. */
export async function missingFrom(virsh: Virsh, folder: string, names: readonly string[]): Promise<readonly string[]> {
  try {
    const listed = (await throughFolder(virsh, folder, (pool) => listedOf(virsh, pool, names))) ?? [];
    return names.filter((name) => !listed.includes(name));
  } catch (error) {
    if (!(error instanceof LibvirtError) || error.kind === "Unreachable") throw error;
    return [];
  }
}

/** A look's name tells when it began, by the clock of whose look it is: who is killed meanwhile leaves the pool behind. */
const prefix = "pulumi-virt-look-";
const began = new RegExp(`^${prefix}(\\d+)-`);
/** No look takes that long, and no clock should be that wrong. */
const abandonedAfterMilliseconds = 3_600_000;

/** Whether a pool of this name is one of these, ours or another process's. */
export function isPassing(pool: string): boolean {
  return pool.startsWith(prefix);
}

const tidied = new WeakSet<Virsh>();

/** Once a connection, before its first look: libvirt keeps such a pool until its daemon ends. */
async function endAbandoned(virsh: Virsh): Promise<void> {
  if (tidied.has(virsh)) return;
  tidied.add(virsh);
  const abandoned = (await inventory(virsh).pools()).filter(({ name }) => {
    const at = began.exec(name)?.[1];
    return at !== undefined && Date.now() - Number(at) > abandonedAfterMilliseconds;
  });
  // One that cannot be ended is in nobody's way.
  await Promise.allSettled(abandoned.map(({ name }) => endLook(virsh, name)));
}

async function showFolder(virsh: Virsh, folder: string, attempts = 3): Promise<string | undefined> {
  const name = `${prefix}${Date.now()}-${randomBytes(6).toString("hex")}`;
  // libvirt refuses two pools of one folder, by the text of the path: an inactive one, or another look, may have it.
  const path = `${folder === "/" ? "" : folder}${"/.".repeat(randomInt(1, 200))}`;
  const document = element("pool", [element("name", [name]), element("target", [element("path", [path])])], "dir");
  try {
    await virsh.run("pool-create", [{ xml: serializeXml(document) }], { lane: "work", timeoutSeconds: 120 });
    return name;
  } catch (error) {
    if (!(error instanceof LibvirtError) || error.kind === "Unreachable") throw error;
    if (!(await isThere(virsh, folder))) return undefined;
    if (attempts <= 1) throw error;
    return showFolder(virsh, folder, attempts - 1);
  }
}

/** By a listing of the folder around it, never by the prose of an error. */
async function isThere(virsh: Virsh, folder: string): Promise<boolean> {
  if (folder === "/") return true;
  const around = await filesInFolder(virsh, posix.dirname(folder));
  return around.some(({ name }) => name === posix.basename(folder));
}

function element(name: string, children: Element["children"], type?: string): Element {
  return { name, attributes: type === undefined ? {} : { type }, children };
}
