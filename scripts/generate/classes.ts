/** The resource classes and their argument types, as text. */

import { z } from "zod";
import type { FieldNotes } from "../../schema/field";
import { ownNotes, referenceKind, unwrap } from "../../schema/walk";
import { effects, fieldsOf, type Kind, kinds, notice } from "./kinds";

export function classes(): string {
  const interfaces: string[] = [];
  const bodies = kinds.map((kind) => {
    const args = interfaceOf(`${kind.name}Args`, kind.inputs, interfaces);
    interfaces.push(`/** Arguments of a {@link ${kind.name}}. */\n${args}`);
    return classOf(kind);
  });
  const imports = kinds.map(
    ({ name, file }) => `import { ${file}, ${file}Outputs, type ${name}Inputs } from "../../schema/${file}";`,
  );
  return [
    `/** ${notice} */`,
    `import type * as pulumi from "@pulumi/pulumi";`,
    `import type { z } from "zod";`,
    ...imports,
    `import { VirtResource } from "./dynamic";`,
    "",
    referenceTypes,
    ...interfaces,
    ...bodies,
  ].join("\n\n");
}

const referenceTypes = `/** A Host, its id, a connection URI, or an object with either. */
export type HostReference = Host | pulumi.Input<string> | pulumi.Input<{ uri: pulumi.Input<string>; id?: pulumi.Input<string> }>;

/** A Pool, or the place of one that is not managed here. */
export type PoolReference = Pool | pulumi.Input<{ host: HostReference; name: pulumi.Input<string>; type?: pulumi.Input<string>; path?: pulumi.Input<string> }>;

/** A Disk, or the place of a volume that is not managed here: its pool's name, its name, its path and format. */
export type DiskReference = Disk | pulumi.Input<{ host: HostReference; pool: pulumi.Input<string>; name: pulumi.Input<string>; path?: pulumi.Input<string>; format?: pulumi.Input<string>; sizeGiB?: pulumi.Input<number> }>;

/** A Network, or the name of one that is not managed here. */
export type NetworkReference = Network | pulumi.Input<{ host?: HostReference; name: pulumi.Input<string> }>;`;

function classOf({ name, file, summary, inputs, outputs }: Kind): string {
  const properties = [
    ...fieldsOf(inputs).map(([key, type]) => {
      const always = !(type instanceof z.ZodOptional) || ownNotes(type)?.derived === true;
      const plain = `${name}Inputs["${key}"]`;
      return property(key, always ? `NonNullable<${plain}>` : plain, ownNotes(type));
    }),
    ...fieldsOf(outputs).map(([key, type]) =>
      property(key, `z.infer<typeof ${file}Outputs>["${key}"]`, ownNotes(type)),
    ),
  ];
  return `/** ${summary} */
export class ${name} extends VirtResource {
${properties.join("\n")}

  constructor(name: string, args: ${name}Args, options?: pulumi.CustomResourceOptions) {
    super(name, "${name}", { kind: "${file}", inputs: ${file}, outputs: ${file}Outputs }, args, options);
  }
}`;
}

function property(key: string, type: string, notes: FieldNotes | undefined): string {
  return `  /** ${notes?.description ?? ""} */\n  declare readonly ${key}: pulumi.Output<${type}>;\n`;
}

/** The interface of an object's fields; those of objects within it are put into `others`, named after their place. */
function interfaceOf(name: string, type: z.ZodObject, others: string[]): string {
  const stem = name.replace(/Args$/, "");
  const fields = fieldsOf(type).map(([key, inner]) => {
    const optional = inner instanceof z.ZodOptional ? "?" : "";
    return `${comment(ownNotes(inner))}  ${key}${optional}: ${argumentType(inner, stem + capital(key), others)};`;
  });
  return `export interface ${name} {\n${fields.join("\n")}\n}`;
}

/** How a value may be given: plain, or as an output at any depth. */
function argumentType(type: z.ZodType, name: string, others: string[]): string {
  const bare = unwrap(type);
  const reference = referenceKind(bare);
  if (reference !== undefined) return `${reference}Reference`;
  return `pulumi.Input<${plainType(bare, name, others)}>`;
}

export function plainType(type: z.ZodType, name: string, others: string[]): string {
  if (type instanceof z.ZodObject) {
    others.push(interfaceOf(name, type, others));
    return name;
  }
  if (type instanceof z.ZodRecord) {
    const value = argumentType(type.valueType as z.ZodType, name.replace(/s$/, ""), others);
    return `{ [key: string]: ${value} }`;
  }
  if (type instanceof z.ZodArray) return `${argumentType(type.element as z.ZodType, name, others)}[]`;
  if (type instanceof z.ZodUnion) {
    const options = (type.options as readonly z.ZodType[]).map((option) => plainType(option, name, others));
    return [...new Set(options)].join(" | ");
  }
  if (type instanceof z.ZodEnum) return type.options.map((option) => JSON.stringify(option)).join(" | ");
  if (type instanceof z.ZodLiteral) return [...type.values].map((value) => JSON.stringify(value)).join(" | ");
  if (type instanceof z.ZodNumber) return "number";
  if (type instanceof z.ZodBoolean) return "boolean";
  return "string";
}

function comment(notes: FieldNotes | undefined): string {
  if (notes === undefined) return "";
  const byDefault = notes.defaultsTo === undefined ? "" : ` Default: ${notes.defaultsTo}.`;
  return `  /** ${notes.description}${byDefault} Change: ${effects[notes.effect]}. */\n`;
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
