/** Which of several siblings is which: pairs wanted elements with those that are there. Pure. */

import { holdsAll } from "./content";
import type { Language } from "./language";
import type { Element } from "./tree";

export interface Pairing {
  /** For each wanted element, in order, its counterpart or undefined. */
  readonly partners: readonly (Element | undefined)[];
  /** Those that are there and belong to nobody here. */
  readonly unpaired: readonly Element[];
}

/** The user alias of an element: the strongest of all keys, since we gave it ourselves. */
export function aliasOf(element: Element): string | undefined {
  const alias = element.children.find((child): child is Element => typeof child !== "string" && child.name === "alias");
  const name = alias?.attributes.name;
  return name?.startsWith("ua-") ? name : undefined;
}

function named(element: Element): 0 | 1 {
  return aliasOf(element) === undefined ? 0 : 1;
}

/** Whether it is one of several that the user keyed (`ua-disk-root`), and not the one of its kind (`ua-video`). */
export function isOneOfMany(element: Element): boolean {
  return /^ua-[a-z]+-./.test(aliasOf(element) ?? "");
}

/** Whether it is the one of its kind that we ask for. */
function isTheOnly(element: Element): boolean {
  return aliasOf(element) !== undefined && !isOneOfMany(element);
}

/**
 * Pairs siblings of one name: by alias, then by the language's keys, best first, then by content. By order only where the
 * parent holds one of them, and among our own documents (`ours`): what another put there is never taken for ours by place.
 * Last of all the only one of its sort; `strictly` leaves that out, since it may be another one.
 */
export function pairSiblings(
  wanted: readonly Element[],
  present: readonly Element[],
  parents: readonly string[],
  language: Language,
  { ours = false, strictly = false } = {},
): Pairing {
  const belongsToAnother = (one: Element, candidate: Element): boolean => isAnother(one, candidate, ours);
  const [only, counterpart] = [wanted[0], present[0]];
  if (only === undefined || counterpart === undefined)
    return { partners: wanted.map(() => undefined), unpaired: present };
  // By far the most elements: the one of its name, which nothing has to be told apart from.
  if (
    wanted.length === 1 &&
    present.length === 1 &&
    isPlain(only, parents, language) &&
    !belongsToAnother(only, counterpart)
  )
    return { partners: [counterpart], unpaired: [] };

  const partners: (Element | undefined)[] = wanted.map(() => undefined);
  // A device without an alias is rather the one that had none before.
  const free = new Set(ours ? [...present].sort((one, other) => named(one) - named(other)) : present);
  const alike = (element: Element, candidates: Iterable<Element>): Element | undefined =>
    find(candidates, (each) => !belongsToAnother(element, each) && holdsAll(element, each, parents, language));
  const take = (index: number, candidate: Element | undefined): void => {
    if (candidate === undefined) return;
    partners[index] = candidate;
    free.delete(candidate);
  };

  wanted.forEach((element, index) => {
    const alias = aliasOf(element);
    if (alias !== undefined)
      take(
        index,
        find(free, (candidate) => aliasOf(candidate) === alias),
      );
  });

  const wantedKeys = wanted.map((element) => language.keys(element, parents));
  const presentKeys = new Map(present.map((element) => [element, language.keys(element, parents)]));
  const levels = Math.max(0, ...wantedKeys.map((keys) => keys.length));
  for (let level = 0; level < levels; level += 1) {
    wanted.forEach((element, index) => {
      const key = wantedKeys[index]?.[level];
      if (partners[index] !== undefined || key === undefined) return;
      const candidates = [...free].filter(
        (candidate) => !belongsToAnother(element, candidate) && presentKeys.get(candidate)?.[level] === key,
      );
      // What should tell them apart may be given twice: then their content does.
      take(index, candidates.length < 2 ? candidates[0] : (alike(element, candidates) ?? candidates[0]));
    });
  }

  const isFree = (index: number): boolean =>
    partners[index] === undefined && wantedKeys[index]?.every((key) => key === undefined) === true;
  // Only what has no key of its own; a NIC that is gone must not be taken for the next one.
  wanted.forEach((element, index) => {
    if (isFree(index)) take(index, alike(element, free));
  });
  wanted.forEach((element, index) => {
    if (!isFree(index) || !(ours || isTheOnly(element) || !language.mayRepeat(element.name, parents))) return;
    take(
      index,
      find(free, (candidate) => !belongsToAnother(element, candidate)),
    );
  });

  const sort = (element: Element): string | undefined => language.looseKey(element, parents);
  wanted.forEach((element, index) => {
    const key = strictly || partners[index] !== undefined ? undefined : sort(element);
    if (key === undefined) return;
    const candidates = [...free].filter((candidate) => sort(candidate) === key);
    const rivals = wanted.filter((other, at) => partners[at] === undefined && sort(other) === key);
    if (candidates.length === 1 && rivals.length === 1) take(index, candidates[0]);
  });
  return { partners, unpaired: [...free] };
}

/** Of such there is one in its parent, and it is known by its name alone. */
function isPlain(element: Element, parents: readonly string[], language: Language): boolean {
  return (
    !language.mayRepeat(element.name, parents) && language.keys(element, parents).every((key) => key === undefined)
  );
}

/**
 * An element that carries another user alias than ours is another device, whatever else it has in common with ours. Of two
 * documents of ours one may state a device without the alias that it has in the other: the same one, from either side.
 */
function isAnother(wanted: Element, candidate: Element, ours: boolean): boolean {
  const [alias, theirs] = [aliasOf(wanted), aliasOf(candidate)];
  return theirs !== undefined && theirs !== alias && !(ours && alias === undefined);
}

function find(elements: Iterable<Element>, test: (element: Element) => boolean): Element | undefined {
  for (const element of elements) if (test(element)) return element;
  return undefined;
}
