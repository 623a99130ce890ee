/** Inputs as nested plain values, reached by the steps of a path: keys of maps may hold dots themselves. Pure. */

import type { z } from "zod";
import { anyKey, memberOf, membersOf } from "../../../schema/walk";
import { isOptional, kindOf } from "./probe";

export type Values = Record<string, unknown>;
export type Steps = readonly string[];

/** An input, and what it may be. */
export interface Field {
  readonly type: z.ZodType;
  readonly steps: Steps;
}

export const pathOf = (steps: Steps): string => steps.join(".");

export function valueAt(inputs: unknown, steps: Steps): unknown {
  return steps.reduce<unknown>((value, step) => (isObject(value) ? value[step] : undefined), inputs);
}

/** The inputs with another value there; undefined takes it out. */
export function withValue(inputs: Values, [step = "", ...rest]: Steps, value: unknown): Values {
  const next = rest.length === 0 ? value : withValue((inputs[step] ?? {}) as Values, rest, value);
  const { [step]: _before, ...others } = inputs;
  return next === undefined ? others : { ...inputs, [step]: next };
}

/** The type of the input at a path; undefined where there is no such input. */
export function typeAt(schema: z.ZodType, steps: Steps): z.ZodType | undefined {
  return steps.reduce<z.ZodType | undefined>((type, step) => type && memberOf(type, step), schema);
}

/** What is stated and may be left out, the smallest parts first. */
export function optionalParts(type: z.ZodType, value: unknown, steps: Steps = []): readonly Steps[] {
  if (!isObject(value)) return [];
  const members = new Map(membersOf(type));
  return Object.entries(value).flatMap(([key, inner]): readonly Steps[] => {
    const member = members.get(key) ?? members.get(anyKey);
    if (member === undefined) return [];
    const own = [...steps, key];
    const mayGo = isOptional(member) || !members.has(key);
    return [...optionalParts(member, inner, own), ...(mayGo ? [own] : [])];
  });
}

/** The fields in the order in which the schema has them. */
export function inSchemaOrder(type: z.ZodType, value: unknown): unknown {
  if (!isObject(value) || kindOf(type) === "reference") return value;
  const members = membersOf(type);
  const names = members[0]?.[0] === anyKey ? Object.keys(value) : members.map(([name]) => name);
  return Object.fromEntries(
    names.flatMap((name) => {
      const member = memberOf(type, name);
      return value[name] === undefined || member === undefined ? [] : [[name, inSchemaOrder(member, value[name])]];
    }),
  );
}

function isObject(value: unknown): value is Values {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
