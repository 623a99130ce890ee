/**
 * What a volume has that another one in its place has not: of a logical volume its UUID, of a file the moment that it was
 * made. Writing changes neither, and no copy takes it along (decisions/volume-claims.md).
 */

import { descend, type Element, firstElement, textOf } from "../reconcile/tree";
import { LibvirtError } from "./errors";
import { plainPath } from "./image-path";
import { hostShell, type HostShell, shellTowards } from "./shell";
import type { Virsh } from "./virsh";
import { lane } from "./volume-listing";
import { parseXml } from "./xml";

/** Looks at a file that somebody writes to between two questions. */
const looks = 3;

/**
 * Undefined where nobody tells: where libvirt alone is spoken to, and on file systems that do not keep the moment. Throws
 * where who should tell does not answer, and where it cannot be seen which file it is while somebody writes to it.
 */
export async function stampOf(virsh: Virsh, pool: string, document: Element): Promise<string | undefined> {
  if (document.attributes.type !== "file") return keyOf(document);
  const shell = await shellOf(virsh);
  if (shell === undefined) return undefined;
  let seen = document;
  for (let look = 1; ; look += 1) {
    const file = await lookAt(shell, pathOf(seen));
    if (file === undefined) return undefined;
    // A shell may come out on another machine than the daemon's: it is believed where both see the same file.
    if (isSame(file, seen)) return stampWith(file);
    const next = await volumeAgain(virsh, pool, document);
    if (changedOf(next) === changedOf(seen)) return undefined;
    if (look === looks) {
      if (await isOnTheMachine(virsh)) return stampWith(file);
      throw new LibvirtError("InUse", `somebody writes to ${pathOf(seen)} at this moment.`, "Wait for that to end.");
    }
    seen = next;
  }
}

const stampWith = ({ born }: SeenFile): string | undefined => (born === undefined ? undefined : `born:${born}`);

/** Whether it is known without a proof by the file. */
async function isOnTheMachine(virsh: Virsh): Promise<boolean> {
  const found = await hostShell(virsh);
  return !("absent" in found) && found.doubt === undefined;
}

/** Whether there is another volume now than the stamp is of. What nobody can tell is the same. */
export function isAnotherVolume(stamp: string | undefined, now: string | undefined): boolean {
  return stamp !== undefined && now !== undefined && stamp !== now;
}

/** What libvirt itself tells volumes apart by, where that is more than the path. */
export function keyOf(document: Element): string | undefined {
  const key = textOf(firstElement(document, "key"));
  return key === pathOf(document) || !/^[^\s/]+$/.test(key) ? undefined : `key:${key}`;
}

const pathOf = (document: Element): string => plainPath(textOf(descend(document, "target", "path")));

/** The moments of the last change, of content and of the file, as libvirt sees them. */
const changedOf = (document: Element): string =>
  ["mtime", "ctime"].map((name) => textOf(descend(document, "target", "timestamps", name))).join(" ");

interface SeenFile {
  /** Undefined where the file system does not keep it. */
  readonly born: string | undefined;
  readonly changed: string;
}

const isSame = ({ changed }: SeenFile, document: Element): boolean => changed === changedOf(document);

async function volumeAgain(virsh: Virsh, pool: string, document: Element): Promise<Element> {
  const name = textOf(firstElement(document, "name"));
  return parseXml(await virsh.run("vol-dumpxml", ["--pool", pool, "--vol", name], { lane: lane(pool) }), "a volume");
}

/** A host whose shell does not answer is not asked again for each of its volumes. */
const silent = new WeakMap<Virsh, unknown>();

async function shellOf(virsh: Virsh): Promise<HostShell | undefined> {
  if (silent.has(virsh)) throw silent.get(virsh);
  try {
    const found = await shellTowards(virsh);
    return "absent" in found ? undefined : found.shell;
  } catch (error) {
    silent.set(virsh, error);
    throw error;
  }
}

/**
 * By path, whether it is of the same file as the volume, by device and inode: moments prove nothing, since files that are
 * made together share them. Undefined where nobody tells; another one only where the shell surely sees the daemon's files.
 */
export async function sameFiles(
  virsh: Virsh,
  document: Element,
  paths: readonly string[],
): Promise<ReadonlyMap<string, boolean | undefined>> {
  const shell = await shellOf(virsh);
  if (shell === undefined) return new Map();
  const own = await inodeOf(shell, pathOf(document));
  const seen = await lookAt(shell, pathOf(document));
  const isHere = seen !== undefined && isSame(seen, document);
  const told = async (path: string): Promise<boolean | undefined> => {
    const inode = await inodeOf(shell, path);
    if (own === undefined || inode === undefined) return undefined;
    return inode === own || (isHere ? false : undefined);
  };
  return new Map(await Promise.all(paths.map(async (path) => [path, await told(path)] as const)));
}

async function inodeOf(shell: HostShell, path: string): Promise<string | undefined> {
  try {
    return (await shell.run(["stat", "-L", "-c", "%d:%i", "--", path], "", 10)).trim();
  } catch (error) {
    if (isUntold(error)) return undefined;
    throw error;
  }
}

async function lookAt(shell: HostShell, path: string): Promise<SeenFile | undefined> {
  try {
    return fileOf(await shell.run(["stat", "-L", "-c", "%w\n%y\n%z", "--", path], "", 10));
  } catch (error) {
    if (isUntold(error)) return undefined;
    throw error;
  }
}

/** No such file there, one that this user may not see, or no such command. */
function isUntold(error: unknown): boolean {
  return error instanceof LibvirtError && ["Refused", "Unsupported"].includes(error.kind);
}

/** What `stat` says of a file: when it was made, written and changed, a line each. Its zone may change, the moment does not. */
export function fileOf(said: string): SeenFile | undefined {
  const [born, written, changed] = said.split("\n").map(secondsOf);
  if (written === undefined || changed === undefined) return undefined;
  return { born, changed: `${written} ${changed}` };
}

/** `2026-11-26 22:16:07.613379897 +0000` in seconds, as libvirt writes them: without a fraction where there is none. */
function secondsOf(text: string): string | undefined {
  const parts = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)\.(\d{9}) ([+-]\d\d)(\d\d)$/.exec(text);
  if (parts === null) return undefined;
  const [, day, time, fraction = "", hours, minutes] = parts;
  const seconds = Date.parse(`${day}T${time}${hours}:${minutes}`) / 1000;
  if (!(seconds > 0)) return undefined;
  return /^0+$/.test(fraction) ? String(seconds) : `${seconds}.${fraction}`;
}
