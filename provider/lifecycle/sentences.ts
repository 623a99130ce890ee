/** What is said of changes, in words: made at the last moment, once for each place where it is shown. Pure. */

import type { ClassifiedChange, Drift } from "./classified";
import { hush, spelled } from "./words";

export type Said = Readonly<Record<string, string>>;

/** By input path as the program spells it, which is how the engine shows the keys of an input. */
export function impactSaid(changes: readonly ClassifiedChange[], ...inputs: readonly unknown[]): Said {
  return byPath(changes, impactSentence, inputs);
}

export function driftSaid(drift: readonly Drift[], ...inputs: readonly unknown[]): Said {
  return byPath(drift, driftSentence, inputs);
}

export function impactSentence({ class: is, atMost, note, ...change }: ClassifiedChange): string {
  const values = change.secret === true || change.from !== undefined || change.to !== undefined;
  const words = [
    `${atMost === true ? "at most: " : ""}${is}`,
    ...(values ? [`: ${from(change)} → ${to(change)}`] : []),
  ];
  if (note === undefined) return words.join("");
  return values
    ? `${words.join("")} (${note})`
    : `${words.join("")}${is === "none" ? ": " : " ("}${note}${is === "none" ? "" : ")"}`;
}

function driftSentence(drift: Drift): string {
  return drift.note ?? `${from(drift)} on the host, ${to(drift)} wanted`;
}

/** One line for the resource's row: classes and paths, drift first. The sentences stand by path in the difference. */
export function summary(
  drift: readonly Drift[],
  changes: readonly ClassifiedChange[],
  ...inputs: readonly unknown[]
): string | undefined {
  const parts = drift.length === 0 ? [] : [`drift: ${drift.map(({ path }) => spelled(path, ...inputs)).join(", ")}`];
  const classes = new Map<string, ClassifiedChange[]>();
  for (const change of changes.filter((each) => each.class !== "none")) {
    const heading = `${change.atMost === true ? "at most: " : ""}${change.class}`;
    classes.set(heading, [...(classes.get(heading) ?? []), change]);
  }
  for (const [heading, those] of classes) {
    // Whom it disturbs belongs into the short view; that nobody is disturbed does not.
    const notes =
      heading.endsWith("interrupts") || heading.endsWith("refused") ? those.flatMap(({ note }) => note ?? []) : [];
    const after = notes.length === 0 ? "" : ` (${[...new Set(notes)].join("; ")})`;
    parts.push(`${heading}: ${those.map(({ path }) => spelled(path, ...inputs)).join(", ")}${after}`);
  }
  return parts.length === 0 ? undefined : parts.join("; ");
}

/** What a guest would have after a start, and an `up` does not bring. */
export function pendingRestartSentence(paths: readonly string[], ...inputs: readonly unknown[]): string {
  return `waits for the next start: ${paths.map((path) => spelled(path, ...inputs)).join(", ")}`;
}

/** What an `up` has asked of a guest and does not ask again: only another value does, or a start. */
export function pendingInGuestSentence(paths: readonly string[], ...inputs: readonly unknown[]): string {
  return `asked of the guest, which has it otherwise: ${paths.map((path) => spelled(path, ...inputs)).join(", ")}`;
}

function byPath<Each extends { readonly path: string }>(
  all: readonly Each[],
  say: (each: Each) => string,
  inputs: readonly unknown[],
): Said {
  return Object.fromEntries(all.map((each) => [spelled(each.path, ...inputs) || "type", say(each)]));
}

function from({ secret, from: value }: Drift): string {
  return secret === true ? hush : (value ?? "absent");
}

function to({ secret, to: value }: Drift): string {
  return secret === true ? hush : (value ?? "absent");
}
