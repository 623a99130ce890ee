/**
 * The inputs by which an object was defined last, kept in its mark: they come to the host in one step with what they
 * bring, so that what an update has brought is known there though nobody recorded it (decisions/applied-inputs.md). Pure.
 */

import type { z } from "zod";
import { same } from "../../schema/same";
import { notesOf, secretPaths } from "../../schema/walk";
import type { Mark } from "../libvirt/mark";

/** No part of what is defined by them: where it is, which it is, and what is kept beside the definition. */
const beside = ["host", "uuid", "running", "autostart"];

/**
 * As a text in base64: whoever searches the XML for a name or a path is to find it where it counts. Without what stands
 * in no definition: what only steers the provider, addresses of hosts, passwords.
 */
export function appliedText(schema: z.ZodType, inputs: object): string {
  return Buffer.from(JSON.stringify(definedBy(schema, inputs))).toString("base64");
}

/** What of the inputs a mark keeps. */
export function definedBy(schema: z.ZodType, inputs: object): object {
  const secrets = secretPaths(schema);
  const fields = Object.entries(inputs)
    .filter(([key]) => !beside.includes(key) && notesOf(schema, key)?.effect !== "none")
    .map(([key, value]) => [key, kept(value, key, secrets)]);
  return Object.fromEntries(fields) as object;
}

/** Undefined where the mark does not say, or says it in a way that is not ours. */
export function appliedBy(mark: Mark | undefined): object | undefined {
  try {
    const inputs: unknown = JSON.parse(Buffer.from(mark?.applied ?? "", "base64").toString());
    return typeof inputs === "object" && inputs !== null ? inputs : undefined;
  } catch {
    return undefined;
  }
}

/** Of what a mark keeps, the inputs that say the same, where these are known: one document is then enough for both. */
export function asStated<Inputs extends object>(
  schema: z.ZodType,
  applied: Inputs | undefined,
  known: readonly (Inputs | undefined)[],
): Inputs | undefined {
  if (applied === undefined) return undefined;
  return known.find((inputs) => inputs !== undefined && same(definedBy(schema, inputs), applied)) ?? applied;
}

function kept(value: unknown, path: string, secrets: readonly string[]): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .map(([key, inner]) => [key, `${path}.${key}`, inner as unknown] as const)
      .filter(([, at, inner]) => !isHost(inner) && !secrets.some((secret) => isAt(at, secret)))
      .map(([key, at, inner]) => [key, kept(inner, at, secrets)]),
  );
}

function isHost(value: unknown): boolean {
  return typeof value === "object" && value !== null && "uri" in value;
}

/** `*` in the pattern stands for any key. */
function isAt(path: string, pattern: string): boolean {
  const [steps, wanted] = [path.split("."), pattern.split(".")];
  return steps.length === wanted.length && wanted.every((step, index) => step === "*" || step === steps[index]);
}
