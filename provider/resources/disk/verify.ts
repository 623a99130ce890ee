/** Whether an upload arrived: libvirt 9.0 reports about one in twenty as done that ran out of space. */

import { open, readFile } from "node:fs/promises";
import { LibvirtError } from "../../libvirt/errors";
import { PrivateFiles } from "../../libvirt/private-files";
import type { Virsh } from "../../libvirt/virsh";
import { lane } from "../../libvirt/volume-listing";

/** Bytes that are compared; uploads are written in order, so what arrived last stands for all before it. */
const blockSize = 64 * 1024;

/** Reads back the last part of the file that is not empty. Throws `NoSpace` where the volume holds something else. */
export async function verifyUpload(virsh: Virsh, pool: string, name: string, path: string): Promise<void> {
  const end = await lastContent(path);
  if (end === undefined) return;
  const files = new PrivateFiles();
  try {
    const back = await files.add("");
    const range = ["--offset", end.offset, "--length", end.content.length];
    await virsh.run("vol-download", ["--pool", pool, "--vol", name, "--file", back, ...range], {
      lane: lane(pool),
      timeoutSeconds: 120,
    });
    if (end.content.equals(await readFile(back))) return;
  } finally {
    await files.remove();
  }
  throw new LibvirtError("NoSpace", `the host took the upload of ${path}, but its end did not arrive`);
}

/** The last block that holds anything but zeros, which a sparse volume shows without having got them. */
async function lastContent(path: string): Promise<{ offset: number; content: Buffer } | undefined> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const [block, zeros] = [Buffer.alloc(blockSize), Buffer.alloc(blockSize)];
    for (let offset = Math.floor((size - 1) / blockSize) * blockSize; offset >= 0; offset -= blockSize) {
      const { bytesRead } = await file.read(block, 0, blockSize, offset);
      const content = block.subarray(0, bytesRead);
      if (!content.equals(zeros.subarray(0, bytesRead))) return { offset, content };
    }
    return undefined;
  } finally {
    await file.close();
  }
}
