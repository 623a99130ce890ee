/**
 * What was made of images on the machine that runs Pulumi: kept by content below the user's cache folder, so that fifty
 * disks and the next `up` need it once. Whatever lies there may be removed at any time.
 */

import { randomUUID } from "node:crypto";
import { mkdir, readdir, rename, rm, stat, utimes } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";

/** XDG Base Directory Specification, "Environment variables". */
export function cacheFolder(): string {
  const { XDG_CACHE_HOME: set = "" } = process.env;
  return join(set.startsWith("/") ? set : join(homedir(), ".cache"), "pulumi-virt", "images");
}

/** What nobody has used for so long is removed. */
const keptDays = 30;

const making = new Map<string, Promise<string>>();

/**
 * The path of the file of this name, made where it is not there. It comes under its name only when it is whole: what is
 * killed leaves a part that nobody takes for it, and that a later run removes.
 */
export function kept(name: string, make: (part: string) => Promise<void>): Promise<string> {
  const path = join(cacheFolder(), name);
  const known = making.get(path) ?? find(path, make).finally(() => making.delete(path));
  making.set(path, known);
  return known;
}

async function find(path: string, make: (part: string) => Promise<void>): Promise<string> {
  if (await isThere(path)) {
    // Used now: it is kept for longer.
    await utimes(path, new Date(), new Date()).catch(() => undefined);
    return path;
  }
  return keptAs(async (part) => {
    await make(part);
    return path;
  });
}

/** The path of what is called after its content, which is known only when it is made: `make` resolves to its name. */
export function keptByContent(make: (part: string) => Promise<string>): Promise<string> {
  return keptAs(async (part) => join(cacheFolder(), await make(part)));
}

/** No part is ever taken for anything: ids of processes come again, and of a part only its maker knows what it was to be. */
async function keptAs(make: (part: string) => Promise<string>): Promise<string> {
  await mkdir(cacheFolder(), { recursive: true, mode: 0o700 });
  await sweep();
  const part = join(cacheFolder(), `${randomUUID()}.${process.pid}.part`);
  try {
    const path = await make(part);
    await rename(part, path);
    return path;
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
}

/** Whether the file of this name is there by now. */
export function isKept(name: string): Promise<boolean> {
  return isThere(join(cacheFolder(), name));
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}

/** Removes parts of processes that are no more, and what was not used for long. */
async function sweep(): Promise<void> {
  const now = Date.now();
  for (const name of await readdir(cacheFolder())) {
    const path = join(cacheFolder(), name);
    const maker = /\.(\d+)\.part$/.exec(name)?.[1];
    const found = await stat(path).catch(() => undefined);
    const isOld = found !== undefined && now - found.mtimeMs > keptDays * 24 * 3600 * 1000;
    if (isOld || (maker !== undefined && !isAlive(Number(maker)))) await rm(path, { force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
