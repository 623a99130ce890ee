/** What fills a disk: whether it can, and what it is known by afterwards. */

import { createHash } from "node:crypto";
import type { DiskInputs } from "../../../../schema/disk";
import { holdsUnknown } from "../../../../schema/unknown";
import { withoutPasswords } from "../../../libvirt/uri";
import type { Objection } from "../../resource";
import { isKept } from "./cache";
import { contentName, statedChecksum } from "./checksum";
import { refusalOf } from "./download";
import { fingerprint, flawIn, type Image, isPacked, readImage } from "./image";
import { localPath, named, type SourceInputs } from "./words";

/** Why it cannot fill a disk of this format; `mayPass`: it may come while the program runs. */
export async function objectionsToSource({ source, format }: DiskInputs): Promise<readonly Objection[]> {
  if (source === undefined || format === undefined || holdsUnknown([source, format])) return [];
  const file = localPath(source);
  return file === undefined ? objectionsToUrl(source) : objectionsToFile(source, file, format);
}

async function objectionsToUrl(source: SourceInputs): Promise<readonly Objection[]> {
  const stated = statedChecksum(source);
  // What is here already needs no server.
  if (stated !== undefined && (await isKept(contentName(stated)))) return [];
  const { url = "" } = source;
  const refusal = await refusalOf(url);
  if (refusal === undefined) return [];
  const reason = `${withoutPasswords(url)} cannot be downloaded: its server says ${refusal}. Dated images are often removed after a while.`;
  return [{ path: "source.url", reason, mayPass: true }];
}

async function objectionsToFile(source: SourceInputs, file: string, format: string): Promise<readonly Objection[]> {
  const path = source.path === undefined ? "source.url" : "source.path";
  let image: Image;
  try {
    image = await readImage(file);
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === "ENOENT";
    const why = missing ? "there is no such file" : (error as Error).message;
    const reason = `${named(source)} cannot be read on the machine that runs Pulumi: ${why}. Paths are relative to the folder of the program.`;
    return [{ path, reason, ...(missing ? { mayPass: true } : {}) }];
  }
  // What it holds is looked at when it is unpacked.
  if (isPacked(image.format)) return [];
  const flaw = flawIn(image, format);
  return flaw === undefined ? [] : [{ path, reason: `${named(source)} ${flaw}` }];
}

/** Recorded with the disk when it is made, so that another source, or another content of the same file, is told afterwards. */
export async function seedOf({ source }: DiskInputs): Promise<string | undefined> {
  if (source === undefined || holdsUnknown(source)) return undefined;
  const stated = statedChecksum(source);
  if (stated !== undefined) return `${stated.algorithm}:${stated.digest}`;
  const file = localPath(source);
  if (file !== undefined) return fingerprint(file).catch(() => undefined);
  // The URL itself may be a secret of the program's, and this is none.
  const hash = createHash("sha256").update(source.url ?? "");
  return `url:${hash.digest("hex").slice(0, 32)}`;
}
