/** The worst that a change can be, where nobody asked the host: by what was recorded and what the schema says. Pure. */

import type { z } from "zod";
import { unknown } from "../../schema/unknown";
import { leavesOf, memberOf, notesOf, referenceKind } from "../../schema/walk";
import type { ChangeClass } from "../resources/resource";
import { type ClassifiedChange, named, type Words } from "./classified";
import { sameInputs } from "./inputs";
import type { Values } from "./lifecycle";
import { replacingAsTold } from "./replacement";

const notAsked = "the host was not asked";

/** What an update may do to a guest by the program's own leave, each at its widest: the stand-in is another trigger than any. */
const widest: Values = { restart: "ifNeeded", restartTrigger: unknown, forceOff: true, removeManagedSave: true };

/** The inputs with the widest leave, where the program's own is not known yet. */
export function atTheirWidest<Inputs extends object>(inputs: Inputs, unknowns: readonly string[]): Inputs {
  return { ...inputs, ...Object.fromEntries(Object.entries(widest).filter(([key]) => unknowns.includes(key))) };
}

/** What may become of an object where an input that cannot be changed in place is not known yet. */
export function whenReplaced({ recreatable }: { readonly recreatable: boolean }): ChangeClass {
  // What holds data is never replaced: another value is refused.
  return recreatable ? "replace" : "refused";
}

/** What changes from the recorded inputs to the wanted ones, each at its worst. `unknowns` are paths not known yet. */
export function worstOf(
  resource: { readonly schema: z.ZodType; readonly recreatable: boolean },
  recorded: Values,
  given: Values,
  unknowns: readonly string[],
  words: Words,
): ClassifiedChange[] {
  const { schema } = resource;
  const wanted = atTheirWidest(given, unknowns);
  const replaced = new Set(replacingAsTold(schema, recorded, wanted));
  const changed = changedPaths(schema, recorded, wanted, "");
  const at = (path: string, note: string): ClassifiedChange[] => {
    const mayBeReplaced = unknowns.includes(path) && notesOf(schema, path)?.effect === "replace";
    const is = replaced.has(path.split(".")[0] ?? "")
      ? "replace"
      : mayBeReplaced
        ? whenReplaced(resource)
        : worstClass(schema, path, wanted);
    return is === undefined
      ? []
      : [{ ...named({ path, from: undefined, to: undefined }, words), class: is, atMost: true, note }];
  };
  return [
    ...changed.filter((path) => !unknowns.includes(path)).flatMap((path) => at(path, notAsked)),
    ...unknowns.flatMap((path) => at(path, `its value is not known yet, and ${notAsked}`)),
  ];
}

/** What taking over an object that nobody looked at can do at the worst. */
export function worstOfAdoption(schema: z.ZodType, wanted: Values): ClassifiedChange {
  const interrupts = leavesOf(schema).some(({ notes }) => notes.effect === "interrupts");
  const is = restarts(schema, wanted) ?? (interrupts ? "interrupts" : "live");
  return { path: "adopt", class: is, atMost: true, note: `what it changes is not known: ${notAsked}` };
}

function worstClass(schema: z.ZodType, path: string, wanted: Values): ChangeClass | undefined {
  const effect = notesOf(schema, path)?.effect ?? "none";
  const guest = restarts(schema, wanted);
  if (path === "restart") return guest === "powerCycle" ? guest : undefined;
  if (path === "restartTrigger")
    return guest === undefined || wanted.restartTrigger === undefined ? undefined : "powerCycle";
  if (path === "running" && guest !== undefined) return wanted.running === false ? "stop" : "start";
  if (path === "autostart") return "live";
  // What replaces, and is not another one: the same host under another address.
  return effect === "none" || effect === "replace" ? undefined : (guest ?? effect);
}

/** What waits for a start of a guest is brought by a restart where that is allowed; undefined for what is no guest. */
function restarts(schema: z.ZodType, { restart }: Values): ChangeClass | undefined {
  if (notesOf(schema, "restart") === undefined) return undefined;
  return restart === "ifNeeded" ? "powerCycle" : "nextStart";
}

function changedPaths(type: z.ZodType | undefined, one: unknown, other: unknown, path: string): string[] {
  if (sameInputs({ v: one }, { v: other }, ["v"])) return [];
  const isReference = type !== undefined && referenceKind(type) !== undefined;
  if (!isMap(one) || !isMap(other) || isReference) return [path];
  return [...new Set([...Object.keys(one), ...Object.keys(other)])]
    .sort()
    .flatMap((key) =>
      changedPaths(type && memberOf(type, key), one[key], other[key], path === "" ? key : `${path}.${key}`),
    );
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
