/**
 * Files of a host that is this machine: whether they are there, and whether QEMU's user can get to them. Of other hosts
 * libvirt tells nothing without a pool, so nothing is said.
 */

import type { Stats } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { type Element, elementsOf, firstElement, textOf } from "../reconcile/tree";
import { access, mayUse, type User } from "./permissions";

/** Who guests run as, by the base label that libvirt gives their files. */
export type GuestUser = User;

/** QEMU's user; undefined where libvirt leaves files alone (a session), so that the user is the daemon's own. */
export function guestUserOf(capabilities: Element, type: string): GuestUser | undefined {
  const host = firstElement(capabilities, "host");
  const dac = elementsOf(host ?? capabilities, "secmodel").find(
    (model) => textOf(firstElement(model, "model")) === "dac",
  );
  const labels = dac === undefined ? [] : elementsOf(dac, "baselabel");
  const label = textOf(labels.find(({ attributes }) => attributes.type === type) ?? labels[0]);
  const ids = /^\+(\d+):\+(\d+)$/.exec(label);
  return ids === null ? undefined : { uid: Number(ids[1]), gid: Number(ids[2]) };
}

/** Whether something is there; undefined where this user cannot see. */
export async function isThere(path: string): Promise<boolean | undefined> {
  const found = await look(path);
  return found === "hidden" ? undefined : found !== undefined;
}

/** The first folder above the file that the user may not pass; undefined where all let it through, or cannot be seen. */
export async function closedFolder(path: string, user: GuestUser): Promise<string | undefined> {
  if (user.uid === 0) return undefined;
  const groups = await groupsOf(user);
  for (const folder of foldersAbove(path)) {
    const found = await look(folder);
    if (found === "hidden" || found === undefined) return undefined;
    if (!mayUse(found, user, groups, access.pass)) return folder;
  }
  return undefined;
}

function foldersAbove(path: string): string[] {
  const parent = dirname(path);
  return parent === path ? [parent] : [...foldersAbove(parent), parent];
}

async function look(path: string): Promise<Stats | "hidden" | undefined> {
  try {
    return await stat(path);
  } catch (error) {
    return ["ENOENT", "ENOTDIR"].includes((error as NodeJS.ErrnoException).code ?? "") ? undefined : "hidden";
  }
}

/** The groups that libvirt gives the guest's process: those of the user's name. */
async function groupsOf({ uid, gid }: GuestUser): Promise<ReadonlySet<number>> {
  const rows = async (file: string): Promise<string[][]> =>
    (await readFile(file, "utf8").catch(() => "")).split("\n").map((line) => line.split(":"));
  const name = (await rows("/etc/passwd")).find(([, , id]) => Number(id) === uid)?.[0];
  const named = (await rows("/etc/group")).filter(
    ([, , , members]) => name !== undefined && members?.split(",").includes(name),
  );
  return new Set([gid, ...named.map(([, , id]) => Number(id))]);
}
