/** XML as text: read into plain trees and written back. Names keep their prefixes, so that metadata survives untouched. */

import { create } from "xmlbuilder2";
import { type Element, isElement, type Node } from "../reconcile/tree";
import { LibvirtError } from "./errors";

interface DomNode {
  readonly nodeType: number;
  readonly nodeName: string;
  readonly localName: string;
  readonly namespaceURI: string | null;
  readonly nodeValue: string | null;
  readonly childNodes: Iterable<DomNode>;
  readonly attributes: Iterable<{ readonly name: string; readonly value: string }>;
}

const elementNode = 1;
const textNode = 3;
const cdataNode = 4;

/** Reads one document. Throws `InvalidXml` for what is not well-formed, and for document types: libvirt writes none. */
export function parseXml(text: string, what = "the XML"): Element {
  if (/<!DOCTYPE|<!ENTITY/i.test(text)) {
    throw new LibvirtError(
      "InvalidXml",
      `Unable to read ${what}: it declares a document type.`,
      "Remove the <!DOCTYPE …>.",
    );
  }
  let root: DomNode | undefined;
  try {
    root = [...(create(text).doc().node as unknown as DomNode).childNodes].find(
      (node) => node.nodeType === elementNode,
    );
  } catch (error) {
    throw new LibvirtError(
      "InvalidXml",
      `Unable to read ${what}: ${error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error)}.`,
      "It must be one well-formed element.",
    );
  }
  if (root === undefined) throw new LibvirtError("InvalidXml", `Unable to read ${what}: it holds no element.`);
  return toElement(root);
}

/** The prefixes under which libvirt itself writes its own namespaces, whatever the author chose. */
const prefixes: Readonly<Record<string, string>> = {
  "http://libvirt.org/schemas/domain/qemu/1.0": "qemu",
  "http://libvirt.org/schemas/domain/xen/1.0": "xen",
  "http://libvirt.org/schemas/network/dnsmasq/1.0": "dnsmasq",
  "http://libvirt.org/schemas/storagepool/fs/1.0": "fs",
  "http://libvirt.org/schemas/storagepool/rbd/1.0": "rbd",
};

function toElement(node: DomNode): Element {
  const attributes: Record<string, string> = {};
  for (const { name, value } of node.attributes) {
    const prefix = name.startsWith("xmlns:") ? prefixes[value] : undefined;
    attributes[prefix === undefined ? name : `xmlns:${prefix}`] = value;
  }
  const children: Node[] = [];
  let elements = 0;
  for (const child of node.childNodes) {
    if (child.nodeType === elementNode) {
      children.push(toElement(child));
      elements += 1;
    } else if (child.nodeType === textNode || child.nodeType === cdataNode) {
      children.push(child.nodeValue ?? "");
    }
  }
  // White space between elements is layout; white space that is an element's whole content is content.
  const kept = elements === 0 ? children : children.filter((child) => isElement(child) || child.trim() !== "");
  const prefix = prefixes[node.namespaceURI ?? ""];
  return { name: prefix === undefined ? node.nodeName : `${prefix}:${node.localName}`, attributes, children: kept };
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
