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
