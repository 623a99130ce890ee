/** An XML document as plain data: what the matcher compares and the editor edits. It knows nothing of libvirt. */

export interface Element {
  /** Qualified name as it stands in the document, prefix included (`pulumi-virt:owner`). */
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** Child elements and text, in document order. White space between elements is not kept. */
  readonly children: readonly Node[];
}

export type Node = Element | string;

export function isElement(node: Node): node is Element {
  return typeof node !== "string";
}

/** The child elements, optionally only those of one name, in document order. */
export function elementsOf(parent: Element, name?: string): Element[] {
  return parent.children.filter(
    (child): child is Element => isElement(child) && (name === undefined || child.name === name),
  );
}

export function firstElement(parent: Element | undefined, name: string): Element | undefined {
  return parent === undefined ? undefined : elementsOf(parent, name)[0];
}

/** The element reached by following the first child of each name, or undefined. */
export function descend(parent: Element | undefined, ...names: string[]): Element | undefined {
  return names.reduce<Element | undefined>((element, name) => firstElement(element, name), parent);
}

/** The element's own text, child elements left out, trimmed. */
export function textOf(element: Element | undefined): string {
  return element === undefined ? "" : contentOf(element).trim();
}

/** The element's own text with all its white space: what people wrote is kept as they wrote it. */
export function contentOf(element: Element): string {
  return element.children.filter((child): child is string => !isElement(child)).join("");
}

/** Whether the inner element is the outer one, or somewhere in it. */
export function contains(outer: Element, inner: Element): boolean {
  return outer === inner || elementsOf(outer).some((child) => contains(child, inner));
}
