/**
 * Every field of a guest, for each kind of guest that Xen has: refused, doubted aloud, or written in a golden case, which the lab defines,
 * starts and reads back (test/lab/xen/golden.test.ts). So none is taken in silence (10.7).
 */

import { guest as schema } from "../../../schema/guest";
import { leavesOf } from "../../../schema/walk";
import type { Virtualization } from "../../../provider/hypervisors/guest-defaults";
import { xen } from "../../../provider/hypervisors/xen";
import { goldenCase, goldenNames } from "../../support/golden";

/** What is no part of a guest's definition, or has tests of its own with any of them. */
const elsewhere = new Set(["host", "uuid", "running", "restartTrigger"]);

/** What this kind of guest has no place for, and `check` refuses in a rule of its own. */
const refusedByRules: Readonly<Record<Virtualization, readonly string[]>> = {
  full: ["bootloader", "memoryDevices"],
  paravirtual: ["memoryDevices"],
  pvh: ["bootloader", "memoryDevices"],
};

function isStated(inputs: unknown, [step, ...rest]: readonly string[]): boolean {
  if (step === undefined) return inputs !== undefined;
  if (typeof inputs !== "object" || inputs === null) return false;
  if (step === "*") return Object.values(inputs).some((each) => isStated(each, rest));
  return isStated((inputs as Record<string, unknown>)[step], rest);
}

const cases = goldenNames("guest")
  .map((name) => goldenCase("guest", name))
  .filter(({ host }) => host.profile.name === "xen")
  .map(({ given }) => given as { readonly virtualization?: Virtualization });

it.each(["full", "paravirtual", "pvh"] as const)("%s", (mode) => {
  const own = cases.filter(({ virtualization = "full" }) => virtualization === mode);
  const refused = [
    ...xen.refusals.filter(
      ({ of, values, matching, where, isNeeded, onlyTold }) =>
        (of?.includes(mode) ?? true) && (onlyTold ?? (values ?? matching ?? where ?? isNeeded) === undefined),
    ),
    ...refusedByRules[mode].map((path) => ({ path })),
  ];
  const untold = leavesOf(schema)
    .filter(({ path, notes }) => !elsewhere.has(path) && notes.effect !== "none")
    .filter(({ path }) => !refused.some((each) => path === each.path || path.startsWith(`${each.path}.`)))
    .filter(({ path }) => !own.some((inputs) => isStated(inputs, path.split("."))))
    .map(({ path }) => path);
  expect(untold).toEqual([]);
});
