/**
 * Brings a disk's source to the machine that runs Pulumi, as the file that is to be in the volume: downloaded, verified,
 * unpacked, looked at and, where the disk is to have another format, converted. Each step is kept in the cache by content.
 */

import { basename } from "node:path";
import type { DiskInputs } from "../../../../schema/disk";
import { LibvirtError } from "../../../libvirt/errors";
import type { Operation } from "../../resource";
import { kept, keptByContent } from "./cache";
import { type Checksum, checksumIn, contentName, digestOf, statedChecksum } from "./checksum";
import { download, readPage, shortName } from "./download";
import { flawIn, type Image, isPacked, readImage } from "./image";
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
  const path = await kept(`${await plain.content()}.${format}`, (part) =>
    convert({ path: plain.path, format: image.format }, { path: part, format }, operation),
  );
  return { path, image: await readImage(path) };
}

interface Published {
  readonly path: string;
  /** What its content is called. All of it may have to be read for that: nothing less tells what may be made of it. */
  content(): Promise<string>;
}

async function fetched(source: SourceInputs, operation: Operation): Promise<Published> {
  const wanted = await checksumOf(source, operation);
  const local = localPath(source);
  if (local !== undefined) {
    if (wanted !== undefined) await verify(source, local, wanted, operation);
    return {
      path: local,
      content: async () => (wanted === undefined ? contentOf(local, operation) : contentName(wanted)),
    };
  }
  const url = source.url ?? "";
  if (wanted === undefined) return unverified(url, operation);
  const path = await kept(contentName(wanted), async (part) => {
    await download(url, part, operation);
    await verify(source, part, wanted, operation);
  });
  return inCache(path);
}

/** What lies in the cache is called after its content. */
const inCache = (path: string): Published => ({ path, content: async () => basename(path) });

async function contentOf(path: string, { signal }: Operation): Promise<string> {
  return contentName({ algorithm: "sha256", digest: await digestOf(path, "sha256", signal) });
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
  const path = await keptByContent(async (part) => {
    await download(url, part, operation);
    return contentOf(part, operation);
  });
  return inCache(path);
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

async function unpacked(published: Published, operation: Operation): Promise<Published> {
  const { format } = await readImage(published.path);
  if (!isPacked(format)) return published;
  const plain = `${await published.content()}.unpacked`;
  return inCache(await kept(plain, (part) => unpack(format, published.path, part, operation)));
}
