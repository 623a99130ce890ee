/** What is optional and given with nothing in it: the same as left out, so that no host is asked for it. Pure. */

import { z } from "zod";
import { ownNotes } from "./field";
import { partsOf, unwrap } from "./walk";

/**
 * The inputs without empty optional texts, objects, maps and lists, and without what is empty then. What a map holds under
 * a key stays, however little it says: the key says that it is there. Texts that may not be empty are refused before.
 */
export function withoutEmpties(schema: z.ZodType, value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  const parts = new Map(partsOf(schema));
  const isMap = unwrap(schema) instanceof z.ZodRecord;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, given]: [string, unknown]) => {
      const part = isMap ? [...parts.values()][0] : parts.get(key);
      if (part === undefined) return [[key, given] as const];
      const said = withoutEmpties(part, given);
      return saysNothing(part, said) ? [] : [[key, said] as const];
    }),
  );
}

function saysNothing(type: z.ZodType, value: unknown): boolean {
  if (!(type instanceof z.ZodOptional) || ownNotes(type)?.asksWhenEmpty === true) return false;
  if (typeof value !== "object" || value === null) return value === "";
  return Object.values(value).every((inner) => inner === undefined);
}
