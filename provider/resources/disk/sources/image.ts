/** What an image file on the machine that runs Pulumi is, by its first bytes: nothing else is needed on that machine. */

import { createHash } from "node:crypto";
import { type FileHandle, open } from "node:fs/promises";

export interface Image {
  /** `qcow2`, or another format that is known by its first bytes; `raw` is everything else. */
  readonly format: string;
  readonly bytes: number;
  /** What is wrong with it as the content of a disk of its own; undefined where nothing is. */
  readonly flaw?: string;
}

/** Throws what the file system says where the file cannot be read. */
export async function readImage(path: string): Promise<Image> {
  return withFile(path, async (file, bytes) => {
    const head = await read(file, 0, 4096);
    const format = formatOf(head);
    const flaw = bytes === 0 ? "it is empty" : format === "qcow2" ? qcow2Flaw(head, bytes) : undefined;
    return { format, bytes, ...(flaw === undefined ? {} : { flaw }) };
  });
}

/** Bytes at each end that tell one content from another: headers and file systems change there. */
const sample = 2 ** 20;

/** A fingerprint that costs little, however large the file is, and does not depend on when it was copied here. */
export async function fingerprint(path: string): Promise<string> {
  return withFile(path, async (file, bytes) => {
    const hash = createHash("sha256")
      .update(String(bytes))
      .update(await read(file, 0, sample));
    return hash
      .update(await read(file, Math.max(0, bytes - sample), sample))
      .digest("hex")
      .slice(0, 32);
  });
}

async function withFile<Result>(
  path: string,
  action: (file: FileHandle, bytes: number) => Promise<Result>,
): Promise<Result> {
  const file = await open(path);
  try {
    const found = await file.stat();
    if (found.isDirectory()) throw new Error("it is a folder");
    return await action(file, found.size);
  } finally {
    await file.close();
  }
}

async function read(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, position);
  return buffer.subarray(0, bytesRead);
}

/** First bytes of what is often taken for a disk (each format's own specification; gzip: RFC 1952, xz: tukaani.org). */
const signatures: readonly (readonly [string, number, string])[] = [
  ["qcow2", 0, "514649fb"],
  ["qed", 0, "51454400"],
  ["vmdk", 0, "4b444d56"],
  ["vmdk", 0, Buffer.from("# Disk DescriptorFile").toString("hex")],
  ["vhdx", 0, Buffer.from("vhdxfile").toString("hex")],
  ["vpc", 0, Buffer.from("conectix").toString("hex")],
  ["vdi", 64, "7f10dabe"],
  ["gzip", 0, "1f8b08"],
  ["xz", 0, "fd377a585a00"],
  ["zstd", 0, "28b52ffd"],
  ["bzip2", 0, "425a68"],
  ["zip", 0, "504b0304"],
];

function formatOf(head: Buffer): string {
  const found = signatures.find(
    ([, offset, bytes]) => head.toString("hex", offset, offset + bytes.length / 2) === bytes,
  );
  return found?.[0] ?? "raw";
}

/** Bytes: what libvirt and QEMU count with. */
const largest = 2n ** 63n - 1n;

/** qemu.org/docs/master/interop/qcow2.html, "Header". */
function qcow2Flaw(head: Buffer, bytes: number): string | undefined {
  if (head.length < 72) return "it ends within its header";
  const version = head.readUInt32BE(4);
  if (version !== 2 && version !== 3) return `it is of version ${version}, and only 2 and 3 are known`;
  if (head.readBigUInt64BE(8) !== 0n) {
    return "it lies on another image itself (a backing file), which would not come along: flatten it first (qemu-img convert -O qcow2)";
  }
  if (head.readUInt32BE(32) !== 0) return "it is encrypted";
  const capacity = head.readBigUInt64BE(24);
  if (capacity > largest) return `it says that it has ${capacity} bytes, more than any disk can have`;
  const incompatible = version === 3 && head.length >= 80 ? head.readBigUInt64BE(72) : 0n;
  if (incompatible >> 5n !== 0n) return "it needs features that are not known (incompatible bits of its header)";
  if ((incompatible & 4n) !== 0n) {
    return "it keeps its data in another file (an external data file), which would not come along: make it whole first (qemu-img convert -O qcow2)";
  }
  if ((incompatible & 2n) !== 0n) return "it is marked as corrupt";
  const tables = [head.readBigUInt64BE(40) + BigInt(head.readUInt32BE(36)) * 8n, head.readBigUInt64BE(48)];
  return tables.some((end) => end > BigInt(bytes))
    ? "it is cut off: tables that it names lie beyond its end"
    : undefined;
}

/** What is unpacked, by the tool that is called as the format is. */
const packed: ReadonlySet<string> = new Set(["gzip", "xz", "zstd", "bzip2"]);

export function isPacked(format: string): boolean {
  return packed.has(format);
}

/** Why an image cannot fill a disk of this format, as the rest of a sentence. */
export function flawIn(image: Image, format: string | undefined): string | undefined {
  if (image.flaw !== undefined) return `cannot fill a disk: ${image.flaw}.`;
  const isConverted = image.format === "qcow2" && format === "raw";
  return format === undefined || image.format === format || isConverted ? undefined : mismatch(image.format, format);
}

function mismatch(found: string, wanted: string): string {
  if (found === "raw") {
    return `is no ${wanted} image: it does not begin like one. If it is the plain content of a disk, say format: "raw"; if it is not the file that was meant (a page of text, a download that failed), bring the right one.`;
  }
  return found === "zip" || isPacked(found)
    ? `is packed (${found}): unpack it first.`
    : `is a ${found} image, and the disk is to be ${wanted}: convert it first (qemu-img convert -O ${wanted}).`;
}
