/** Observe, plan, apply, observe: the one pure function that says what has to change, and how disruptive that is. */

import type { Desired, Settings } from "./desired";
import type { Element } from "./tree";

/** How disruptive a change is; the least disruptive class first. The source is law 6 of the design. */
export type ChangeClass = "live" | "nextStart" | "powerCycle" | "interrupts" | "migrate" | "replace";

export interface Change {
  /** Input path, for instance `disks.root.cache`. */
  readonly path: string;
  readonly from: string | undefined;
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

/** What the planner has to be told about a document's language; `provider/libvirt` holds the one for libvirt. */
export interface Language {
  /** Whether the two spellings mean the same at this place (`1 GiB` and `1048576 KiB`, `q35` and `pc-q35-7.2`). */
  readonly [rule: string]: unknown;
}

export type PlanFunction = (
  desired: Desired,
  /** What was applied last, built by the same `toXml` from the recorded inputs; undefined on adoption and creation. */
  lastApplied: Desired | undefined,
  actual: Actual,
  /** Whether the user states this input path now, or stated it before and dropped it. */
  owned: (path: string) => boolean,
) => Plan;
