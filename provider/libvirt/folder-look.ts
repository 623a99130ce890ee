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

const prefix = "pulumi-virt-look-";

/** Whether a pool of this name is one of these, ours or another process's. */
export function isPassing(pool: string): boolean {
  return pool.startsWith(prefix);
}

async function showFolder(virsh: Virsh, folder: string, attempts = 3): Promise<string | undefined> {
  const name = `${prefix}${randomBytes(6).toString("hex")}`;
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
