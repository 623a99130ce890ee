/** What is wrong with given inputs, in sentences that anybody understands and that never repeat a given text. */

import { z } from "zod";
import { ownNotes } from "./field";
import { nearest } from "./nearest";
import { holdsUnknown, unknown } from "./unknown";
import { anyKey, membersOf, partsOf, referenceKind, unwrap } from "./walk";

type Issue = z.core.$ZodIssue;
type Path = readonly PropertyKey[];

/**
 * One sentence for each thing that is wrong; empty when nothing is. Nothing is said of values that are not known yet,
 * nor of what cannot be judged without them.
 */
export function validate(schema: z.ZodType, inputs: unknown): string[] {
  const result = schema.safeParse(inputs);
  return result.success ? [] : explain(result.error.issues, schema, inputs);
}

/** The sentences for zod's issues about these inputs, without those that an unknown value may have caused. */
export function explain(issues: readonly Issue[], schema: z.ZodType, inputs: unknown): string[] {
  const sentences = issues.flatMap((issue) => explainOne(issue, [], schema, inputs));
  return [...new Set(sentences)];
}

function explainOne(issue: Issue, above: Path, schema: z.ZodType, inputs: unknown): string[] {
  const path = [...above, ...issue.path];
  const value = valueAt(inputs, path);
  if (value === unknown || passesUnknown(inputs, path)) return [];
  const asset = path.findIndex((_, length) => isAsset(valueAt(inputs, path.slice(0, length))));
  if (asset >= 0 || isAsset(value)) {
    return [
      `${spell(asset < 0 ? path : path.slice(0, asset))}: is a Pulumi asset; give the path of the file as a text.`,
    ];
  }
  const type = typeAt(schema, path);
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => `${spell([...path, key])}: there is no such property. ${instead(key, type)}`);
  }
  if (issue.code === "invalid_key") {
    const [reason] = issue.issues;
    return [`${spell(path)}: ${reason === undefined ? "is not allowed as a key" : expectation(reason, path.at(-1))}.`];
  }
  if (holdsUnknown(value)) return [];
  if (isEmpty(value) && issue.code !== "invalid_type" && type instanceof z.ZodOptional) {
    return [
      `${spell(path)}: is empty; leave it out${ownNotes(type)?.defaultsTo === undefined ? "" : " for the default"}.`,
    ];
  }
  if (issue.code === "invalid_union") return explainUnion(issue.errors, path, schema, inputs);
  if (value === undefined) return [`${spell(path)}: is missing; ${expectation(issue, value)}.`];
  return [
    ended(`${spell(path)}: ${expectation(issue, value)}${issue.code === "invalid_type" ? meant(type, value) : ""}`),
  ];
}

function ended(sentence: string): string {
  return sentence.endsWith("?") ? sentence : `${sentence}.`;
}

function isEmpty(value: unknown): boolean {
  return value === "" || (Array.isArray(value) && value.length === 0);
}

/** How Pulumi marks the content of a file among inputs, whether one file or an archive (sdk/go/common/resource). */
function isAsset(value: unknown): boolean {
  const marks = ["c44067f5952c0a294b673a41bacd8c17", "0def7320c3a5731c473e5ecbe6d01bc7"];
  const mark = valueAt(value, ["4dabf18193072939515e22adb298388d"]);
  return typeof mark === "string" && marks.includes(mark);
}

/** A resource that is given as a value arrives as its id, a text: how it is given where it is meant. */
function meant(type: z.ZodType | undefined, value: unknown): string {
  if (type === undefined || typeof value !== "string") return "";
  const kind = referenceKind(type);
  if (kind !== undefined) return `: give the ${kind} itself`;
  const [name, holder] = membersOf(type).find(([, inner]) => referenceKind(inner) !== undefined) ?? [];
  return name === undefined || name === anyKey || holder === undefined
    ? ""
    : `: where a ${referenceKind(holder)} is meant, write { ${name}: … }`;
}

/** The alternative that the value comes closest to, or all of them in a row when it resembles none. */
function explainUnion(
  alternatives: readonly (readonly Issue[])[],
  path: Path,
  schema: z.ZodType,
  inputs: unknown,
): string[] {
  const value = valueAt(inputs, path);
  const inside = alternatives.filter((issues) => issues.some((issue) => !isAboutWhole(issue)));
  const closest = [...inside].sort((one, other) => one.length - other.length)[0];
  if (closest !== undefined && value !== undefined) {
    return closest.flatMap((issue) => explainOne(issue, path, schema, inputs));
  }
  const words = [...new Set(alternatives.flatMap((issues) => issues.slice(0, 1).map(wanted)))];
  const but = typeof value === "number" && !Number.isFinite(value) ? `, not ${sort(value)}` : "";
  return [`${spell(path)}: ${value === undefined ? "is missing; it " : ""}must be ${words.join(" or ")}${but}.`];
}

/** Whether it says that the value is of another sort altogether, rather than what is wrong in it. */
function isAboutWhole(issue: Issue): boolean {
  return issue.path.length === 0 && (issue.code === "invalid_type" || issue.code === "invalid_value");
}

function expectation(issue: Issue, value: unknown): string {
  // eslint-disable-next-line @typescript-eslint/switch-exhaustiveness-check -- the rest speaks for itself
  switch (issue.code) {
    case "invalid_type":
      return `${value === undefined ? "it " : ""}must be ${wanted(issue)}${value === undefined ? "" : `, not ${sort(value)}`}`;
    case "invalid_value": {
      const near = typeof value === "string" ? nearest(value, issue.values.map(String)) : undefined;
      const besides = isOwn(issue.message) ? `; ${issue.message}` : "";
      return `must be ${wanted(issue)}${besides}${near === undefined ? "" : `. Did you mean "${near}"?`}`;
    }
    case "too_small":
      return tooSmall(issue);
    case "too_big":
      return issue.origin === "string"
        ? `is too long: at most ${issue.maximum} characters`
        : `is too large: at most ${issue.maximum}`;
    case "invalid_format":
      return (
        formats[issue.format] ??
        (issue.format === "starts_with" ? "must be an absolute path, beginning with /" : ownWords(issue.message))
      );
    case "not_multiple_of":
      return `must be a multiple of ${issue.divisor}`;
    default:
      return ownWords(issue.message);
  }
}

function tooSmall(issue: Extract<Issue, { code: "too_small" }>): string {
  if (issue.origin === "string" || issue.origin === "array") return "must not be empty";
  return issue.inclusive ? `is too small: at least ${issue.minimum}` : `must be more than ${issue.minimum}`;
}

const formats: Readonly<Record<string, string>> = {
  uuid: "must be a UUID such as 6695eb01-f6a4-4304-b9aa-97f2502e193f",
  ipv4: "must be an IPv4 address such as 10.20.0.1",
  ipv6: "must be an IPv6 address such as fd00::1",
  cidrv4: "must be an IPv4 address with its prefix length, such as 10.20.0.1/24",
  cidrv6: "must be an IPv6 address with its prefix length, such as fd00::1/64",
};

/** The schema's own message where it gives one; never zod's, which may show a pattern. */
function ownWords(message: string): string {
  return isOwn(message) ? message.replace(/\.$/, "") : "is not of the right form";
}

function isOwn(message: string): boolean {
  return !/^Invalid /.test(message);
}

function wanted(issue: Issue): string {
  if (issue.code === "invalid_type") return sorts[issue.expected] ?? issue.expected;
  if (issue.code === "invalid_value") return issue.values.map((value) => JSON.stringify(value)).join(" or ");
  return ownWords(issue.message);
}

const sorts: Readonly<Record<string, string>> = {
  string: "a text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  object: "an object { … }",
  record: "a map { key: … }",
  array: "a list [ … ]",
};

function sort(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  if (Number.isNaN(value)) return "NaN";
  if (value === Infinity || value === -Infinity) return "an infinite number";
  if (typeof value === "number") return Number.isInteger(value) ? "a number" : "a fraction";
  return sorts[typeof value] ?? typeof value;
}

function instead(key: string, type: z.ZodType | undefined): string {
  const names = type === undefined ? [] : membersOf(type).map(([name]) => name);
  const near = nearest(key, names);
  return near === undefined ? `There are: ${names.join(", ")}.` : `Did you mean "${near}"?`;
}

function typeAt(schema: z.ZodType, path: Path): z.ZodType | undefined {
  return path.reduce<z.ZodType | undefined>((type, step) => {
    if (type === undefined) return undefined;
    const bare = unwrap(type);
    if (bare instanceof z.ZodArray) return bare.element as z.ZodType;
    const parts = partsOf(bare);
    return (parts.find(([name]) => name === step) ?? parts.find(([name]) => name === anyKey))?.[1];
  }, schema);
}

function valueAt(inputs: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (value, step) =>
      typeof value === "object" && value !== null ? (value as Record<PropertyKey, unknown>)[step] : undefined,
    inputs,
  );
}

function passesUnknown(inputs: unknown, path: Path): boolean {
  return path.some((_, length) => valueAt(inputs, path.slice(0, length)) === unknown);
}

/** `disks."my disk".cache`: keys that could be misread stand in quotes. */
function spell(path: Path): string {
  if (path.length === 0) return "inputs";
  return path.map((step) => (/^[\w-]+$/.test(String(step)) ? String(step) : JSON.stringify(String(step)))).join(".");
}
