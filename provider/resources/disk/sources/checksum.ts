/** Checksums of files as they are published: stated, or looked up in a list beside the file (SHA256SUMS, coreutils and BSD). */

import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { pipeline } from "node:stream/promises";

export type Algorithm = "sha256" | "sha512";

export interface Checksum {
  readonly algorithm: Algorithm;
  /** Hexadecimal, in lower case. */
  readonly digest: string;
}

export const digits: Readonly<Record<Algorithm, number>> = { sha256: 64, sha512: 128 };

/** What a file of this content is called in the cache. */
export function contentName({ algorithm, digest }: Checksum): string {
  return `${algorithm}-${digest}`;
}

/** The stated one; of two the longer. */
export function statedChecksum(source: { readonly sha256?: string; readonly sha512?: string }): Checksum | undefined {
  if (source.sha512 !== undefined) return { algorithm: "sha512", digest: source.sha512 };
  return source.sha256 === undefined ? undefined : { algorithm: "sha256", digest: source.sha256 };
}

/**
 * Of the file of this name in a list; the strongest where it stands there several times. coreutils writes `DIGEST  NAME`
 * and `DIGEST *NAME`, BSD `SHA256 (NAME) = DIGEST`; a list of one digest alone is of the only file beside it.
 */
export function checksumIn(list: string, name: string): Checksum | undefined {
  const found = list.split(/\r?\n/).flatMap((line): Checksum[] => {
    const [, digest = "", file = ""] = /^\\?([0-9a-f]+) [ *](?:.*\/)?([^/]+)$/i.exec(line.trimEnd()) ?? [];
    const [, bsdFile = "", bsdDigest = ""] = /^SHA\d+ \((?:.*\/)?([^/]+)\) = ([0-9a-f]+)$/i.exec(line.trimEnd()) ?? [];
    if (file === name) return ofDigits(digest);
    return bsdFile === name ? ofDigits(bsdDigest) : [];
  });
  const alone = /^\s*([0-9a-f]+)\s*$/i.exec(list)?.[1] ?? "";
  return [...found, ...ofDigits(alone)].sort((one, other) => other.digest.length - one.digest.length)[0];
}

function ofDigits(digest: string): Checksum[] {
  return (Object.keys(digits) as Algorithm[])
    .filter((algorithm) => digits[algorithm] === digest.length)
    .map((algorithm) => ({ algorithm, digest: digest.toLowerCase() }));
}

/** Reads the whole file. */
export async function digestOf(path: string, algorithm: Algorithm, signal?: AbortSignal): Promise<string> {
  const hash = createHash(algorithm);
  await pipeline(createReadStream(path), hash, { signal });
  return hash.digest("hex");
}
