/**
 * Writes what follows from the schemas: the resource classes with their argument types, and the reference. With --check
 * it writes nothing and fails when a generated file is stale.
 */

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { format, resolveConfig } from "prettier";
import { z } from "zod";
import { disk, diskOutputs } from "../schema/disk";
import type { FieldNotes } from "../schema/field";
import { guest, guestOutputs } from "../schema/guest";
import { host, hostOutputs } from "../schema/host";
import { network, networkOutputs } from "../schema/network";
import { pool, poolOutputs } from "../schema/pool";
import { ownNotes, referenceKind, unwrap } from "../schema/walk";

interface Kind {
  readonly name: string;
  readonly file: string;
  readonly summary: string;
  readonly inputs: z.ZodObject;
  readonly outputs: z.ZodObject;
}

const kinds: readonly Kind[] = [
  {
    name: "Host",
    file: "host",
    summary:
      "A VM Host Server that speaks libvirt. Nothing is changed on it; it is connected to, recognised and described.",
    inputs: host,
    outputs: hostOutputs,
  },
  {
    name: "Pool",
    file: "pool",
    summary: "A storage pool (libvirt.org/formatstorage.html). What it holds is never touched.",
    inputs: pool,
    outputs: poolOutputs,
  },
  {
    name: "Disk",
    file: "disk",
    summary:
      "A volume of a storage pool, with the data on it. It grows and never shrinks; what is in use is never deleted.",
    inputs: disk,
    outputs: diskOutputs,
  },
  {
    name: "Network",
    file: "network",
    summary: "A virtual network of the host (libvirt.org/formatnetwork.html).",
    inputs: network,
    outputs: networkOutputs,
  },
  {
    name: "Guest",
    file: "guest",
    summary: "A VM Guest (libvirt.org/formatdomain.html).",
    inputs: guest,
    outputs: guestOutputs,
  },
];

const notice = "Generated from schema/ by `npm run generate`: change the schema, not this file.";

function classes(): string {
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

function fieldsOf(type: z.ZodObject): [string, z.ZodType][] {
  return Object.entries<z.ZodType>(type.shape);
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

function plainType(type: z.ZodType, name: string, others: string[]): string {
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

const effects: Readonly<Record<FieldNotes["effect"], string>> = {
  none: "only steers the provider",
  live: "live",
  nextStart: "with the next start",
  interrupts: "interrupts",
  replace: "replaces the resource",
};

function comment(notes: FieldNotes | undefined): string {
  if (notes === undefined) return "";
  const byDefault = notes.defaultsTo === undefined ? "" : ` Default: ${notes.defaultsTo}.`;
  return `  /** ${notes.description}${byDefault} Change: ${effects[notes.effect]}. */\n`;
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

function reference(): string {
  const sections = kinds.map(
    ({ name, summary, inputs, outputs }) => `## ${name}

${summary}

| input | type | what it is | default | a change |
| --- | --- | --- | --- | --- |
${rows(inputs, "").join("\n")}

| output | what it is |
| --- | --- |
${fieldsOf(outputs)
  .map(([key, type]) => `| \`${key}\` | ${cell(ownNotes(type)?.description)} |`)
  .join("\n")}

All inputs are outputs as well.`,
  );
  return `<!-- ${notice} -->

# Reference

\`…\` in a path stands for a key of your choice: the key is the identity of the device, so changing it is another device.
${[""].concat(sections).join("\n\n")}
`;
}

function rows(type: z.ZodObject, above: string): string[] {
  return fieldsOf(type).flatMap(([key, inner]) => {
    const notes = ownNotes(inner);
    const path = above === "" ? key : `${above}.${key}`;
    const must = inner instanceof z.ZodOptional || above !== "" ? "" : " **(required)**";
    const row = `| \`${path}\`${must} | ${cell(shortType(unwrap(inner)))} | ${cell(notes?.description)} | ${cell(notes?.defaultsTo)} | ${notes === undefined ? "" : effects[notes.effect]} |`;
    return [row, ...rowsBelow(unwrap(inner), path)];
  });
}

function rowsBelow(type: z.ZodType, path: string): string[] {
  if (referenceKind(type) !== undefined) return [];
  if (type instanceof z.ZodObject) return rows(type, path);
  if (type instanceof z.ZodRecord) return rowsBelow(unwrap(type.valueType as z.ZodType), `${path}.…`);
  return [];
}

function shortType(type: z.ZodType): string {
  const kind = referenceKind(type);
  if (kind !== undefined) return kind;
  if (type instanceof z.ZodObject) return "object";
  if (type instanceof z.ZodRecord) return "map";
  return plainType(type, "object", []).replaceAll(/pulumi\.Input<([^<>]*)>/g, "$1");
}

function cell(text: string | undefined): string {
  return (text ?? "").replaceAll("|", "\\|").replaceAll("\n", " ");
}

async function main(): Promise<void> {
  const root = join(__dirname, "..");
  const files: Readonly<Record<string, string>> = {
    "provider/pulumi/resources.ts": classes(),
    "docs/reference.md": reference(),
  };
  let stale = 0;
  for (const [name, content] of Object.entries(files)) {
    const path = join(root, name);
    const text = await format(content, { ...(await resolveConfig(path)), filepath: path });
    if (!process.argv.includes("--check")) {
      writeFileSync(path, text);
    } else if (readFileSync(path, "utf8") !== text) {
      console.error(`${name} is stale: run npm run generate.`);
      stale += 1;
    }
  }
  process.exitCode = stale === 0 ? 0 : 1;
}

void main();
