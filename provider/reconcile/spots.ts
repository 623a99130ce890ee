/** Where the values of a wanted document stand, and what stands there in the document that is there. Pure. */

import { type DesiredElement, instantiate, type Stated } from "./desired";
import type { Language } from "./language";
import { pairSiblings } from "./pair";
import { contentOf, type Element, elementsOf } from "./tree";

/** One value of a wanted document. */
export interface Spot {
  readonly stated: Stated;
  /** The attribute that it is; undefined for the element's text. */
  readonly attribute: string | undefined;
  readonly element: DesiredElement;
  readonly parent: DesiredElement | undefined;
  /** The names of the elements from the root down to its own. */
  readonly elements: readonly string[];
}

export function spotsOf(
  element: DesiredElement,
  parent?: DesiredElement,
  parents: readonly string[] = [],
): readonly Spot[] {
  const elements = [...parents, element.name];
  const { text, attributes, children } = element;
  const spot = (stated: Stated, attribute?: string): Spot => ({ stated, attribute, element, parent, elements });
  return [
    ...(text === undefined ? [] : [spot(text)]),
    ...Object.entries(attributes).map(([attribute, stated]) => spot(stated, attribute)),
    ...children.flatMap((child) => spotsOf(child, element, elements)),
  ];
}

export type Pairs = ReadonlyMap<DesiredElement, Element>;

/** Which element of the document each of the wanted ones is, as the matcher takes them. */
export function pairsOf(desired: DesiredElement, actual: Element, language: Language): Pairs {
  const pairs = new Map<DesiredElement, Element>([[desired, actual]]);
  pairChildren(desired, actual, [], language, pairs);
  return pairs;
}

function pairChildren(
  desired: DesiredElement,
  actual: Element,
  parents: readonly string[],
  language: Language,
  pairs: Map<DesiredElement, Element>,
): void {
  const elements = [...parents, desired.name];
  for (const name of new Set(desired.children.map((child) => child.name))) {
    const wanted = desired.children.filter((child) => child.name === name);
    const present = elementsOf(actual, name);
    const { partners } = pairSiblings(wanted.map(instantiate), present, elements, language);
    wanted.forEach((child, index) => {
      const partner = partners[index];
      if (partner === undefined) return;
      pairs.set(child, partner);
      pairChildren(child, partner, elements, language, pairs);
    });
  }
}

/**
 * The wanted document without the elements that have nothing to do with these paths. What may stand there several times
 * stays whole, with its siblings: all of it tells which is which.
 */
export function partOf(
  desired: DesiredElement,
  isMeant: (path: string) => boolean,
  language: Language,
  parents: readonly string[] = [],
): DesiredElement {
  const elements = [...parents, desired.name];
  const meant = new Set(desired.children.filter((child) => concerns(child, isMeant)).map(({ name }) => name));
  const children = desired.children
    .filter(({ name }) => meant.has(name))
    .map((child) => (language.mayRepeat(child.name, elements) ? child : partOf(child, isMeant, language, elements)));
  return { ...desired, children };
}

function concerns(
  { path, text, attributes, children, without = [] }: DesiredElement,
  isMeant: (path: string) => boolean,
): boolean {
  return (
    isMeant(path) ||
    without.some((absent) => isMeant(absent.path)) ||
    (text !== undefined && isMeant(text.path)) ||
    Object.values(attributes).some((each) => isMeant(each.path)) ||
    children.some((child) => concerns(child, isMeant))
  );
}

/** What stands at the spot, in the words of what is wanted there; undefined where nothing does. */
export function heldAt(
  { attribute, element, elements }: Pick<Spot, "attribute" | "element" | "elements">,
  actual: Element,
  language: Language,
): string | undefined {
  const place = { elements, attribute, desired: instantiate(element), actual };
  const held = attribute === undefined ? contentOf(actual) : language.held(place)?.value;
  return held === undefined || (attribute === undefined && held === "") ? undefined : language.respell(place, held);
}
