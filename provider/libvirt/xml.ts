/** XML as text: read into plain trees and written back. Names keep their prefixes, so that metadata survives untouched. */

import { SaxesParser } from "saxes";
import type { XMLBuilder } from "xmlbuilder2/lib/interfaces";
import { type Element, isElement, type Node } from "../reconcile/tree";
import { LibvirtError } from "./errors";

/** The prefixes under which libvirt itself writes its own namespaces, whatever the author chose. */
const prefixes: Readonly<Record<string, string>> = {
  "http://libvirt.org/schemas/domain/qemu/1.0": "qemu",
  "http://libvirt.org/schemas/domain/xen/1.0": "xen",
  "http://libvirt.org/schemas/network/dnsmasq/1.0": "dnsmasq",
  "http://libvirt.org/schemas/storagepool/fs/1.0": "fs",
  "http://libvirt.org/schemas/storagepool/rbd/1.0": "rbd",
};

/** Reads one document. Throws `InvalidXml` for what is not well-formed, and for document types: libvirt writes none. */
export function parseXml(text: string, what = "the XML"): Element {
  if (/<!DOCTYPE|<!ENTITY/i.test(text)) {
    throw new LibvirtError(
      "InvalidXml",
      `Unable to read ${what}: it declares a document type.`,
      "Remove the <!DOCTYPE …>.",
    );
  }
  try {
    return read(text);
  } catch (error) {
    throw new LibvirtError(
      "InvalidXml",
      `Unable to read ${what}: ${error instanceof Error ? error.message.replace(/\.$/, "") : String(error)}.`,
      "It must be one well-formed element.",
    );
  }
}

function read(text: string): Element {
  const parser = new SaxesParser({ xmlns: true });
  const document: Node[] = [];
  const open: Node[][] = [document];
  parser.on("error", (error) => {
    throw error;
  });
  parser.on("opentag", ({ name, local, uri, attributes: given }) => {
    const attributes: Record<string, string> = {};
    for (const [attribute, { value }] of Object.entries(given)) {
      const prefix = attribute.startsWith("xmlns:") ? prefixes[value] : undefined;
      attributes[prefix === undefined ? attribute : `xmlns:${prefix}`] = value;
    }
    const prefix = prefixes[uri];
    const children: Node[] = [];
    open.at(-1)?.push({ name: prefix === undefined ? name : `${prefix}:${local}`, attributes, children });
    open.push(children);
  });
  parser.on("closetag", () => withoutLayout(open.pop() ?? []));
  parser.on("text", (content) => open.at(-1)?.push(content));
  parser.on("cdata", (content) => open.at(-1)?.push(content));
  parser.write(text).close();
  const root = document.find(isElement);
  if (root === undefined) throw new Error("it holds no element");
  return root;
}

/** White space between elements is layout; white space that is an element's whole content is content. */
function withoutLayout(children: Node[]): void {
  if (!children.some(isElement)) return;
  const kept = children.filter((child) => isElement(child) || child.trim() !== "");
  children.splice(0, children.length, ...kept);
}

/** Writes a tree as indented XML. Throws `InvalidInput` for what no XML document can hold. */
export function serializeXml(root: Element): string {
  const document = builder().create();
  append(document, root);
  // Layout beside text would become part of it.
  return `${document.end({ headless: true, prettyPrint: !hasMixedContent(root) })}\n`;
}

/** Loaded only when something is written: previews and refreshes of what is as it should be never need it. */
function builder(): typeof import("xmlbuilder2") {
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  return require("xmlbuilder2") as typeof import("xmlbuilder2");
}

function append(parent: XMLBuilder, { name, attributes, children }: Element): void {
  const element = parent.ele(name);
  for (const [attribute, value] of Object.entries(attributes)) element.att(attribute, encoded(value));
  for (const child of children) {
    if (isElement(child)) append(element, child);
    else element.txt(encoded(child));
  }
}

function hasMixedContent({ children }: Element): boolean {
  const elements = children.filter(isElement);
  return (elements.length > 0 && elements.length < children.length) || elements.some(hasMixedContent);
}

// What XML 1.0 cannot hold, escaped or not (w3.org/TR/xml, "Characters"); lone surrogates among it.
const forbidden =
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;

/** xmlbuilder2 takes `&lt;` in a value for an entity, and writes white space as it is, which readers of attributes normalise. */
const entities: Readonly<Record<string, string>> = { "&": "&amp;", "\n": "&#10;", "\r": "&#13;", "\t": "&#9;" };

function encoded(text: string): string {
  if (forbidden.test(text)) {
    throw new LibvirtError(
      "InvalidInput",
      `Unable to write ${JSON.stringify(text.slice(0, 60))} as XML: it contains a character that XML cannot hold.`,
      "Remove the control character.",
    );
  }
  return text.replace(/[&\n\r\t]/g, (character) => entities[character] ?? character);
}
