/** What a program says of a source: whether that makes sense, what it is called, and whether it means the same. Pure. */

import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { DiskInputs } from "../../../../schema/disk";
import { withoutPasswords } from "../../../libvirt/uri";
import { statedChecksum } from "./checksum";

export type SourceInputs = NonNullable<DiskInputs["source"]>;

/** As sentences call it. */
export function named({ path, url = "" }: SourceInputs): string {
  return path ?? withoutPasswords(url);
}

/** Undefined for what has to be downloaded. */
export function localPath({ path, url }: SourceInputs): string | undefined {
  if (path !== undefined) return resolve(path);
  return url?.startsWith("file:") === true ? fileURLToPath(url) : undefined;
}

/** What is wrong with the words, whatever they lead to. */
export function problemsOfSource(source: SourceInputs): string[] {
  const { path, url, sha256, sha512, checksums } = source;
  const ways = [path, url].filter((way) => way !== undefined);
  const sums = [sha256, sha512, checksums].filter((sum) => sum !== undefined);
  return [
    ...(ways.length === 1 ? [] : ["source: is either a file on this machine (path) or one on a server (url)."]),
    ...(sums.length > 1 ? ["source: one of sha256, sha512 and checksums is enough, and two may differ."] : []),
  ];
}

/** Whether the words mean another content. The same digest is the same content, wherever it comes from. */
export function isAnotherSource(one: SourceInputs | undefined, other: SourceInputs | undefined): boolean {
  if (one === undefined || other === undefined) return one !== other;
  const [before, now] = [statedChecksum(one), statedChecksum(other)];
  if (before !== undefined && before.algorithm === now?.algorithm) return before.digest !== now.digest;
  return one.path !== other.path || one.url !== other.url;
}

/** Whether only its bytes tell whether it has changed. */
export function isKnownByItsBytes(source: SourceInputs): boolean {
  return localPath(source) !== undefined && statedChecksum(source) === undefined;
}
