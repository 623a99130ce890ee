/** The one matcher: what of the wanted document is not so in the document that is there. Pure; see decisions/one-matcher.md. */

import { type DesiredElement, instantiate } from "./desired";
import type { Language, Place } from "./language";
import { aliasOf, isOneOfMany, pairSiblings } from "./pair";
import { contentOf, type Element, elementsOf, textOf } from "./tree";

/** One difference, as an input path and as the edit that would mend it. */
export type Difference = {
  readonly path: string;
  readonly from: string | undefined;
  readonly to: string | undefined;
  /** The wanted value as the input says it, where that is more than `to`: an address with its prefix. */
  readonly said?: string;
  /** What is there in words, where that is more than `from`. */
  readonly had?: string;
  /** Where it stands: the names of the elements from the root down to the one that differs, is to come or to go. */
  readonly elements: readonly string[];
  /** The whole element that is wanted in that place; undefined where none is. */
  readonly wanted: Element | undefined;
} & Edit;

export type Edit =
  | {
      readonly kind: "attribute";
      readonly at: Element;
      readonly attribute: string;
      readonly to: string | undefined;
      /** An attribute that says the same in other words, and goes. */
      readonly insteadOf?: string;
    }
  | { readonly kind: "text"; readonly at: Element; readonly to: string | undefined }
  | {
      readonly kind: "insert";
      readonly at: Element;
      readonly element: Element;
      /** The name of the sibling that it has to stand before. */
      readonly before?: string;
    }
  | { readonly kind: "remove"; readonly at: Element; readonly element: Element };

export type Owned = (path: string) => boolean;

/**
 * What is wanted and differs, on owned paths only. `before`, what was or may have been applied last, tells which device is
 * which where it carries no alias of ours and has changed what it was known by; what is in none of them is new. `leaving`:
 * what goes, and is nothing that is wanted.
 */
export function match(
  desired: DesiredElement,
  actual: Element,
  owned: Owned,
  language: Language,
  before: readonly DesiredElement[] = [],
  leaving: ReadonlySet<Element> = new Set(),
): Difference[] {
  const differences: Difference[] = [];
  compare(desired, actual, before, [], { document: actual, owned, language, leaving, found: differences });
  return differences;
}

interface Comparison {
  /** The whole of what is there. */
  readonly document: Element;
  readonly owned: Owned;
  readonly language: Language;
  readonly leaving: ReadonlySet<Element>;
  readonly found: Difference[];
}

function compare(
  desired: DesiredElement,
  actual: Element,
  before: readonly DesiredElement[],
  parents: readonly string[],
  comparison: Comparison,
): void {
  const { document, owned, language, leaving, found } = comparison;
  const elements = [...parents, desired.name];
  const plain = instantiate(desired);
  const place = (attribute: string | undefined): Place => ({ elements, attribute, desired: plain, actual });

  // The text first: where a unit stands beside it, the text is what a person wants to read of.
  const path = ownedPath(desired, before, (each) => each.text, owned);
  if (desired.text !== undefined && path !== undefined) {
    const { value } = desired.text;
    const from = contentOf(actual);
    if (from !== value && !language.equivalent(place(undefined), value, from)) {
      const had = language.had(place(undefined));
      found.push({
        kind: "text",
        at: actual,
        path,
        from: from === "" ? undefined : language.respell(place(undefined), from),
        to: value,
        elements,
        wanted: plain,
        ...(had === undefined ? {} : { had }),
      });
    }
  }

  for (const [attribute, { value }] of Object.entries(desired.attributes)) {
    const path = ownedPath(desired, before, ({ attributes }) => attributes[attribute], owned);
    if (path === undefined) continue;
    const held = language.held(place(attribute));
    const from = held?.value;
    const same =
      from === undefined
        ? language.impliedByAbsence(place(attribute), value)
        : from === value || language.equivalent(place(attribute), value, from);
    if (same) continue;
    const shown = from === undefined ? undefined : language.respell(place(attribute), from);
    const said = language.respell({ ...place(attribute), actual: plain }, value);
    found.push({
      kind: "attribute",
      at: actual,
      attribute,
      path,
      from: shown,
      to: value,
      elements,
      wanted: plain,
      ...(said === value ? {} : { said }),
      ...(held === undefined || held.attribute === attribute ? {} : { insteadOf: held.attribute }),
    });
  }

  const claimed = new Set<Element>();
  for (const name of new Set(desired.children.map((child) => child.name))) {
    const wanted = desired.children.filter((child) => child.name === name);
    const plainWanted = elementsOf(plain, name);
    const known = before.map(({ children }) =>
      counterparts(
        wanted,
        children.filter((child) => child.name === name),
        elements,
        language,
      ),
    );
    const staying = elementsOf(actual, name).filter((element) => !leaving.has(element));
    const partners = partnersOf(plainWanted, known, staying, elements, language);
    wanted.forEach((child, index) => {
      const partner = partners[index];
      const earlier = known.flatMap((each) => each[index] ?? []);
      if (partner !== undefined) {
        claimed.add(partner);
        return compare(child, partner, earlier, elements, comparison);
      }
      const element = plainWanted[index];
      const path = firstOwned(child, owned);
      if (element === undefined || path === undefined) return;
      if (language.elementImpliedByAbsence(element, elements, actual, document)) return;
      const place = { elements: [...elements, name], wanted: element };
      const next = language.standsBefore(name, elements);
      found.push({
        kind: "insert",
        at: actual,
        element,
        path,
        from: undefined,
        to: language.describe(element, elements) ?? summary(element),
        ...place,
        ...(next === undefined ? {} : { before: next }),
      });
    });
  }

  for (const absent of desired.without ?? []) {
    if (!owned(absent.path)) continue;
    if ("attribute" in absent) {
      const { attribute, path } = absent;
      const from = actual.attributes[attribute];
      if (from !== undefined)
        found.push({ kind: "attribute", at: actual, attribute, path, from, to: undefined, elements, wanted: plain });
      continue;
    }
    const { child: name, is = () => true, path } = absent;
    for (const element of elementsOf(actual, name)) {
      if (claimed.has(element) || !is(element) || saysNothing(element, [...elements, name], language)) continue;
      found.push(removal(actual, element, path, elements, language));
    }
  }
}

/** By which path a value is the user's: its own, or another one by which it was stated before, and which was dropped. */
function ownedPath(
  desired: DesiredElement,
  before: readonly DesiredElement[],
  value: (element: DesiredElement) => { readonly path: string } | undefined,
  owned: Owned,
): string | undefined {
  return [desired, ...before].map((each) => value(each)?.path).find((path) => path !== undefined && owned(path));
}

/**
 * For each element of one document of ours what it is in another one. What has changed all that it was known by stands
 * for the same input still; only a device is another one then.
 */
function counterparts(
  wanted: readonly DesiredElement[],
  others: readonly DesiredElement[],
  parents: readonly string[],
  language: Language,
): readonly (DesiredElement | undefined)[] {
  if (wanted.length === others.length && wanted.every((each, index) => each === others[index])) return wanted;
  const plain = others.map(instantiate);
  const { partners } = pairSiblings(wanted.map(instantiate), plain, parents, language, { ours: true });
  const known = partners.map((partner) => (partner === undefined ? undefined : others[plain.indexOf(partner)]));
  if (parents.at(-1) === "devices") return known;
  const left = others.filter((other) => !known.includes(other));
  return known.map((one, index) => {
    const path = wanted[index]?.path;
    if (one !== undefined || path === "") return one;
    const [same, ...more] = left.filter((other) => other.path === path);
    const rivals = wanted.filter((other, at) => known[at] === undefined && other.path === path);
    return more.length === 0 && rivals.length === 1 ? same : undefined;
  });
}

/** What is there of each wanted element: known by what it was last time, else by what it is to be. */
function partnersOf(
  wanted: readonly Element[],
  known: readonly (readonly (DesiredElement | undefined)[])[],
  present: readonly Element[],
  parents: readonly string[],
  language: Language,
): readonly (Element | undefined)[] {
  const partners = wanted.map((): Element | undefined => undefined);
  let free = present;
  for (const earlier of [...known, []]) {
    const missing = wanted.flatMap((_, index) => (partners[index] === undefined ? [index] : []));
    const sought = missing.flatMap((index) => (earlier[index] && instantiate(earlier[index])) ?? wanted[index] ?? []);
    const found = pairSiblings(sought, free, parents, language);
    missing.forEach((index, at) => (partners[index] = found.partners[at]));
    free = found.unpaired;
  }
  return wanted.map((element, index) => {
    const partner = partners[index];
    if (partner === undefined || known.some((earlier) => earlier[index] !== undefined)) return partner;
    return isTheOne(element, partner, parents, language) ? partner : undefined;
  });
}

/** A device of several that is stated for the first time has our alias, or is known by what it is, or is not there. */
function isTheOne(element: Element, partner: Element, parents: readonly string[], language: Language): boolean {
  return (
    !isOneOfMany(element) ||
    aliasOf(partner) === aliasOf(element) ||
    language.keys(element, parents).every((key) => key === undefined) ||
    language.isSameDevice(element, partner, parents)
  );
}

/**
 * What was applied last, is owned, is no longer wanted, and is still there: to be taken away. `before` and `desired` are
 * built by the same function, so that whatever both have is found by path and name.
 */
export function dropped(
  before: DesiredElement,
  desired: DesiredElement,
  actual: Element,
  owned: Owned,
  language: Language,
): Difference[] {
  const found: Difference[] = [];
  walkDropped(before, desired, actual, [], owned, language, found);
  return found;
}

function walkDropped(
  before: DesiredElement,
  desired: DesiredElement,
  actual: Element,
  parents: readonly string[],
  owned: Owned,
  language: Language,
  found: Difference[],
): void {
  const elements = [...parents, before.name];
  const place = { elements, wanted: instantiate(desired) };
  for (const [attribute, { path }] of Object.entries(before.attributes)) {
    if (desired.attributes[attribute] !== undefined || !owned(path)) continue;
    const held = language.held({ elements, attribute, desired: instantiate(before), actual });
    if (held === undefined) continue;
    const { value: from } = held;
    found.push({ kind: "attribute", at: actual, attribute: held.attribute, path, from, to: undefined, ...place });
  }
  if (before.text !== undefined && desired.text === undefined && textOf(actual) !== "" && owned(before.text.path)) {
    found.push({ kind: "text", at: actual, path: before.text.path, from: textOf(actual), to: undefined, ...place });
  }
  for (const name of new Set(before.children.map((child) => child.name))) {
    const earlier = before.children.filter((child) => child.name === name);
    const wanted = desired.children.filter((child) => child.name === name);
    // Asked from the side of what is wanted, as for its comparison: what counts for one of the two counts for the other.
    const known = counterparts(wanted, earlier, elements, language);
    const still = earlier.map((child) => wanted[known.indexOf(child)]);
    const there = (strictly: boolean): readonly (Element | undefined)[] =>
      pairSiblings(earlier.map(instantiate), elementsOf(actual, name), elements, language, { strictly }).partners;
    const [perhaps, surely] = [there(false), there(true)];
    earlier.forEach((child, index) => {
      const next = still[index];
      const present = (next === undefined ? surely : perhaps)[index];
      if (present === undefined) return;
      if (next !== undefined) return walkDropped(child, next, present, elements, owned, language, found);
      const path = firstOwned(child, owned);
      if (path !== undefined) found.push(removal(actual, present, path, elements, language));
    });
  }
}

function removal(
  at: Element,
  element: Element,
  path: string,
  parents: readonly string[],
  language: Language,
): Difference {
  const elements = [...parents, element.name];
  const from = language.describe(element, parents) ?? summary(element);
  return { kind: "remove", at, element, path, from, to: undefined, elements, wanted: undefined };
}

/** Whether all that it says is as good as absent: a running guest's empty drive has a source with a number of its own. */
function saysNothing(element: Element, elements: readonly string[], language: Language): boolean {
  const { attributes, children } = element;
  const implied = ([attribute, value]: readonly [string, string]): boolean =>
    language.impliedByAbsence({ elements, attribute, desired: element, actual: element }, value);
  const said = Object.entries(attributes);
  return children.length === 0 && said.length > 0 && said.every(implied);
}

/** An element belongs to the user when any value in it does: the path of the first, its own before all. */
function firstOwned(desired: DesiredElement, owned: Owned): string | undefined {
  const { path, text, attributes, children } = desired;
  const own = [path, ...(text === undefined ? [] : [text.path]), ...Object.values(attributes).map((each) => each.path)];
  return own.find(owned) ?? children.map((child) => firstOwned(child, owned)).find((each) => each !== undefined);
}

/** A whole element in a few words, for messages: its text where that is all it has. */
function summary(element: Element): string {
  const attributes = Object.entries(element.attributes).map(([name, value]) => `${name}=${value}`);
  const text = textOf(element);
  return attributes.length === 0 && text !== "" ? text : [element.name, ...attributes].join(" ");
}
