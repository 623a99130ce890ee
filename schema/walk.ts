/** Walks a schema: which fields there are, and what their notes say. Everything that is generated starts here. */

import { z } from "zod";
import { type FieldNotes, ownNotes } from "./field";
import {
  diskReference,
  hostReference,
  networkReference,
  passthroughDeviceReference,
  poolReference,
} from "./references";

/** The resource that a value stands for: a reference is one value, however many properties it has. */
export type ReferenceKind = "Host" | "Pool" | "Disk" | "Network" | "PassthroughDevice";

const references: readonly (readonly [ReferenceKind, z.ZodObject])[] = [
  ["Host", hostReference],
  ["Pool", poolReference],
  ["Disk", diskReference],
  ["Network", networkReference],
  ["PassthroughDevice", passthroughDeviceReference],
];

export function referenceKind(type: z.ZodType): ReferenceKind | undefined {
  const bare = unwrap(type);
  // `field` clones a schema to put the notes at it; the shape stays the same object.
  if (!(bare instanceof z.ZodObject)) return undefined;
  return references.find(([, reference]) => reference.shape === bare.shape)?.[0];
}

/** Every place of a schema where another resource is named, with `*` for keys of maps. */
export function referencesOf(schema: z.ZodType, path = ""): (readonly [string, ReferenceKind])[] {
  const kind = referenceKind(schema);
  if (kind !== undefined) return [[path, kind]];
  return membersOf(schema).flatMap(([name, member]) => referencesOf(member, path === "" ? name : `${path}.${name}`));
}

/** The type without `optional` around it. */
export function unwrap(type: z.ZodType): z.ZodType {
  return type instanceof z.ZodOptional ? unwrap(type.unwrap() as z.ZodType) : type;
}

/** The step below a map's key, whatever the user called it. */
export const anyKey = "*";

/** Properties of an object, of every object in a union; the values of a map under `*`; of a list, its item's own. */
export function membersOf(type: z.ZodType): readonly (readonly [string, z.ZodType])[] {
  const bare = unwrap(type);
  if (referenceKind(bare) !== undefined) return [];
  if (bare instanceof z.ZodObject) return Object.entries(bare.shape);
  if (bare instanceof z.ZodRecord) return [[anyKey, bare.valueType as z.ZodType]];
  if (bare instanceof z.ZodUnion) return (bare.options as readonly z.ZodType[]).flatMap(membersOf);
  return [];
}

/** The same, with the properties of references, which are one value elsewhere. */
export function partsOf(type: z.ZodType): readonly (readonly [string, z.ZodType])[] {
  const bare = unwrap(type);
  return bare instanceof z.ZodObject ? Object.entries<z.ZodType>(bare.shape) : membersOf(bare);
}

/** The type of one property, or of a map's value by any key. */
export function memberOf(type: z.ZodType, key: string): z.ZodType | undefined {
  const members = membersOf(type);
  return (members.find(([name]) => name === key) ?? members.find(([name]) => name === anyKey))?.[1];
}

export interface Leaf {
  /** Input path, with `*` for keys of maps: `disks.*.cache`. */
  readonly path: string;
  readonly type: z.ZodType;
  /** Its own notes, or those of the field around it. */
  readonly notes: FieldNotes;
}

/** Every value that can be stated on its own. A value that may be a scalar or an object counts as both. */
export function leavesOf(schema: z.ZodType): Leaf[] {
  return walk(schema, "", undefined);
}

function walk(type: z.ZodType, path: string, above: FieldNotes | undefined): Leaf[] {
  const notes = ownNotes(type) ?? above;
  const members = membersOf(type);
  const below = members.flatMap(([name, member]) => walk(member, path === "" ? name : `${path}.${name}`, notes));
  const isLeaf = members.length === 0 || (unwrap(type) instanceof z.ZodUnion && path !== "");
  return isLeaf && notes !== undefined ? [{ path, type, notes }, ...below] : below;
}

/**
 * The notes at an input path (`disks.root.cache`), or those of the nearest field around it; undefined where the schema
 * has no such path at all.
 */
export function notesOf(schema: z.ZodType, path: string): FieldNotes | undefined {
  return along(schema, path).at(-1);
}

/** XML paths that have to go when this input path changes (`Plan`'s question): the field's own, never those around it. */
export function dependantsOf(schema: z.ZodType): (path: string) => readonly string[] {
  return (path) => {
    const steps = typesAlong(schema, path);
    return (steps.length === 0 ? undefined : ownNotes(steps[steps.length - 1] as z.ZodType))?.dependants ?? [];
  };
}

/** Paths of the fields whose values are secrets, with `*` for keys of maps. */
export function secretPaths(schema: z.ZodType): readonly string[] {
  const known = secrets.get(schema);
  if (known !== undefined) return known;
  const found = leavesOf(schema)
    .filter(({ notes }) => notes.secret === true)
    .map(({ path }) => path);
  secrets.set(schema, found);
  return found;
}

/** A whole schema is walked for them once. */
const secrets = new WeakMap<z.ZodType, readonly string[]>();

function along(schema: z.ZodType, path: string): FieldNotes[] {
  return typesAlong(schema, path).flatMap((type) => ownNotes(type) ?? []);
}

/** The types met on the way, the one at the path last; empty where the way ends before. */
function typesAlong(schema: z.ZodType, path: string): z.ZodType[] {
  const steps = path.split(".");
  const types: z.ZodType[] = [];
  let here = schema;
  for (let index = 0; index < steps.length; index += 1) {
    const members = membersOf(here);
    const member = members.find(([name]) => name === steps[index]) ?? members.find(([name]) => name === anyKey);
    // Keys of maps may hold dots themselves (the CPU feature `sse4.1`): the rest of the path belongs to the key.
    if (member === undefined) return isMapValue(types) ? types : [];
    types.push(member[1]);
    here = member[1];
  }
  return types;
}

function isMapValue(types: readonly z.ZodType[]): boolean {
  const parent = types.at(-2);
  return parent !== undefined && membersOf(parent)[0]?.[0] === anyKey;
}
