/** Observe, plan, apply, observe: the one pure function that says what has to change. */

import { removalsFor, select } from "./dependants";
import { type Desired, type DesiredElement, instantiate, type Settings } from "./desired";
import { edit } from "./edit";
import type { Language } from "./language";
import { type Difference, dropped, type Edit, match, type Owned } from "./match";
import { pairSiblings } from "./pair";
import { type Element, elementsOf } from "./tree";

export interface Change {
  /** Input path, for instance `disks.root.cache`. */
  readonly path: string;
  /** What is there; undefined where there is nothing. */
  readonly from: string | undefined;
  /** The same in words, where that is more. */
  readonly had?: string;
  /** What is wanted; undefined where nothing is. */
  readonly to: string | undefined;
  /** What runs now cannot take it: it waits for the next start. Never where nothing runs. */
  readonly requiresRestart: boolean;
  /** What runs lacks, where that is why it waits. */
  readonly lacks?: string;
  /** What runs differs, stays as it is, and is not started again for it: only the definition changes. */
  readonly stays?: true;
}

/** What is really there: the persistent XML that the host holds, the settings beside it, and the XML of what runs. */
export interface Actual {
  readonly document: Element;
  readonly settings: Settings;
  /** Undefined where nothing runs, or where what runs has no XML of its own. */
  readonly live?: Element | undefined;
}

/** What differs from the live XML, by what can be done about it. */
export interface Split {
  /** What runs can take it at once. */
  readonly now: readonly Difference[];
  /** It needs a start. */
  readonly requiresRestart: readonly Difference[];
  /** It was asked for, and is for the guest to do (a balloon): neither drift nor a reason to start anything again. */
  readonly pendingInGuest: readonly Difference[];
  /** What runs has what was asked for, and more than that. */
  readonly met: readonly Difference[];
  /** By the input path of what needs a start, what is lacking to have it at once, where that is known. */
  readonly reasons?: ReadonlyMap<string, string>;
}

/**
 * Splits the differences from the live XML; `changedSinceLastApply` tells the input paths whose wanted value was another one last time.
 * `provider/libvirt/live-split.ts` is the one for libvirt.
 */
export type Splitter = (differences: readonly Difference[], live: Element, changedSinceLastApply: Owned) => Split;

export interface Plan {
  /** What differs on owned paths, one entry for each input path, sorted by path. Empty: nothing is to be done. */
  readonly changes: readonly Change[];
  /** The actual document with the owned paths (and their dependants) edited in; the same object when nothing differs. */
  readonly document: Element;
  /** The settings which differ, with the value they should have. */
  readonly settings: Settings;
  /** Differences from the live XML that what runs can take at once. */
  readonly live: readonly Difference[];
  /** What the next start brings, whether or not it is defined yet: one entry for each input path, sorted. */
  readonly pendingRestart: readonly Change[];
  /** What was asked for and is for the guest to do. */
  readonly pendingInGuest: readonly Change[];
  /** Input paths of which neither the definition nor what runs has anything. */
  readonly gone: readonly string[];
}

export interface PlanInput {
  readonly desired: Desired;
  /** What was applied last, built by the same `toXml` from the recorded inputs; undefined on adoption and creation. */
  readonly lastApplied: Desired | undefined;
  /**
   * What the document was made by, where it says so itself. After an update of which nobody knows how far it came it is not
   * what was recorded: either of them may be there.
   */
  readonly madeBy?: Desired | undefined;
  readonly actual: Actual;
  /** Whether the user states this input path now, or stated it before and dropped it. */
  readonly owned: Owned;
  /** XML paths that must go when this input path changes (declared at the field). */
  readonly dependants?: (path: string) => readonly string[];
  readonly language: Language;
  /** Left out, nothing can be changed in what runs. */
  readonly split?: Splitter | undefined;
}

export function plan(input: PlanInput): Plan {
  const { desired, actual, owned, dependants = () => [], language } = input;
  const { document } = actual;
  const differences = differencesFrom(document, input);
  const removals = removalsFor(document, differences, dependants);
  const edited = edit(document, [...differences, ...removals]);
  const settings = settingsToChange(desired.settings, actual.settings, owned);
  const { now, requiresRestart, pendingInGuest, met, reasons } = splitLive(input);
  const requiring = requiresRestart.map(({ path }) => path);
  // What of a device requires a restart makes the device require it: without that it is not there as a whole.
  const hasToWait = (path: string): boolean => requiring.some((each) => each === path || each.startsWith(`${path}.`));
  const taken = new Set([...now, ...requiresRestart].map(({ path }) => path));
  // What is done below a path is done for it: a guest gets more memory by the device that is plugged.
  const isDone = (path: string): boolean => taken.has(path) || [...taken].some((each) => each.startsWith(`${path}.`));
  const staying = new Set([...pendingInGuest, ...met].map(({ path }) => path).filter((path) => !isDone(path)));
  const change = ({
    path,
    from,
    to,
    said,
    had,
  }: Omit<Change, "requiresRestart"> & Pick<Difference, "said">): Change => {
    const lacks = reasons?.get(path);
    return {
      path,
      from,
      to: said ?? to,
      requiresRestart: hasToWait(path),
      ...(had === undefined ? {} : { had }),
      ...(lacks === undefined ? {} : { lacks }),
      ...(staying.has(path) ? { stays: true } : {}),
    };
  };
  return {
    changes: inOrder([
      // A name of ours for a device that is there already is written along, and is no change to what anybody has.
      ...[...differences, ...now].filter(({ elements }) => elements.at(-1) !== "alias").map(change),
      ...Object.entries(settings).map(([path, to]) =>
        change({ path, from: spell(actual.settings[path]), to: spell(to) }),
      ),
    ]),
    document:
      differences.length === 0
        ? document
        : refill(
            edited,
            desired.document,
            differences.flatMap(({ path }) => dependants(path)),
            language,
          ),
    settings,
    live: now,
    pendingRestart: inOrder(requiresRestart.map(change)),
    pendingInGuest: inOrder(pendingInGuest.map(change)),
    gone: goneFrom([
      differences,
      ...(actual.live === undefined ? [] : [[...now, ...requiresRestart, ...pendingInGuest]]),
    ]),
  };
}

/** What is wanted and not there, and what is there and not wanted any more. */
function differencesFrom(document: Element, input: PlanInput): Difference[] {
  const { desired, lastApplied, madeBy, owned, language } = input;
  const earlier = [...new Set([madeBy, lastApplied].flatMap((each) => each?.document ?? []))];
  // Of the very document that is wanted nothing is dropped.
  const others = earlier.filter((each) => each !== desired.document);
  const taken = onceEach(others.flatMap((each) => dropped(each, desired.document, document, owned, language)));
  const leaving = new Set(taken.flatMap((each) => ("element" in each ? each.element : [])));
  const wanted = match(desired.document, document, owned, language, earlier, leaving);
  // What the program dropped goes by its own path.
  return [...wanted.filter((each) => each.kind !== "remove" || !leaving.has(each.element)), ...taken];
}

/** What is dropped is dropped once, however many have stated it. */
function onceEach(differences: readonly Difference[]): Difference[] {
  const nodeOf = (each: Difference): unknown => ("element" in each ? each.element : each.at);
  const partOf = (each: Difference): string => (each.kind === "attribute" ? `@${each.attribute}` : each.kind);
  return differences.filter(
    (each, index) =>
      differences.findIndex((other) => nodeOf(other) === nodeOf(each) && partOf(other) === partOf(each)) === index,
  );
}

/** The input paths of which these documents have nothing: what one of them has can still be taken away. */
function goneFrom(documents: readonly (readonly Difference[])[]): string[] {
  const absent = documents.map(
    (differences) =>
      new Set(differences.filter(({ from, to }) => from === undefined && to !== undefined).map(({ path }) => path)),
  );
  return [...(absent[0] ?? [])].filter((path) => absent.every((paths) => paths.has(path)));
}

function splitLive(input: PlanInput): Split {
  const { live } = input.actual;
  if (live === undefined) return { now: [], requiresRestart: [], pendingInGuest: [], met: [] };
  const differences = differencesFrom(live, input);
  const { split, desired, lastApplied, owned, language } = input;
  if (split === undefined) return { now: [], requiresRestart: differences, pendingInGuest: [], met: [] };
  const changedSinceLastApply = new Set(
    lastApplied === undefined || lastApplied.document === desired.document
      ? []
      : match(desired.document, instantiate(lastApplied.document), owned, language).map(({ path }) => path),
  );
  const { now, requiresRestart, pendingInGuest, met, reasons } = split(differences, live, (path) =>
    changedSinceLastApply.has(path),
  );
  // One input is one change: what cannot be had at once as a whole is not begun.
  const blocked = new Set(requiresRestart.map(({ path }) => path));
  return {
    now: now.filter(({ path }) => !blocked.has(path)),
    requiresRestart: [...requiresRestart, ...now.filter(({ path }) => blocked.has(path))],
    pendingInGuest,
    met,
    ...(reasons === undefined ? {} : { reasons }),
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
  for (const change of changes) if (!byPath.has(change.path)) byPath.set(change.path, change);
  return [...byPath.values()].sort((one, other) => (one.path < other.path ? -1 : 1));
}

/**
 * What was derived from the old value falls back to our own default, where we have one, wherever in the document it stands.
 * It need not be owned: nobody but us could say it again.
 */
function refill(edited: Element, desired: DesiredElement, dependants: readonly string[], language: Language): Element {
  const whole = instantiate(desired);
  const fallbacks = new Set(
    dependants
      .filter((path) => path.startsWith("/"))
      .flatMap((path) => select(whole, path).map(({ element }) => element)),
  );
  return fallbacks.size === 0 ? edited : edit(edited, missing(whole, edited, [], fallbacks, language));
}

/** The insertion of each of the fallbacks that is not there. */
function missing(
  wanted: Element,
  present: Element,
  parents: readonly string[],
  fallbacks: ReadonlySet<Element>,
  language: Language,
): Edit[] {
  const elements = [...parents, wanted.name];
  return [...new Set(elementsOf(wanted).map(({ name }) => name))].flatMap((name) => {
    const children = elementsOf(wanted, name);
    const { partners } = pairSiblings(children, elementsOf(present, name), elements, language);
    return children.flatMap((child, index): Edit[] => {
      const partner = partners[index];
      if (partner !== undefined) return missing(child, partner, elements, fallbacks, language);
      return fallbacks.has(child) ? [{ kind: "insert", at: present, element: child }] : [];
    });
  });
}
