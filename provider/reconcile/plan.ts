/** Observe, plan, apply, observe: the one pure function that says what has to change. */

import { removalsFor, select } from "./dependants";
import { type Desired, type DesiredElement, instantiate, type Settings } from "./desired";
import { edit } from "./edit";
import type { Language } from "./language";
import { type Difference, dropped, match, type Owned } from "./match";
import { pairSiblings } from "./pair";
import { type Element, elementsOf } from "./tree";

export interface Change {
  /** Input path, for instance `disks.root.cache`. */
  readonly path: string;
  /** What is there; undefined where there is nothing. */
  readonly from: string | undefined;
  /** What is wanted; undefined where nothing is. */
  readonly to: string | undefined;
}

/** What is really there: the persistent XML that the host holds, and the settings beside it. */
export interface Actual {
  readonly document: Element;
  readonly settings: Settings;
}

export interface Plan {
  /** What differs on owned paths, one entry for each input path, sorted by path. Empty: nothing is to be done. */
  readonly changes: readonly Change[];
  /** The actual document with the owned paths (and their dependants) edited in; the same object when nothing differs. */
  readonly document: Element;
  /** The settings which differ, with the value they should have. */
  readonly settings: Settings;
}

export interface PlanInput {
  readonly desired: Desired;
  /** What was applied last, built by the same `toXml` from the recorded inputs; undefined on adoption and creation. */
  readonly lastApplied: Desired | undefined;
  readonly actual: Actual;
  /** Whether the user states this input path now, or stated it before and dropped it. */
  readonly owned: Owned;
  /** XML paths that must go when this input path changes (declared at the field). */
  readonly dependants?: (path: string) => readonly string[];
  readonly language: Language;
}

export function plan({ desired, lastApplied, actual, owned, dependants = () => [], language }: PlanInput): Plan {
  const { document } = actual;
  const differences = [
    ...match(desired.document, document, owned, language),
    ...(lastApplied === undefined ? [] : dropped(lastApplied.document, desired.document, document, owned, language)),
  ];
  const removals = removalsFor(document, differences, dependants);
  const edited = edit(document, [...differences, ...removals]);
  const settings = settingsToChange(desired.settings, actual.settings, owned);
  return {
    changes: inOrder([
      ...differences,
      ...Object.entries(settings).map(([path, to]) => ({ path, from: spell(actual.settings[path]), to: spell(to) })),
    ]),
    document:
      differences.length === 0
        ? document
        : refill(edited, desired.document, removals, dependants, differences, language),
    settings,
  };
}

function settingsToChange(desired: Settings, actual: Settings, owned: Owned): Settings {
  return Object.fromEntries(Object.entries(desired).filter(([path, value]) => owned(path) && actual[path] !== value));
}

function spell(value: string | number | boolean | undefined): string | undefined {
  return value === undefined ? undefined : String(value);
}

/** One entry a path: several nodes may stand for one input. */
function inOrder(changes: readonly Change[]): Change[] {
  const byPath = new Map<string, Change>();
  for (const { path, from, to } of changes) if (!byPath.has(path)) byPath.set(path, { path, from, to });
  return [...byPath.values()].sort((one, other) => (one.path < other.path ? -1 : 1));
}

/** What a dependant's removal took away falls back to our own default, where we have one. */
function refill(
  edited: Element,
  desired: DesiredElement,
  removals: readonly Difference[],
  dependants: (path: string) => readonly string[],
  differences: readonly Difference[],
  language: Language,
): Element {
  if (removals.length === 0) return edited;
  const absolute = new Set(differences.flatMap(({ path }) => dependants(path)).filter((path) => path.startsWith("/")));
  const wanted = [...absolute].flatMap((path) => select(instantiate(desired), path).map(({ element }) => element));
  const parent = elementsOf(edited, "devices")[0];
  if (parent === undefined) return edited;
  const missing = wanted.filter((element) => {
    const { partners } = pairSiblings(
      [element],
      elementsOf(parent, element.name),
      [edited.name, parent.name],
      language,
    );
    return (
      partners[0] === undefined &&
      elementsOf(instantiate(desired), parent.name).some((devices) => devices.children.includes(element))
    );
  });
  const inserts = missing.map((element): Difference => ({
    kind: "insert",
    at: parent,
    element,
    path: "",
    from: undefined,
    to: undefined,
  }));
  return edit(edited, inserts);
}
