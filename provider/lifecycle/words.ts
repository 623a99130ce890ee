/** Inputs as a person reads them: paths as the program spells them, values in a few words. Pure. */

import { withoutPasswords } from "../libvirt/uri";

/** Longer values are cut: a preview is read by people. */
const longest = 120;

/** The steps of an input path. Keys of maps may hold dots themselves (`dns.hosts.10.20.0.9`): the values tell. */
export function stepsOf(path: string, ...values: readonly unknown[]): string[] {
  if (path === "") return [];
  const known = values.filter((value): value is Record<string, unknown> => typeof value === "object" && value !== null);
  const keys = known.flatMap((value) => Object.keys(value)).filter((key) => path === key || path.startsWith(`${key}.`));
  const step = keys.sort((one, other) => other.length - one.length)[0] ?? path.split(".")[0] ?? "";
  const rest = path.slice(step.length + 1);
  return [step, ...stepsOf(rest, ...known.map((value) => value[step]))];
}

export function valueAt(inputs: object | undefined, path: string): unknown {
  return stepsOf(path, inputs).reduce<unknown>(
    (value, step) =>
      typeof value === "object" && value !== null ? (value as Record<string, unknown>)[step] : undefined,
    inputs,
  );
}

/** `dns.hosts."10.20.0.9"`: keys that could be misread stand in quotes. */
export function spelled(path: string, ...values: readonly unknown[]): string {
  return stepsOf(path, ...values)
    .map((step) => (/^[\w-]+$/.test(step) ? step : JSON.stringify(step)))
    .join(".");
}

/** A value in a few words; undefined where there is none. */
export function inWords(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === "string") return value;
  if (typeof value !== "object") return JSON.stringify(value);
  const words = Array.isArray(value) ? value.map(inWords).join(", ") : objectInWords(value as Record<string, unknown>);
  return words.length > longest ? `${words.slice(0, longest)}…` : words;
}

/** What stands where a secret would. */
export const hush = "(secret)";

/** The value without what must not be shown of it. */
export function masked(value: unknown, path: string, isSecret: (path: string) => unknown): unknown {
  if (isSecret(path) === true) return hush;
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key,
      inner === undefined || inner === null ? inner : masked(inner, `${path}.${key}`, isSecret),
    ]),
  );
}

/** A reference is what it refers to. */
function objectInWords(value: Record<string, unknown>): string {
  if (typeof value.uri === "string") return withoutPasswords(value.uri);
  if (typeof value.name === "string" && ("host" in value || "pool" in value || "id" in value)) return value.name;
  const entries = Object.entries(value).filter(([, inner]) => inner !== undefined && inner !== null);
  return `{ ${entries.map(([key, inner]) => `${key}: ${inWords(inner)}`).join(", ")} }`;
}
