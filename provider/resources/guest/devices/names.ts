/** Names that devices keep: what is stated, else what was recorded. Pure. */

import { isDevice, type Keyed } from "./device";

/**
 * By key, what is stated, else what was recorded: that is not taken from a device by another one that states it, which is
 * refused then (problems.ts). What is recorded of an update that failed half-way holds devices of two programs, though: of
 * two that have the same there one keeps it, the one that states it before all.
 */
export function kept<Device>(
  devices: Keyed<Device>,
  stated: (device: Device) => string | undefined,
  recorded: (key: string, device: Device) => string | undefined,
): { readonly known: ReadonlyMap<string, string>; readonly taken: Set<string> } {
  const known = new Map(
    Object.entries(devices).flatMap(([key, device]) => {
      const value = isDevice(device) ? stated(device) : undefined;
      return value === undefined ? [] : [[key, value] as const];
    }),
  );
  const before = new Map(
    Object.entries(devices).flatMap(([key, device]) => {
      const value = isDevice(device) ? recorded(key, device) : undefined;
      return value === undefined ? [] : [[key, value] as const];
    }),
  );
  const keptBy = (value: string): boolean =>
    [...known].some(([key, each]) => each === value && before.get(key) === value);
  for (const [key, value] of before) if (!known.has(key) && !keptBy(value)) known.set(key, value);
  return { known, taken: new Set(known.values()) };
}
