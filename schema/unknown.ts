/** The engine's stand-in for a value that a preview does not know yet (pulumi/pulumi, sdk/go/common/resource/plugin). */

export const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** Whether the value is unknown, or holds something that is. */
export function holdsUnknown(value: unknown): boolean {
  if (value === unknown) return true;
  return typeof value === "object" && value !== null && Object.values(value).some(holdsUnknown);
}

/** Whether the value at a path of inputs (`disks.root.path`) is unknown, or one around it. */
export function isUnknownAt(inputs: unknown, path: string): boolean {
  if (inputs === unknown) return true;
  if (typeof inputs !== "object" || inputs === null) return false;
  // Keys may hold dots themselves.
  const inner = Object.entries(inputs).find(([key]) => path === key || path.startsWith(`${key}.`));
  return inner !== undefined && isUnknownAt(inner[1], path.slice(inner[0].length + 1));
}
