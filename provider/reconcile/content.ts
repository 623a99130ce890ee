/** Whether an element has all that is wanted of it: what tells siblings apart that have no key. Pure. */

import type { Language, Place } from "./language";
import { contentOf, type Element, elementsOf, isElement } from "./tree";

/** All of `wanted` is in `present`, in whatever spelling; our own name for it (its alias) does not count. */
export function holdsAll(wanted: Element, present: Element, parents: readonly string[], language: Language): boolean {
  const elements = [...parents, wanted.name];
  const place = (attribute: string | undefined): Place => ({ elements, attribute, desired: wanted, actual: present });
  const text = contentOf(wanted);
  const held = contentOf(present);
  if (text.trim() !== "" && text !== held && !language.equivalent(place(undefined), text, held)) return false;
  const attributes = Object.entries(wanted.attributes).every(([name, value]) => {
    const there = language.held(place(name))?.value;
    if (there === undefined) return language.impliedByAbsence(place(name), value);
    return there === value || language.equivalent(place(name), value, there);
  });
  return (
    attributes &&
    wanted.children.filter(isElement).every((child) => {
      if (child.name === "alias") return true;
      const candidates = elementsOf(present, child.name);
      return candidates.length === 0
        ? language.elementImpliedByAbsence(child, elements, present, present)
        : candidates.some((candidate) => holdsAll(child, candidate, elements, language));
    })
  );
}
