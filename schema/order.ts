/** The order in which a program wrote the keys of its maps: the engine sorts them on the way to the provider. Pure. */

import { z } from "zod";
import { membersOf, referenceKind, unwrap } from "./walk";

/** By the path of a map (`disks`, `cpu.features`), its keys in the program's order. */
export type KeyOrder = Readonly<Record<string, readonly string[]>>;

/** The order of every map whose keys are the user's choice. What is not there, or not known yet, is left out. */
export function keyOrder(schema: z.ZodType, value: unknown): KeyOrder {
  return Object.fromEntries(ordersBelow(schema, value, ""));
}

function ordersBelow(type: z.ZodType, value: unknown, path: string): (readonly [string, readonly string[]])[] {
  if (typeof value !== "object" || value === null || referenceKind(type) !== undefined) return [];
  const bare = unwrap(type);
  const isMap = bare instanceof z.ZodRecord;
  const below = membersOf(bare).flatMap(([name, member]) =>
    (isMap ? Object.keys(value) : [name]).flatMap((key) =>
      ordersBelow(member, (value as Record<string, unknown>)[key], path === "" ? key : `${path}.${key}`),
    ),
  );
  return isMap ? [[path, Object.keys(value)], ...below] : below;
}

/** What was recorded stays in front, however a program is rewritten; what is new comes behind it. */
export function recordedOrder(recorded: KeyOrder = {}, given: KeyOrder = {}): KeyOrder {
  return Object.fromEntries(
    [...new Set([...Object.keys(recorded), ...Object.keys(given)])]
      .map((path) => [path, [...new Set([...(recorded[path] ?? []), ...(given[path] ?? [])])]] as const)
      // One key has no order.
      .filter(([, keys]) => keys.length > 1),
  );
}

/** The value with the keys of its maps in this order; keys that it does not know come last. */
export function inOrder(value: unknown, order: KeyOrder, path = ""): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  const known = order[path] ?? [];
  const place = (key: string): number => (known.includes(key) ? known.indexOf(key) : known.length);
  return Object.fromEntries(
    Object.entries(value)
      .sort(([one], [other]) => place(one) - place(other))
      .map(([key, inner]) => [key, inOrder(inner, order, path === "" ? key : `${path}.${key}`)]),
  );
}
