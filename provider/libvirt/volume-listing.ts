/** What a storage pool holds, as libvirt lists it. */

import { posix } from "node:path";
import { descend, type Element, firstElement, textOf } from "../reconcile/tree";
import { claims } from "./claim";
import { LibvirtError } from "./errors";
import { filesOf, plainPath } from "./image-path";
import { mayBeNamed, type VolumeRow, volumeRows } from "./tables";
import type { Virsh } from "./virsh";
import { parseXml } from "./xml";

/** All that touches one pool goes through one queue: libvirt refuses a refresh while a volume job runs. */
export function lane(poolName: string): `pool:${string}` {
  return `pool:${poolName}`;
}

/** Has libvirt look at the storage again: what was made or removed behind its back is not seen before. */
export async function refreshPool(virsh: Virsh, pool: string): Promise<void> {
  await virsh.run("pool-refresh", ["--pool", pool], { lane: lane(pool), timeoutSeconds: 120 });
}

/** Whether the pool lists it. Of a row that virsh could not write only the volume itself can tell. */
export async function isListed(virsh: Virsh, pool: string, name: string): Promise<boolean> {
  return (await listedOf(virsh, pool, [name])).length > 0;
}

/** Those of the names that the pool lists, by one listing. */
export async function listedOf(virsh: Virsh, pool: string, names: readonly string[]): Promise<readonly string[]> {
  const rows = await rowsOf(virsh, pool);
  return names.filter((name) => rows.some((row) => mayBeNamed(row, name)));
}

async function rowsOf(virsh: Virsh, pool: string): Promise<readonly VolumeRow[]> {
  return volumeRows(await virsh.run("vol-list", ["--pool", pool], { lane: lane(pool), timeoutSeconds: 60 }));
}

async function namesIn(virsh: Virsh, pool: string): Promise<readonly string[]> {
  const rows = await rowsOf(virsh, pool);
  const known = rows.every(({ exact }) => exact) ? [] : await claims(virsh);
  return volumeNames(
    rows,
    pool,
    known.map(({ path }) => posix.basename(path)),
  );
}

/**
 * The names of all volumes of a listing. One that virsh cannot write must be one of the `known` names: a volume whose name
 * is not certain cannot be asked about, and may be the one that matters.
 */
export function volumeNames(rows: readonly VolumeRow[], pool: string, known: readonly string[]): string[] {
  const unwritten = [...new Set(rows.filter(({ exact }) => !exact).map(({ name }) => name))];
  const found = unwritten.flatMap((shown) => {
    const alike = rows.filter(({ name, exact }) => !exact && name === shown);
    const names = [...new Set(known)].filter((name) => alike.some((row) => mayBeNamed(row, name)));
    if (names.length === alike.length) return names;
    throw new LibvirtError(
      "Refused",
      `Unable to look at all volumes of pool "${pool}": virsh cannot write the name of ${shown}.`,
      "Give that file another name. Where this happens to every letter beyond ASCII, the machine that runs Pulumi has no UTF-8 locale (locale -a lists what it has).",
    );
  });
  return [...rows.filter(({ exact }) => exact).map(({ name }) => name), ...found];
}

export interface SeenVolume {
  readonly pool: string;
  readonly name: string;
  readonly path: string;
  /** Files that it lies on. */
  readonly backingFiles: readonly string[];
  /** What the same file has under another path, too; undefined where the host does not say when it changed. */
  readonly fingerprint: string | undefined;
}

/** Everything in the pool, seen anew. What cannot be looked at although it is listed is an error. */
export async function volumesIn(virsh: Virsh, pool: string): Promise<readonly SeenVolume[]> {
  await refreshPool(virsh, pool);
  return volumesKnownIn(virsh, pool);
}

/** Everything in the pool as libvirt knows it by now. */
export async function volumesKnownIn(virsh: Virsh, pool: string): Promise<readonly SeenVolume[]> {
  const names = await namesIn(virsh, pool);
  const answers = await virsh.runAll(
    names.map((name) => ({ name: "vol-dumpxml", arguments: ["--pool", pool, "--vol", name] })),
    { lane: lane(pool), timeoutSeconds: 60 },
  );
  const failed = names.filter((_, index) => answers[index]?.status === "rejected");
  if (failed.length > 0) await mustBeGone(virsh, pool, failed, answers);
  return names.flatMap((name, index) => {
    const answer = answers[index];
    return answer?.status === "fulfilled"
      ? [seenVolume(pool, parseXml(answer.value, `the XML of disk "${name}"`))]
      : [];
  });
}

async function mustBeGone(
  virsh: Virsh,
  pool: string,
  failed: readonly string[],
  answers: readonly PromiseSettledResult<string>[],
): Promise<void> {
  const reasons = answers.flatMap((answer) => (answer.status === "rejected" ? [answer.reason as Error] : []));
  const lost = reasons.find((reason) => !(reason instanceof LibvirtError) || reason.kind === "Unreachable");
  if (lost !== undefined) throw lost;
  await refreshPool(virsh, pool);
  const still = new Set(await namesIn(virsh, pool));
  const [reason] = reasons;
  if (reason !== undefined && failed.some((name) => still.has(name))) throw reason;
}

export function seenVolume(pool: string, document: Element): SeenVolume {
  const name = textOf(firstElement(document, "name"));
  const path = plainPath(textOf(descend(document, "target", "path")));
  const times = ["mtime", "ctime"].map((time) => textOf(descend(document, "target", "timestamps", time)));
  const isFile = document.attributes.type === "file" && times.every((time) => time !== "" && time !== "0");
  return {
    pool,
    name,
    path,
    backingFiles: filesOf(textOf(descend(document, "backingStore", "path")), posix.dirname(path)),
    fingerprint: isFile ? [name, ...times, textOf(descend(document, "physical"))].join(" ") : undefined,
  };
}
