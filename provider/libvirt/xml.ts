/** XML as text: read into plain trees and written back. Names keep their prefixes, so that metadata survives untouched. */

import { SaxesParser } from "saxes";
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
  return `${lines(root, "").join("\n")}\n`;
}

function lines(element: Element, indent: string): string[] {
  const attributes = Object.entries(element.attributes)
    .map(([name, value]) => ` ${name}="${escape(value)}"`)
    .join("");
  const open = `${indent}<${element.name}${attributes}`;
  if (element.children.length === 0) return [`${open}/>`];
  if (!element.children.every(isElement)) return [`${open}>${element.children.map(inline).join("")}</${element.name}>`];
  return [
    `${open}>`,
    ...element.children.flatMap((child) => lines(child, `${indent}  `)),
    `${indent}</${element.name}>`,
  ];
}

function inline(node: Node): string {
  return isElement(node) ? lines(node, "").join("") : escape(node);
}

// What XML 1.0 cannot hold, escaped or not (w3.org/TR/xml, "Characters"); lone surrogates among it.
const forbidden =
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;

const escapes: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "\n": "&#10;",
  "\r": "&#13;",
  "\t": "&#9;",
};

function escape(text: string): string {
  if (forbidden.test(text)) {
    throw new LibvirtError(
      "InvalidInput",
      `Unable to write ${JSON.stringify(text.slice(0, 60))} as XML: it contains a character that XML cannot hold.`,
      "Remove the control character.",
    );
  }
  return text.replace(/[&<>"\n\r\t]/g, (character) => escapes[character] ?? character);
}
