/** Every place of a schema where something optional can be given with nothing in it. */

import { z } from "zod";
import { anyKey, partsOf, unwrap } from "../../schema/walk";

interface Empty {
  /** With `*` for keys of maps. */
  readonly path: string;
  readonly empty: "" | Readonly<Record<string, never>> | readonly never[];
}

export function optionalEmpties(schema: z.ZodType, above = ""): Empty[] {
  return partsOf(schema).flatMap(([name, type]) => {
    const path = above === "" ? name : `${above}.${name}`;
    const own = type instanceof z.ZodOptional ? emptiesOf(unwrap(type)).map((empty) => ({ path, empty })) : [];
    return [...own, ...optionalEmpties(type, path)];
  });
}

function emptiesOf(type: z.ZodType): Empty["empty"][] {
  if (type instanceof z.ZodUnion) return [...new Set((type.options as readonly z.ZodType[]).flatMap(emptiesOf))];
  if (type instanceof z.ZodObject || type instanceof z.ZodRecord) return [{}];
  if (type instanceof z.ZodArray) return [[]];
  const isText = type instanceof z.ZodString || type instanceof z.ZodStringFormat || type instanceof z.ZodEnum;
  return isText ? [""] : [];
}

/** The steps of a path, with this one for any key of a map. */
export function stepsTo(path: string, key = "0"): string[] {
  return path.split(".").map((step) => (step === anyKey ? key : step));
}
