/** What an update does, as data: changes by input path with their class. Sentences are made of it last, and never read back. */

import type { Change } from "../reconcile/plan";
import type { ChangeClass, Impact } from "../resources/resource";
import { hush, inWords, masked, valueAt } from "./words";

export interface ClassifiedChange {
  /** Input path: `disks.root.cache`. */
  readonly path: string;
  /** `none`: an input changed, and nothing is done about it. */
  readonly class: ChangeClass | "none";
  readonly from?: string;
  readonly to?: string;
  /** The rest of the sentence. */
  readonly note?: string;
  /** It is not known what it will be; worse than this it is not. */
  readonly atMost?: boolean;
  /** Its values must not be shown, and are not here. */
  readonly secret?: boolean;
}

/** What the host has otherwise than it was recorded and is wanted. */
export type Drift = Pick<ClassifiedChange, "path" | "from" | "to" | "note" | "secret">;

/** Whether the value of an input path must not be shown: all of it, or something `beneath`, which then is left out. */
export type IsSecret = (path: string) => boolean | "partly";

/** What a plan's changes are called in the program's own words, where the program has said both of what was and what is to be. */
export interface Words {
  readonly recorded: object | undefined;
  readonly wanted: object;
  /** Paths where the host does not have what was recorded: there its own words count. */
  readonly drifted: ReadonlySet<string>;
  /** Paths that neither what was recorded nor what is wanted has: the program has never said whether they are secret. */
  readonly unrecorded?: ReadonlySet<string>;
  readonly isSecret: IsSecret;
}

export function classified(change: Change, impact: Impact, words: Words): ClassifiedChange {
  return { ...named(change, words), class: impact.class, ...(impact.note === undefined ? {} : { note: impact.note }) };
}

/**
 * The same, where the program says that a change of some inputs is to replace the resource: of the inputs, not of the
 * host, which the engine does not know of.
 */
export function withReplacements(
  changes: readonly ClassifiedChange[],
  recorded: object,
  wanted: object,
  replaces: (path: string) => boolean,
): ClassifiedChange[] {
  const isChanged = (path: string): boolean =>
    JSON.stringify(valueAt(recorded, path)) !== JSON.stringify(valueAt(wanted, path));
  return changes.map((change) => {
    if (!replaces(change.path) || !isChanged(change.path)) return change;
    const { note: _note, ...rest } = change;
    return { ...rest, class: "replace" };
  });
}

export function named({ path, from, had, to }: Pick<Change, "path" | "from" | "had" | "to">, words: Words): Drift {
  if (words.unrecorded?.has(path) === true) return { path, note: "brought by an update that was not recorded" };
  const secrecy = words.isSecret(path);
  if (secrecy === true) return { path, secret: true };
  const [recorded, wanted] = [valueAt(words.recorded, path), valueAt(words.wanted, path)];
  const shown = (value: unknown): string | undefined => inWords(masked(value, path, words.isSecret));
  // The host's own words for a whole do not tell which of it is the secret.
  const found = (text: string | undefined): string | undefined =>
    text !== undefined && secrecy === "partly" ? hush : text;
  const isOther = recorded !== undefined && inWords(recorded) !== inWords(wanted) && !words.drifted.has(path);
  const old = (isOther ? shown(recorded) : undefined) ?? found(had ?? from);
  const next = shown(wanted) ?? found(to);
  return { path, ...(old === undefined ? {} : { from: old }), ...(next === undefined ? {} : { to: next }) };
}
