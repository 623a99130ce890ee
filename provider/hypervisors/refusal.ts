/**
 * Inputs of a guest that a hypervisor does not carry out: libvirt takes them, and the guest does not start, or never has
 * what they ask for. Each is refused in words instead. Data, by input path.
 */

import type { Virtualization } from "./guest-defaults";

export interface Refusal {
  /** `*` for the key of a device: `disks.*.iotune`. */
  readonly path: string;
  /** The values that are refused; any where none is named. */
  readonly values?: readonly unknown[];
  /** The values that say what is so anyway. */
  readonly unless?: readonly unknown[];
  /** The texts that are refused. */
  readonly matching?: RegExp;
  /** It is the lack of it that is refused, of what is made and not taken over. */
  readonly isNeeded?: true;
  /** Of which of the devices (or guests) that have it; of all where nothing is said. */
  readonly where?: (device: Readonly<Record<string, unknown>>) => boolean;
  /** Of which guests; of all where none is named. */
  readonly of?: readonly Virtualization[];
  /** Some hosts carry it out, and none says whether it does: the preview says so, and nothing is refused for it. */
  readonly onlyTold?: true;
  /** A sentence that says why, and what to do instead. */
  readonly reason: string;
}

/** A refusal that inputs meet, by the path that meets it. */
export interface MetRefusal {
  readonly path: string;
  readonly reason: string;
  readonly onlyTold?: true;
}

/** The refusals that these inputs meet. */
export function refusalsOf(
  refusals: readonly Refusal[],
  inputs: { readonly virtualization?: Virtualization | undefined; readonly adopt?: boolean | undefined },
): readonly MetRefusal[] {
  const { virtualization = "full", adopt = false } = inputs;
  return refusals
    .filter((refusal) => refusal.of?.includes(virtualization) ?? true)
    .flatMap(({ path, values, unless, matching, where, isNeeded, reason, onlyTold }) => {
      const met = onlyTold === undefined ? { reason } : { reason, onlyTold };
      const found = valuesAt(inputs, path.split("."));
      if (isNeeded === true) return found.length > 0 || adopt ? [] : [{ path, ...met }];
      return found
        .filter(({ value }) => values?.includes(value) ?? true)
        .filter(({ value }) => unless?.includes(value) !== true)
        .filter(({ device }) => where?.(device) ?? true)
        .filter(({ value }) => matching === undefined || (typeof value === "string" && matching.test(value)))
        .map((each) => ({ path: each.path, ...met }));
    });
}

interface Stated {
  readonly path: string;
  readonly value: unknown;
  /** What it is a field of. */
  readonly device: Readonly<Record<string, unknown>>;
}

function valuesAt(
  parent: unknown,
  [step, ...rest]: readonly string[],
  above: readonly string[] = [],
): readonly Stated[] {
  if (typeof parent !== "object" || parent === null) return [];
  const device = parent as Stated["device"];
  const entries = Object.entries(device).filter(
    ([key, value]) => (step === "*" || key === step) && value !== undefined,
  );
  return entries.flatMap(([key, value]) =>
    rest.length === 0 ? [{ path: [...above, key].join("."), value, device }] : valuesAt(value, rest, [...above, key]),
  );
}
