/** Inputs as they are recorded, found and compared. Pure. */

import { same } from "../../schema/same";
import type { Plan } from "../reconcile/plan";
import { stepsOf } from "./words";

/** Equal values, whatever the order of their keys; compared are the keys of both that are inputs. */
export function sameInputs(
  one: Record<string, unknown>,
  other: Record<string, unknown>,
  keys: readonly string[],
): boolean {
  return keys.every((key) => same(one[key], other[key]));
}

/**
 * The inputs as they would read for the host to be as wanted: recorded values, with those that differ as found. Only what
 * is gone from everywhere is left out: what a definition or a running guest still has stays the program's to take away.
 * Of a value that is not the input's own, but follows from it (the type of a NIC's connection), nothing is taken.
 */
export function asFound(inputs: object, { changes, gone }: Pick<Plan, "changes" | "gone">): object {
  return changes.reduce((found, { path, from, to }) => {
    const steps = stepsOf(path, found);
    const isFound = from === undefined ? gone.includes(path) : isText(valueAt(found, steps), to);
    return isFound ? withValue(found, steps, from) : found;
  }, inputs);
}

function valueAt(value: unknown, [key, ...rest]: readonly string[]): unknown {
  if (key === undefined || typeof value !== "object" || value === null) return value;
  return valueAt((value as Record<string, unknown>)[key], rest);
}

/** Whether the text is what is written for the input; sizes are written in whole sectors. */
function isText(input: unknown, text: string | undefined): boolean {
  const said = text === undefined ? undefined : inTypeOf(input, text);
  if (typeof said === "number" && typeof input === "number") return Math.abs(said - input) <= Math.abs(input) / 1000;
  return said !== undefined && said === input;
}

/** The wanted inputs with what stood in the earlier ones and is dropped now: keys and items of lists, at any depth. */
export function withDropped(wanted: object, before: object): Record<string, unknown> {
  const merged: Record<string, unknown> = { ...before };
  for (const [key, value] of Object.entries(wanted)) merged[key] = together(value, merged[key]);
  return merged;
}

function together(value: unknown, earlier: unknown): unknown {
  if (Array.isArray(value) && Array.isArray(earlier)) {
    const [now, then] = [value as unknown[], earlier as unknown[]];
    return [...now, ...then.filter((item) => !now.some((each) => same(each, item)))];
  }
  const areMaps = [value, earlier].every((each) => typeof each === "object" && each !== null && !Array.isArray(each));
  return areMaps ? withDropped(value as object, earlier as object) : value;
}

/** The recorded id rules: for guests, networks and pools it is the UUID, also of adopted ones. */
export function withId<Inputs extends object>(inputs: Inputs, id: string): Inputs {
  return /^[0-9a-f-]{36}$/.test(id) ? { ...inputs, uuid: id } : inputs;
}

function withValue(value: object, [key = "", ...rest]: string[], found: string | undefined): object {
  const current = (value as Record<string, unknown>)[key];
  if (rest.length > 0) {
    return typeof current === "object" && current !== null
      ? { ...value, [key]: withValue(current, rest, found) }
      : value;
  }
  if (found === undefined) return Object.fromEntries(Object.entries(value).filter(([name]) => name !== key));
  const next = inTypeOf(current, found);
  return next === undefined ? value : { ...value, [key]: next };
}

const truths: ReadonlyMap<string, boolean> = new Map([
  ...["true", "yes", "on"].map((word) => [word, true] as const),
  ...["false", "no", "off"].map((word) => [word, false] as const),
]);

/** The host's text in the type of the input; undefined where it is none of that type (a sentence, a reference, a map). */
function inTypeOf(current: unknown, found: string): unknown {
  if (typeof current === "number") return Number.isFinite(Number(found)) ? Number(found) : undefined;
  if (typeof current === "boolean") return truths.get(found);
  return typeof current === "string" ? found : undefined;
}
