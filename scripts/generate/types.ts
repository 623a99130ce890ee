/** Types of TypeScript for what a schema holds: as a program gives it, and as the engine hands it back. */

import { z } from "zod";

import { type FieldNotes, ownNotes } from "../../schema/field";
import { type ReferenceKind, referenceKind, unwrap } from "../../schema/walk";
import { effects, fieldsOf } from "./kinds";

export interface Style {
  /** Around every value: outputs and promises may stand in the place of what is given. */
  wrap(type: string): string;
  reference(kind: ReferenceKind): string;
  /** What is said of a field. */
  comment(notes: FieldNotes): string;
  /** Whether a field is always there, though a program may leave it out. */
  always(notes: FieldNotes | undefined): boolean;
}

export const given: Style = {
  wrap: (type) => `pulumi.Input<${type}>`,
  reference: (kind) => `${kind}Reference`,
  comment: ({ description, defaultsTo, effect }) =>
    `${description}${defaultsTo === undefined ? "" : ` Default: ${defaultsTo}.`} Change: ${effects[effect]}.`,
  always: () => false,
};

export const known: Style = {
  wrap: (type) => type,
  reference: (kind) => `${kind}Reference`,
  comment: ({ description }) => description,
  always: (notes) => notes?.derived === true || notes?.chosen === true,
};

/** The interface of an object's fields; those of objects within it are put into `others`, named after their place. */
export function interfaceOf(
  name: string,
  fields: readonly (readonly [string, z.ZodType])[],
  style: Style,
  others: string[],
): string {
  const stem = name.replace(/Args$/, "");
  const lines = fields.map(([key, inner]) => {
    const notes = ownNotes(inner);
    const optional = inner instanceof z.ZodOptional && !style.always(notes) ? "?" : "";
    const said = notes === undefined ? "" : `  /** ${style.comment(notes)} */\n`;
    return `${said}  ${key}${optional}: ${typeOf(inner, stem + capital(key), style, others)};`;
  });
  return `export interface ${name} {\n${lines.join("\n")}\n}`;
}

/** A value with what may stand in its place. */
function typeOf(type: z.ZodType, name: string, style: Style, others: string[]): string {
  const bare = unwrap(type);
  const reference = referenceKind(bare);
  return reference === undefined ? style.wrap(plainType(bare, name, style, others)) : style.reference(reference);
}

export function plainType(type: z.ZodType, name: string, style: Style, others: string[]): string {
  if (type instanceof z.ZodObject) {
    others.push(interfaceOf(name, fieldsOf(type), style, others));
    return name;
  }
  if (type instanceof z.ZodRecord) {
    const inner = type.valueType as z.ZodType;
    const absent = inner instanceof z.ZodOptional ? " | undefined" : "";
    return `{ [key: string]: ${typeOf(inner, name.replace(/s$/, ""), style, others)}${absent} }`;
  }
  if (type instanceof z.ZodArray) return `${typeOf(type.element as z.ZodType, name, style, others)}[]`;
  if (type instanceof z.ZodUnion) {
    const options = (type.options as readonly z.ZodType[]).map((option) => plainType(option, name, style, others));
    return [...new Set(options)].join(" | ");
  }
  if (type instanceof z.ZodEnum) return type.options.map((option) => JSON.stringify(option)).join(" | ");
  if (type instanceof z.ZodLiteral) return [...type.values].map((value) => JSON.stringify(value)).join(" | ");
  if (type instanceof z.ZodNumber) return "number";
  if (type instanceof z.ZodBoolean) return "boolean";
  return "string";
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
