/**
 * Which files of its host a libvirt document names, wherever they stand in it: disks and what lies beneath them, mirrors,
 * kernels, firmware variables, QEMU's own arguments. Pure.
 */

import { type Element, elementsOf, isElement } from "../reconcile/tree";
import { filesOf, inJson } from "./image-path";

export interface NamedFiles {
  /** Absolute, each in one spelling. */
  readonly paths: readonly string[];
  /** `<disk type='volume'>`, and what else is named by its pool. */
  readonly volumes: readonly { readonly pool: string; readonly volume: string }[];
}

/** Prose, what belongs to others, and programs of the host. */
const namesNothing = new Set(["metadata", "title", "description", "emulator"]);

export function namedFiles(document: Element): NamedFiles {
  const all = everyElement(document);
  const texts = all.flatMap(({ attributes, children }) => [
    ...Object.values(attributes),
    ...children.filter((child): child is string => !isElement(child)).map((text) => text.trim()),
  ]);
  return {
    paths: [...new Set(texts.flatMap(filesIn))],
    volumes: all.flatMap(({ attributes: { pool, volume } }) =>
      pool === undefined || volume === undefined ? [] : [{ pool, volume }],
    ),
  };
}

/** The files of its disks and of what lies beneath them: those that may lie on others in turn. */
export function imagesIn(document: Element): string[] {
  return everyElement(document)
    .filter(({ name }) => name === "disk")
    .flatMap((disk) => namedFiles(disk).paths);
}

/** In the order of the document; one list for all, since a host is looked at guest by guest. */
function everyElement(element: Element, found: Element[] = []): Element[] {
  if (namesNothing.has(element.name)) return found;
  found.push(element);
  for (const child of elementsOf(element)) everyElement(child, found);
  return found;
}

/** `/a`, `json:{…}`, `{…}` and `file=/a,format=raw`, the last two from QEMU's arguments. */
function filesIn(text: string): string[] {
  if (text.startsWith("{")) return inJson(text).flatMap((path) => filesOf(path));
  const parts = text.startsWith("json:") ? [] : text.split(/[,=]/).filter((part) => part.startsWith("/"));
  return [text, ...parts].flatMap((part) => filesOf(part));
}
