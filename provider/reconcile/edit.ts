/** Edits the document that the host holds: the differing nodes, their dependants, and nothing else. Pure. */

import type { Edit } from "./match";
import { type Element, isElement, type Node } from "./tree";

/** The document with every edit made; the same object when there is none. */
export function edit(document: Element, edits: readonly Edit[]): Element {
  const byElement = new Map<Element, Edit[]>();
  for (const each of edits) {
    const known = byElement.get(each.at);
    if (known === undefined) byElement.set(each.at, [each]);
    else known.push(each);
  }
  return byElement.size === 0 ? document : rewrite(document, byElement);
}

function rewrite(element: Element, edits: ReadonlyMap<Element, readonly Edit[]>): Element {
  const own = edits.get(element) ?? [];
  const removed = new Set(own.flatMap((change) => (change.kind === "remove" ? [change.element] : [])));
  let changed = own.length > 0;
  let children: Node[] = [];
  for (const child of element.children) {
    if (!isElement(child)) {
      children.push(child);
    } else if (!removed.has(child)) {
      const next = rewrite(child, edits);
      changed ||= next !== child;
      children.push(next);
    }
  }
  if (!changed) return element;
  const attributes: Record<string, string> = { ...element.attributes };
  for (const change of own) {
    if (change.kind === "attribute") {
      if (change.to === undefined) delete attributes[change.attribute];
      else attributes[change.attribute] = change.to;
      if (change.insteadOf !== undefined) delete attributes[change.insteadOf];
    } else if (change.kind === "text") {
      children = [...(change.to === undefined ? [] : [change.to]), ...children.filter(isElement)];
    } else if (change.kind === "insert") {
      children = inserted(children, change.element, change.before);
    }
  }
  return { ...element, attributes, children };
}

/**
 * Before the sibling that has to follow it; else behind the last one of its name, so that ordered content (`<boot>`,
 * `<qemu:arg>`) stays together.
 */
function inserted(children: readonly Node[], element: Element, before: string | undefined): Node[] {
  const next = children.findIndex((child) => isElement(child) && child.name === before);
  const last = children.findLastIndex((child) => isElement(child) && child.name === element.name);
  const at = next >= 0 ? next : last >= 0 ? last + 1 : children.length;
  return [...children.slice(0, at), element, ...children.slice(at)];
}
