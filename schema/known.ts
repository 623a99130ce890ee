/** What can be gone through of inputs that are not all known yet. Pure. */

import { z } from "zod";
import { unknown } from "./unknown";
import { partsOf, unwrap } from "./walk";

/**
 * The inputs without the objects, maps and lists of which nothing is known yet: the engine's stand-in for them is a text. A
 * single value that is not known stays the stand-in, so that whoever judges by it can see that it is not known.
 */
export function knownParts<Inputs extends object>(schema: z.ZodType, inputs: Inputs): Inputs {
  return parts(schema, inputs) as Inputs;
}

/** The same object where nothing is left out. */
function parts(type: z.ZodType, value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  const members = new Map(partsOf(type));
  const isMap = unwrap(type) instanceof z.ZodRecord;
  const before = Object.entries(value);
  const after = before.flatMap(([key, inner]: [string, unknown]) => {
    const member = isMap ? [...members.values()][0] : members.get(key);
    if (member === undefined) return [[key, inner] as const];
    return inner === unknown && hasParts(member) ? [] : [[key, parts(member, inner)] as const];
  });
  const isSame = after.length === before.length && after.every(([, inner], index) => inner === before[index]?.[1]);
  return isSame ? value : Object.fromEntries(after);
}

function hasParts(type: z.ZodType): boolean {
  const bare = unwrap(type);
  return bare instanceof z.ZodObject || bare instanceof z.ZodRecord || bare instanceof z.ZodArray;
}
