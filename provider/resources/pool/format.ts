/** Which formats of a source the host's libvirt knows (formatstoragecaps, `virsh pool-capabilities`). */

import type { PoolInputs } from "../../../schema/pool";
import { holdsUnknown } from "../../../schema/unknown";
import { nearest } from "../../../schema/nearest";
import { LibvirtError } from "../../libvirt/errors";
import type { Virsh } from "../../libvirt/virsh";
import { parseXml } from "../../libvirt/xml";
import { type Element, elementsOf, firstElement, textOf } from "../../reconcile/tree";
import type { Objection } from "../resource";

export async function objectionsToFormat(virsh: Virsh, { type, source }: PoolInputs): Promise<readonly Objection[]> {
  const format = source?.format;
  if (format === undefined || holdsUnknown([type, format])) return [];
  const known = await formatsOf(virsh, type);
  if (known.length === 0 || known.includes(format)) return [];
  const guess = nearest(format, known);
  const reason = `the host's libvirt knows no format "${format}" of ${type} pools; it knows ${known.join(", ")}${guess === undefined ? "." : `; did you mean "${guess}"?`}`;
  return [{ path: "source.format", reason }];
}

/** Empty where the host does not say. */
async function formatsOf(virsh: Virsh, type: string): Promise<readonly string[]> {
  let capabilities: Element;
  try {
    capabilities = parseXml(await virsh.run("pool-capabilities", []), "the capabilities of storage pools");
  } catch (error) {
    if (!(error instanceof LibvirtError) || error.kind === "Unreachable") throw error;
    return [];
  }
  const pool = elementsOf(capabilities, "pool").find(({ attributes }) => attributes.type === type);
  const options = elementsOf(firstElement(pool, "poolOptions") ?? nothing, "enum");
  const formats = options.find(({ attributes }) => attributes.name === "sourceFormatType");
  return elementsOf(formats ?? nothing, "value").map(textOf);
}

const nothing: Element = { name: "enum", attributes: {}, children: [] };
