/**
 * Brings a disk's source to the machine that runs Pulumi, as the file that is to be in the volume: downloaded, verified,
 * unpacked, looked at and, where the disk is to have another format, converted. Each step is kept in the cache by content.
 */

import { rename } from "node:fs/promises";
import { join } from "node:path";
import type { DiskInputs } from "../../../../schema/disk";
import { LibvirtError } from "../../../libvirt/errors";
import type { Operation } from "../../resource";
import { cacheFolder, kept } from "./cache";
import { type Checksum, checksumIn, digestOf, statedChecksum } from "./checksum";
import { download, readPage, shortName } from "./download";
import { fingerprint, flawIn, type Image, isPacked, readImage } from "./image";
import { convert, unpack } from "./unpack";
import { localPath, named, type SourceInputs } from "./words";

export interface Content {
  readonly path: string;
  readonly image: Image;
}

export async function bring(
  source: SourceInputs,
  format: DiskInputs["format"],
  operation: Operation,
): Promise<Content> {
  const published = await fetched(source, operation);
  const plain = await unpacked(published, operation);
  const image = await readImage(plain.path);
  const flaw = flawIn(image, format);
  if (flaw !== undefined) throw new LibvirtError("InvalidInput", `${named(source)} ${flaw}`);
  if (format === undefined || image.format === format) return { path: plain.path, image };
  const path = await kept(`${plain.content}.${format}`, (part) =>
    convert({ path: plain.path, format: image.format }, { path: part, format }, operation),
  );
  return { path, image: await readImage(path) };
}

/** A file, and what says which content it has. */
interface Published {
  readonly path: string;
  readonly content: string;
}

async function fetched(source: SourceInputs, operation: Operation): Promise<Published> {
  const wanted = await checksumOf(source, operation);
  const local = localPath(source);
  if (local !== undefined) {
    if (wanted === undefined) return { path: local, content: `print-${await fingerprint(local)}` };
    await verify(source, local, wanted, operation);
    return { path: local, content: nameOf(wanted) };
  }
  const url = source.url ?? "";
  if (wanted === undefined) return unverified(url, operation);
  const content = nameOf(wanted);
  const path = await kept(content, async (part) => {
    await download(url, part, operation);
    await verify(source, part, wanted, operation);
  });
  return { path, content };
}

/** Without a checksum the server alone knows whether it still is the same: it is asked once by each process. */
const asked = new Map<string, Promise<Published>>();

function unverified(url: string, operation: Operation): Promise<Published> {
  const known = asked.get(url) ?? byContent(url, operation);
  asked.set(url, known);
  known.catch(() => asked.delete(url));
  return known;
}

async function byContent(url: string, operation: Operation): Promise<Published> {
  const path = await kept(`url-${process.pid}-${asked.size}`, (part) => download(url, part, operation));
  const content = nameOf({ algorithm: "sha256", digest: await digestOf(path, "sha256", operation.signal) });
  await rename(path, join(cacheFolder(), content));
  return { path: join(cacheFolder(), content), content };
}

async function checksumOf(source: SourceInputs, { signal }: Operation): Promise<Checksum | undefined> {
  const stated = statedChecksum(source);
  if (stated !== undefined || source.checksums === undefined) return stated;
  const name = shortName(source.url ?? `file:///${source.path}`);
  const found = checksumIn(await readPage(source.checksums, signal), name);
  if (found !== undefined) return found;
  throw new LibvirtError(
    "InvalidInput",
    `Unable to verify ${named(source)}: ${source.checksums} has no line for "${name}".`,
    "Look at the list: it has to name the file as the URL does, with a SHA-256 or SHA-512 digest.",
  );
}

async function verify(
  source: SourceInputs,
  path: string,
  { algorithm, digest }: Checksum,
  operation: Operation,
): Promise<void> {
  operation.progress(`computes the checksum of ${named(source)}`);
  const found = await digestOf(path, algorithm, operation.signal);
  if (found === digest) return;
  throw new LibvirtError(
    "InvalidInput",
    `${named(source)} has the ${algorithm} checksum ${found}, and ${digest} is wanted. Nothing was made of it.`,
    "Where a newer image was published under the same name, state its checksum; otherwise it is not the file that was meant.",
  );
}

async function unpacked({ path, content }: Published, operation: Operation): Promise<Published> {
  const { format } = await readImage(path);
  if (!isPacked(format)) return { path, content };
  const plain = `${content}.unpacked`;
  return { path: await kept(plain, (part) => unpack(format, path, part, operation)), content: plain };
}

const nameOf = ({ algorithm, digest }: Checksum): string => `${algorithm}-${digest}`;
