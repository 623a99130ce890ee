/** The file that fills a disk: whether it can, and whether it is still the one that did. */

import { resolve } from "node:path";
import type { DiskInputs } from "../../../schema/disk";
import { holdsUnknown } from "../../../schema/unknown";
import type { Objection } from "../resource";
import { fingerprint, type Image, readImage } from "./image";

/** Why the file cannot fill a disk of this format; `mayPass`: it may come while the program runs. */
export async function objectionsToSource({ source, format }: DiskInputs): Promise<readonly Objection[]> {
  if (source === undefined || format === undefined || holdsUnknown([source, format])) return [];
  const path = "source.path";
  let image: Image;
  try {
    image = await readImage(resolve(source.path));
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === "ENOENT";
    const why = missing ? "there is no such file" : (error as Error).message;
    const reason = `${source.path} cannot be read on the machine that runs Pulumi: ${why}. Paths are relative to the folder of the program.`;
    return [{ path, reason, ...(missing ? { mayPass: true } : {}) }];
  }
  if (image.flaw !== undefined) return [{ path, reason: `${source.path} cannot fill a disk: ${image.flaw}.` }];
  if (image.format === format) return [];
  return [{ path, reason: `${source.path} ${mismatch(image.format, format)}` }];
}

function mismatch(found: string, wanted: string): string {
  if (found === "raw") {
    return `is no ${wanted} image: it does not begin like one. If it is the plain content of a disk, say format: "raw"; if it is not the file that was meant (a page of text, a download that failed), bring the right one.`;
  }
  if (found === "qcow2")
    return `is a qcow2 image, and the disk is to be ${wanted}: say format: "qcow2", or convert it first (qemu-img convert -O raw).`;
  const packed = ["gzip", "xz", "zstd", "bzip2", "zip"].includes(found);
  return packed
    ? `is packed (${found}): unpack it first.`
    : `is a ${found} image, and the disk is to be ${wanted}: convert it first (qemu-img convert -O ${wanted}).`;
}

/** Recorded with the disk when it is made, so that another content of the same file is told afterwards. */
export async function seedOf({ source }: DiskInputs): Promise<string | undefined> {
  if (source === undefined || holdsUnknown(source)) return undefined;
  return fingerprint(resolve(source.path)).catch(() => undefined);
}
