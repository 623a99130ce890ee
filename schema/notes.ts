/** What stands at a field, found by its input path. */

import type { z } from "zod";
import type { Effect } from "./field";

export interface Notes {
  readonly description?: string;
  readonly effect?: Effect;
  readonly secret?: boolean;
  readonly derived?: boolean;
  readonly dependants?: readonly string[];
}

/** The notes of the field at this path; those of the nearest field above where the path goes into a plain value. */
export function notesAt(schema: z.ZodType, path: string): Notes {
  let current: unknown = schema;
  let notes: Notes = {};
  for (const key of path === "" ? [] : path.split(".")) {
    current = child(current, key);
    if (current === undefined) return notes;
    const own = (current as z.ZodType).meta() as Notes | undefined;
    if (own?.effect !== undefined) notes = own;
  }
  return notes;
}

interface Definition {
  readonly innerType?: unknown;
  readonly shape?: Record<string, unknown>;
  readonly valueType?: unknown;
  readonly element?: unknown;
  readonly options?: readonly unknown[];
}

/** The schema one step further down, through optional values, unions, maps and lists. */
export function child(schema: unknown, key: string): unknown {
  const definition = (schema as { def?: Definition } | undefined)?.def;
  if (definition === undefined) return undefined;
  if (definition.innerType !== undefined) return child(definition.innerType, key);
  if (definition.options !== undefined) {
    return definition.options.map((option) => child(option, key)).find((found) => found !== undefined);
  }
  return definition.shape?.[key] ?? definition.valueType ?? definition.element;
}
