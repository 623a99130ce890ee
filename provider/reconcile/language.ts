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

/** A value as an attribute holds it, in the wanted attribute's words. */
export interface Held {
  readonly attribute: string;
  readonly value: string;
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
  /**
   * What it is taken for where no key tells and it is the only one of that: the address of its family. Enough to edit
   * it, never to take it away.
   */
  looseKey(element: Element, parents: readonly string[]): string | undefined;
  /** The sibling that it has to stand before, where the order of the two is no matter of taste. */
  standsBefore(name: string, parents: readonly string[]): string | undefined;
  /** How the actual element holds a wanted attribute, which may be under another name (`netmask` for `prefix`). */
  held(place: Place): Held | undefined;
  /** Whether two different spellings mean the same. */
  equivalent(place: Place, desired: string, actual: string): boolean;
  /** The actual value in the words of the wanted one (its unit), so that a difference reads like the input. */
  respell(place: Place, actual: string): string;
  /** What is there in words, where the value that differs is not all that the input says: a number with room above it. */
  had(place: Place): string | undefined;
  /** A whole element in the words of its input, where there are such. */
  describe(element: Element, parents: readonly string[]): string | undefined;
  /** Whether a value or an element that the host does not show is what its absence means, or is not kept by the host. */
  impliedByAbsence(place: Place, desired: string): boolean;
  elementImpliedByAbsence(
    desired: Element,
    parents: readonly string[],
    actualParent: Element,
    document: Element,
  ): boolean;
}
