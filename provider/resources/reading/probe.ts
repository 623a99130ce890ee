/** Values to try where an input's own is sought: one that can be told apart, or all that there are. Pure. */

import { z } from "zod";
import { deviceAddress } from "../../../schema/names";
import { anyKey, membersOf, partsOf, referenceKind, unwrap } from "../../../schema/walk";

export type Kind = "reference" | "object" | "map" | "list" | "union" | "choice" | "number" | "text";

export function kindOf(type: z.ZodType): Kind {
  const bare = unwrap(type);
  if (referenceKind(bare) !== undefined) return "reference";
  if (bare instanceof z.ZodObject) return "object";
  if (bare instanceof z.ZodRecord) return "map";
  if (bare instanceof z.ZodArray) return "list";
  if (bare instanceof z.ZodUnion) return "union";
  if (bare instanceof z.ZodEnum || bare instanceof z.ZodBoolean || bare instanceof z.ZodLiteral) return "choice";
  return bare instanceof z.ZodNumber ? "number" : "text";
}

export const isOptional = (type: z.ZodType): boolean => type instanceof z.ZodOptional;

/** What no document holds by chance. */
const probingText = "probe";
export const probingKey = "probing-key";
const probingNumber = 997;

/** Nothing else can be written in its place. */
const probingAddress = "ffff:ff:1f.7";

/** The part of a reference, told apart from its other parts. */
const probingPart = (name: string): string => `${probingText}-${name}`;

export function sampleOf(type: z.ZodType): unknown {
  switch (kindOf(type)) {
    case "reference":
      return Object.fromEntries(
        partsOf(type).flatMap(([name, part]) => {
          if (referenceKind(part) !== undefined) return [[name, sampleOf(part)]];
          if (unwrap(part) === deviceAddress) return [[name, probingAddress]];
          return kindOf(part) === "text" ? [[name, probingPart(name)]] : [];
        }),
      );
    case "object":
      return completed(type, {});
    case "map":
      return {};
    case "list":
      return [probingText];
    case "union":
      return sampleOf(optionsOf(type)[0] ?? z.string());
    case "choice":
      return choicesOf(type)[0];
    case "number":
      return Math.min(probingNumber, rangeOf(type).most);
    case "text":
      return probingText;
  }
}

/** The types of a union; of any other type itself. */
export function optionsOf(type: z.ZodType): readonly z.ZodType[] {
  const bare = unwrap(type);
  return bare instanceof z.ZodUnion ? (bare.options as readonly z.ZodType[]) : [bare];
}

/** More numbers than these are not tried one by one. */
const fewest = 32;

/** Whether the sample shows in a text that is written: as it is, or as a multiple of it (another unit). */
export function shows(type: z.ZodType, text: string, sample: unknown): boolean {
  const kind = kindOf(type);
  if (kind === "number") return Number(text) > 0 && Number.isInteger(Number(text) / Number(sample));
  if (kind === "list") return text === probingText;
  return kind === "reference" ? text.startsWith(probingPart("")) : text === sample;
}

/** The values that a field may have, by what stands where its sample was written. */
export function valuesOf(
  type: z.ZodType,
  sample: unknown,
  texts: readonly (readonly [written: string, held: string])[],
): readonly unknown[] {
  const found = {
    list: () => [texts.map(([, held]) => held)],
    reference: () => [
      Object.fromEntries(texts.map(([written, held]) => [written.slice(probingPart("").length), held])),
    ],
    number: () => texts.map(([written, held]) => (Number(held) * Number(sample)) / Number(written)),
    text: () => texts.map(([, held]) => held),
  };
  const kind = kindOf(type);
  const values: readonly unknown[] = kind in found ? found[kind as keyof typeof found]() : found.text();
  return [...new Set(values)].filter((value) => type.safeParse(value).success);
}

/** The values that a field may have of addresses that stand in several parts: all of them, or each by itself. */
export function wholesFor(type: z.ZodType, addresses: readonly string[]): readonly unknown[] {
  if (addresses.length === 0) return [];
  if (kindOf(type) === "list") return [addresses];
  return referenceKind(unwrap(type)) === "PassthroughDevice" ? addresses.map((address) => ({ address })) : [];
}

/** Values of few that say how a thing is, or that it is not there. */
export function variantsOf(type: z.ZodType): readonly unknown[] {
  return optionsOf(type).flatMap((option): readonly unknown[] => {
    if (kindOf(option) !== "object") return choicesOf(option);
    const [only, ...more] = membersOf(option).filter(([, member]) => !isOptional(member));
    return only === undefined || more.length > 0 ? [] : choicesOf(only[1]).map((value) => ({ [only[0]]: value }));
  });
}

/** All values of a type that has only few; else none. */
export function choicesOf(type: z.ZodType): readonly unknown[] {
  const bare = unwrap(type);
  if (bare instanceof z.ZodBoolean) return [true, false];
  if (bare instanceof z.ZodEnum) return bare.options;
  if (bare instanceof z.ZodLiteral) return [...bare.values];
  if (!(bare instanceof z.ZodNumber)) return [];
  const { least, most } = rangeOf(bare);
  return most - least > fewest ? [] : Array.from({ length: most - least + 1 }, (_, index) => least + index);
}

function rangeOf(type: z.ZodType): { readonly least: number; readonly most: number } {
  const bare = unwrap(type);
  const [least, most] = bare instanceof z.ZodNumber ? [bare.minValue, bare.maxValue] : [];
  return { least: least ?? -Infinity, most: most ?? Infinity };
}

/** The same with a value for all that must be given, so that it can be written. Each part is looked through once. */
export function completed(type: z.ZodType, value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  const known = completions.get(value);
  if (known !== undefined) return known;
  const object = optionsOf(type).find((option) => ["object", "map"].includes(kindOf(option)));
  const whole = object === undefined ? value : withRequired(membersOf(object), Object.entries(value));
  completions.set(value, whole);
  return whole;
}

const completions = new WeakMap<object, object>();

function withRequired(members: ReturnType<typeof membersOf>, given: readonly (readonly [string, unknown])[]): object {
  const types = new Map(members);
  const own = given.map(([name, each]) => {
    const type = typeof each === "object" ? (types.get(name) ?? types.get(anyKey)) : undefined;
    return [name, type === undefined ? each : completed(type, each)] as const;
  });
  const present = new Set(given.map(([name]) => name));
  const missing = members.filter(([name, member]) => name !== anyKey && !isOptional(member) && !present.has(name));
  return Object.fromEntries([...own, ...missing.map(([name, member]) => [name, sampleOf(member)] as const)]);
}
