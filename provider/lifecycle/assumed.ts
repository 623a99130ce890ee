/**
 * What a preview compares although some values are not known yet: they are assumed to be what was recorded, so that they
 * make no difference, and their paths are told, so that the worst of them can be said. Pure.
 */

import type { z } from "zod";
import { holdsUnknown, unknown } from "../../schema/unknown";
import { memberOf, type ReferenceKind, referenceKind } from "../../schema/walk";

export interface Assumed<Inputs> {
  /** Without unknown values. */
  readonly inputs: Inputs;
  /** The input paths that are not known yet, as high up as nothing beside them can be judged without them. */
  readonly unknowns: readonly string[];
}

/** What of a reference says what it refers to; the rest of it (the id of a disk that is to be made) changes nothing. */
const essence: Readonly<Record<ReferenceKind, readonly string[]>> = {
  Host: ["uri", "id"],
  Pool: ["name", "type", "path"],
  Disk: ["pool", "name", "path", "format"],
  Network: ["name"],
  PassthroughDevice: ["address"],
};

export function assume<Inputs extends object>(
  schema: z.ZodType,
  inputs: Inputs,
  recorded: object | undefined,
): Assumed<Inputs> {
  const unknowns: string[] = [];
  const known = members(schema, inputs, recorded, "", unknowns);
  return { inputs: known as Inputs, unknowns };
}

/** Each input path that is not known yet, as deep down as it is: beside itself nothing is new. */
export function unknownPaths(schema: z.ZodType, inputs: object): readonly string[] {
  return assume(schema, inputs, inputs).unknowns;
}

/** The value without what is not known; undefined where nothing is left of it. */
function known(
  type: z.ZodType | undefined,
  value: unknown,
  recorded: unknown,
  path: string,
  unknowns: string[],
): unknown {
  if (!holdsUnknown(value)) return value;
  const kind = type === undefined ? undefined : referenceKind(type);
  if (kind !== undefined && isMap(value)) {
    // A host that is to be recorded can be looked at by its address.
    const parts = kind === "Host" && recorded === undefined ? ["uri"] : essence[kind];
    if (!parts.some((part) => holdsUnknown(value[part]))) return withoutUnknown(value);
    // While a pool or a disk is replaced the rest is not known; of one file on one host it stays what it was.
    if (kind === "Disk" && isMap(recorded) && recorded.path !== undefined && recorded.path === value.path)
      return { ...recorded, ...withoutUnknown(value) };
  }
  if (isMap(value) && kind === undefined) {
    const below: string[] = [];
    const rest = members(type, value, recorded, path, below);
    // Beside what is there already, the rest of an object can be compared; of a new one nothing is sure without it.
    if (isMap(recorded) || below.length === 0) {
      unknowns.push(...below);
      return rest;
    }
  }
  unknowns.push(path);
  return recorded;
}

function members(
  type: z.ZodType | undefined,
  value: object,
  recorded: unknown,
  path: string,
  unknowns: string[],
): object {
  const before = isMap(recorded) ? recorded : {};
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, inner]) => {
      const at = path === "" ? key : `${path}.${key}`;
      const rest = known(type && memberOf(type, key), inner, before[key], at, unknowns);
      return rest === undefined ? [] : [[key, rest]];
    }),
  );
}

function withoutUnknown(parts: Record<string, unknown>): object {
  return Object.fromEntries(
    Object.entries(parts).flatMap(([key, part]) =>
      part === unknown ? [] : [[key, isMap(part) ? withoutUnknown(part) : part]],
    ),
  );
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
