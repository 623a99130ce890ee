/** The engine's stand-in for a value that a preview does not know yet (pulumi/pulumi, sdk/go/common/resource/plugin). */

export const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** Whether the value is unknown, or holds something that is. */
export function holdsUnknown(value: unknown): boolean {
  if (value === unknown) return true;
  return typeof value === "object" && value !== null && Object.values(value).some(holdsUnknown);
}
