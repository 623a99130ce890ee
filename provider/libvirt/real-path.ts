/** Where symbolic links lead, for hosts whose files are this machine's; elsewhere a path is what it says. */

import { realpath, stat } from "node:fs/promises";
import { posix } from "node:path";
import { isLocal } from "./uri";

/** The path itself, or what is nearest above it, and whether that is a folder; taken for one where it cannot be seen. */
export async function nearestAncestor(path: string): Promise<{ found: string; isFolder: boolean }> {
  try {
    return { found: path, isFolder: (await stat(path)).isDirectory() };
  } catch (error) {
    const missing = ["ENOENT", "ENOTDIR"].includes((error as NodeJS.ErrnoException).code ?? "");
    return missing && path !== "/" ? nearestAncestor(posix.dirname(path)) : { found: path, isFolder: true };
  }
}

/** Only ever adds a second name to a path: a socket may lead to another machine, whose files are other ones. */
export async function realPath(uri: string, path: string): Promise<string> {
  if (!isLocal(uri)) return path;
  try {
    return await realpath(path);
  } catch {
    const folder = await realpath(posix.dirname(path)).catch(() => posix.dirname(path));
    return posix.join(folder, posix.basename(path));
  }
}

/** Both names of each path. */
export async function bothNames(uri: string, paths: Iterable<string>): Promise<ReadonlyMap<string, readonly string[]>> {
  const unique = [...new Set(paths)];
  const real = await Promise.all(unique.map((path) => realPath(uri, path)));
  return new Map(unique.map((path, index) => [path, [...new Set([path, real[index] ?? path])]]));
}
