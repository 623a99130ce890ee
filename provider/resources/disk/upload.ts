/** How far an upload has come, as the volume on the host tells: libvirt itself says nothing of a stream. */

import type { DiskInputs } from "../../../schema/disk";
import type { Virsh } from "../../libvirt/virsh";
import { parseXml } from "../../libvirt/xml";
import { firstElement, textOf } from "../../reconcile/tree";
import type { Operation } from "../resource";
import type { Content } from "./sources/bring";
import { meter } from "./sources/progress";

const lookMilliseconds = 1_000;

export async function uploadTold(
  virsh: Virsh,
  { pool, name = "" }: DiskInputs,
  { image }: Content,
  operation: Operation,
  upload: () => Promise<unknown>,
): Promise<void> {
  const tell = meter(`uploads into ${name}`, image.bytes, (text, often) => operation.progress(text, often));
  let isOver = false;
  async function look(): Promise<void> {
    if (isOver) return;
    // On no lane of the pool's: that one is at work.
    const said = await virsh.run("vol-dumpxml", ["--pool", pool.name, "--vol", name]).catch(() => undefined);
    if (isOver || said === undefined) return;
    tell(Number(textOf(firstElement(parseXml(said), "allocation"))));
    timer = setTimeout(() => void look(), lookMilliseconds);
  }
  let timer = setTimeout(() => void look(), lookMilliseconds);
  try {
    await upload();
  } finally {
    isOver = true;
    clearTimeout(timer);
  }
}
