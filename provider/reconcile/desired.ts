/**
 * What is wanted, as XML in which every node knows the input path it came from (`disks.root.cache`).
 * `toXml` of each resource builds it; the matcher, the planner and the editor read it.
 */

import { contentOf, type Element, elementsOf, type Node, textOf } from "./tree";

/** A value of an attribute or a text, and the input path that asked for it. */
export interface Stated {
  readonly value: string;
  readonly path: string;
}

export interface DesiredElement {
  readonly name: string;
  /** The input path this element stands for; its constant attributes belong to the same path. */
  readonly path: string;
  readonly attributes: Readonly<Record<string, Stated>>;
  readonly text?: Stated;
  readonly children: readonly DesiredElement[];
  /** What is not to be in it, whoever put it there. */
  readonly without?: readonly Absent[];
}

/** An absence that an input asked for: the medium of an empty drive, a device that it says no to. What else is wanted stays. */
export type Absent = { readonly path: string } & (
  | { readonly attribute: string }
  | {
      readonly child: string;
      /** Which of them; all where it does not say. */
      readonly is?: (child: Element) => boolean;
    }
);

/**
 * Settings that libvirt keeps beside the XML: `autostart`, `running`.
 * They are keyed by input path and compared, planned and shown like any other path.
 */
export type Settings = Readonly<Record<string, string | number | boolean>>;

export interface Desired {
  readonly document: DesiredElement;
  readonly settings: Settings;
}

/** A leaf: a value that belongs to its element's path, or one with a path of its own. `undefined` is left out. */
export type Leaf = string | number | boolean | Stated | undefined;

export function stated(path: string, value: string | number | boolean | undefined): Stated | undefined {
  return value === undefined ? undefined : { path, value: spell(value) };
}

/**
 * Builds one desired element. Booleans are spelled `yes` and `no`; children that are undefined are left out, so that
 * optional parts need no condition around them.
 */
export function element(
  name: string,
  path: string,
  attributes: Readonly<Record<string, Leaf>> = {},
  content: Leaf | readonly (DesiredElement | undefined)[] = [],
): DesiredElement {
  const kept: Record<string, Stated> = {};
  for (const [key, leaf] of Object.entries(attributes)) {
    if (leaf !== undefined) kept[key] = own(path, leaf);
  }
  if (isChildren(content)) {
    return {
      name,
      path,
      attributes: kept,
      children: content.filter((child): child is DesiredElement => child !== undefined),
    };
  }
  return { name, path, attributes: kept, children: [], ...(content === undefined ? {} : { text: own(path, content) }) };
}

/** The wanted element as it is written when nothing is there yet. One object for each desired element, always the same. */
export function instantiate(desired: DesiredElement): Element {
  const known = instances.get(desired);
  if (known !== undefined) return known;
  const attributes: Record<string, string> = {};
  for (const [name, { value }] of Object.entries(desired.attributes)) attributes[name] = value;
  const children: Node[] = desired.children.map(instantiate);
  const made = {
    name: desired.name,
    attributes,
    children: desired.text === undefined ? children : [desired.text.value, ...children],
  };
  instances.set(desired, made);
  return made;
}

const instances = new WeakMap<DesiredElement, Element>();

/** Raw XML as something wanted: every node of it belongs to one input path. */
export function desiredFromXml(source: Element, path: string): DesiredElement {
  // Between elements, and alone, white space is layout.
  const text = textOf(source) === "" ? "" : contentOf(source);
  return {
    name: source.name,
    path,
    attributes: Object.fromEntries(Object.entries(source.attributes).map(([name, value]) => [name, { value, path }])),
    children: elementsOf(source).map((child) => desiredFromXml(child, path)),
    ...(text === "" ? {} : { text: { value: text, path } }),
  };
}

function isChildren(
  content: Leaf | readonly (DesiredElement | undefined)[],
): content is readonly (DesiredElement | undefined)[] {
  return Array.isArray(content);
}

function own(path: string, leaf: Exclude<Leaf, undefined>): Stated {
  return typeof leaf === "object" ? leaf : { path, value: spell(leaf) };
}

function spell(value: string | number | boolean): string {
  return typeof value === "boolean" ? (value ? "yes" : "no") : String(value);
}
