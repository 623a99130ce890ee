/** The reference: a page for each resource, and a page that lists them. */

import { z } from "zod";
import { type FieldNotes, ownNotes } from "../../schema/field";
import { referenceKind, unwrap } from "../../schema/walk";
import { effects, fieldsOf, type Kind, kinds, notice } from "./kinds";
import { known, plainType } from "./types";

const changes: Readonly<Record<string, string>> = {
  ...effects,
  interrupts: "[interrupts](../../README.md#what-interrupts-my-guest) guests",
  nextStart: "with the [next start](../../README.md#what-interrupts-my-guest)",
};

/** The pages by their path. `program` is the example's source, in which each resource has its `#region`. */
export function referencePages(program: string): Record<string, string> {
  const pages = kinds.map((kind) => [`docs/reference/${kind.file}.md`, page(kind, program)] as const);
  return { "docs/reference/README.md": contents(), ...Object.fromEntries(pages) };
}

function contents(): string {
  return `<!-- ${notice} -->

# Reference

${kinds.map(({ name, file, summary }) => `- [${name}](${file}.md): ${summary}`).join("\n")}

Every input is an output of the same name, too. What a change of an input does to what runs: [What interrupts my guest](../../README.md#what-interrupts-my-guest).
`;
}

function page({ name, summary, inputs, outputs }: Kind, program: string): string {
  return `<!-- ${notice} -->

# ${name}

${summary}

\`\`\`ts
${exampleOf(name, program)}
\`\`\`

From [examples/reference](../../examples/reference/index.ts), which is run by a test.

## Inputs

\`…\` in a path stands for a key of your choice, the name of the device or entry in your program. Under another key it is another one, but for what is known by more than its key: a disk by its image, a NIC by a stated \`mac\`, a channel by its \`name\`, a DIMM or fragment by all that it says. A key holds the letters a to z and A to Z, digits, \`-\` and \`_\`, at most 60 of them; keys that are no choice of yours (addresses, numbers, names of features) are what their row says.

What is optional and has nothing in it (\`""\`, \`{}\`, \`[]\`) means the same as leaving it out, or is refused; where \`{}\` asks for something, its row says so.

${aboutDefaults(inputs)}| input | type | what it is | default | a change |
| --- | --- | --- | --- | --- |
${rows(inputs, "").join("\n")}

## Outputs

| output | type | what it is |
| --- | --- | --- |
${fieldsOf(outputs)
  .map(([key, type]) => `| \`${key}\` | ${cell(shortType(unwrap(type)))} | ${cell(ownNotes(type)?.description)} |`)
  .join("\n")}

All inputs are outputs as well. \`id\` is ${ids[name]}.
`;
}

const ids: Readonly<Record<string, string>> = {
  Host: "its connection URI without a password, with the host's UUID and the owner token of this stack",
  Pool: "the UUID",
  Disk: "`POOL/VOLUME`",
  Network: "the UUID",
  PassthroughDevice: "the UUID of the claim",
  VirtualFunctions: "the UUID of the claim",
  Guest: "the UUID",
};

/** The lines between `// #region NAME` and `// #endregion`. Throws where the program has none: no page without example. */
function exampleOf(name: string, program: string): string {
  const found = new RegExp(`^// #region ${name}\\n([^]*?)\\n// #endregion`, "m").exec(program);
  if (found?.[1] === undefined) throw new Error(`examples/reference/index.ts has no "// #region ${name}".`);
  return found[1];
}

function rows(type: z.ZodObject, above: string): string[] {
  return fieldsOf(type).flatMap(([key, inner]) => {
    const notes = ownNotes(inner);
    const path = above === "" ? key : `${above}.${key}`;
    const must = inner instanceof z.ZodOptional ? "" : " **(required)**";
    const row = `| \`${path}\`${must} | ${cell(shortType(unwrap(inner)))} | ${cell(notes?.description)} | ${cell(defaultOf(notes))} | ${notes === undefined ? "" : changes[notes.effect]} |`;
    return [row, ...rowsBelow(unwrap(inner), path)];
  });
}

function aboutDefaults(inputs: z.ZodObject): string {
  return rows(inputs, "").some((row) => row.includes(held))
    ? `A default that is ${held} is written into the inputs, and counts as if the program had stated it: it is compared, and drift of it is put back. What is adopted keeps what it has instead. Any other default is what the thing is made with; what somebody makes of it on the host later is left alone until the program states it.\n\n`
    : "";
}

/** How the table says that `check` fills a default in. */
const held = "_held_";

function defaultOf({ defaultsTo, derived }: Partial<FieldNotes> = {}): string | undefined {
  return defaultsTo !== undefined && derived === true ? `${defaultsTo} (${held})` : defaultsTo;
}

function rowsBelow(type: z.ZodType, path: string): string[] {
  if (referenceKind(type) !== undefined) return [];
  if (type instanceof z.ZodObject) return rows(type, path);
  if (type instanceof z.ZodRecord) return rowsBelow(unwrap(type.valueType as z.ZodType), `${path}.…`);
  if (type instanceof z.ZodArray) return rowsBelow(unwrap(type.element as z.ZodType), `${path}[]`);
  if (type instanceof z.ZodUnion)
    return (type.options as readonly z.ZodType[]).flatMap((each) => rowsBelow(each, path));
  return [];
}

function shortType(type: z.ZodType): string {
  const kind = referenceKind(type);
  if (kind !== undefined) return `[${kind}](${kinds.find(({ name }) => name === kind)?.file}.md)`;
  if (type instanceof z.ZodObject) return "object";
  if (type instanceof z.ZodRecord) return `map of ${shortType(unwrap(type.valueType as z.ZodType))}`;
  if (type instanceof z.ZodUnion)
    return [...new Set((type.options as readonly z.ZodType[]).map(shortType))].join(" or ");
  if (type instanceof z.ZodArray) return `list of ${shortType(unwrap(type.element as z.ZodType))}`;
  return plainType(type, "object", known, []);
}

function cell(text: string | undefined): string {
  return (text ?? "").replaceAll("|", "\\|").replaceAll("\n", " ");
}
