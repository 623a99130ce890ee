/** What the matcher has to be told about a document's language. `provider/libvirt/language.ts` is the one for libvirt. */

import type { Element } from "./tree";

/** Where a value stands: the names of the elements from the root down, and the attribute (absent for the text). */
export interface Place {
  readonly elements: readonly string[];
  readonly attribute: string | undefined;
  /** The element that holds the value, on either side: units and types stand beside what they belong to. */
  readonly desired: Element;
  readonly actual: Element;
}

export interface Language {
  /**
   * What tells this element apart from its siblings of the same name, best first: each key is taken when both sides
   * have it. An empty list: siblings are told apart by their content.
   */
  keys(element: Element, parents: readonly string[]): readonly (string | undefined)[];
  /** Whether the parent may hold several of this name. */
  mayRepeat(name: string, parents: readonly string[]): boolean;
  /** Whether a device that carries no alias of ours is the one that is stated for the first time. */
  isSameDevice(stated: Element, present: Element, parents: readonly string[]): boolean;
  /** Whether two different spellings mean the same. */
  equivalent(place: Place, desired: string, actual: string): boolean;
  /** The actual value in the words of the wanted one (its unit), so that a difference reads like the input. */
  respell(place: Place, actual: string): string;
  /** Whether a value or an element that the host does not show is what its absence means, or is not kept by the host. */
  impliedByAbsence(place: Place, desired: string): boolean;
  elementImpliedByAbsence(
    desired: Element,
    parents: readonly string[],
    actualParent: Element,
    document: Element,
  ): boolean;
}
