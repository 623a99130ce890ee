/** What the reference promises: no field without its text. */

import { z } from "zod";
import { disk, diskOutputs } from "../../../schema/disk";
import { guest, guestOutputs } from "../../../schema/guest";
import { host, hostOutputs } from "../../../schema/host";
import { network, networkOutputs } from "../../../schema/network";
import { pool, poolOutputs } from "../../../schema/pool";
import { ownNotes } from "../../../schema/field";
import { referenceKind, unwrap } from "../../../schema/walk";

/** Paths of the fields, however deep, that have no text of their own. */
function silent(type: z.ZodType, path: string): string[] {
  const bare = unwrap(type);
  if (referenceKind(bare) !== undefined) return [];
  if (bare instanceof z.ZodRecord) return silent(bare.valueType as z.ZodType, `${path}.*`);
  if (bare instanceof z.ZodUnion) return (bare.options as readonly z.ZodType[]).flatMap((each) => silent(each, path));
  if (bare instanceof z.ZodArray) return silent(bare.element as z.ZodType, `${path}[]`);
  if (!(bare instanceof z.ZodObject)) return [];
  return Object.entries<z.ZodType>(bare.shape).flatMap(([key, inner]) => [
    ...(ownNotes(inner) === undefined ? [`${path}.${key}`] : []),
    ...silent(inner, `${path}.${key}`),
  ]);
}

it.each(Object.entries({ host, pool, disk, network, guest }))("%s: each input has its text (8.38)", (name, schema) =>
  expect(silent(schema, name)).toEqual([]),
);

it.each(Object.entries({ hostOutputs, poolOutputs, diskOutputs, networkOutputs, guestOutputs }))(
  "%s: each output has its text (8.38)",
  (_name, schema) => {
    const texts = Object.entries<z.ZodType>(schema.shape).map(([key, type]) => [key, ownNotes(type)?.description]);
    expect(texts.filter(([, text]) => text === undefined)).toEqual([]);
  },
);
