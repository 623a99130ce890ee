/**
 * What a program says twice. The engine checks one resource after the other, in one process for one preview or `up`: what
 * the others said is remembered, and nothing beyond that.
 */

import { areTwins } from "../resources/once";
import type { Once } from "../resources/resource";
import type { Lifecycle, Values } from "./lifecycle";

/** What each resource of this process's program said last, by its URN. */
const program = new Map<string, readonly Once[]>();

/** As the hosts know it: two resources may name one device in different words. */
const onHosts = new Map<string, readonly Once[]>();

/** The life cycle, with a check and a preview that look at the rest of the program as well. */
export function onlyOnce(lifecycle: Lifecycle, once: (inputs: Values) => readonly Once[]): Lifecycle {
  const guarded = Object.create(lifecycle) as Lifecycle;
  /** Whose inputs they are, by the inputs as they were checked. */
  const urns = new WeakMap<Values, string>();
  guarded.check = async (given, recorded, identity) => {
    const checked = await lifecycle.check(given, recorded, identity);
    if (checked.failures.length > 0 || identity.urn === undefined) return checked;
    urns.set(checked.inputs, identity.urn);
    const { failures, warnings } = saidTwice(program, identity.urn, once(checked.inputs));
    return { ...checked, failures, warnings: [...(checked.warnings ?? []), ...warnings] };
  };
  guarded.preview = async (wanted) => {
    const report = await lifecycle.preview(wanted);
    const urn = urns.get(wanted.checked.inputs);
    if (urn === undefined) return report;
    const { failures, warnings } = saidTwice(onHosts, urn, report.once ?? []);
    return {
      ...report,
      ...(failures.length === 0 ? {} : { failures: [...(report.failures ?? []), ...failures] }),
      ...(warnings.length === 0 ? {} : { warnings: [...(report.warnings ?? []), ...warnings] }),
    };
  };
  return guarded;
}

/** Sentences on what another resource has said before; the same resource may be checked several times. */
export function saidTwice(
  said: Map<string, readonly Once[]>,
  urn: string,
  wanted: readonly Once[],
): { readonly failures: readonly string[]; readonly warnings: readonly string[] } {
  said.set(urn, wanted);
  const found = wanted.flatMap((one) =>
    [...said].flatMap(([other, theirs]) => {
      const twin = other === urn ? undefined : theirs.find((each) => areTwins(one, each));
      if (twin === undefined) return [];
      const name = other.slice(other.lastIndexOf("::") + 2);
      const sentence = `${one.path}: ${one.what} is taken by the resource "${name}" of this program (${twin.path}); ${(twin.among === "bases" ? twin : one).why}`;
      return [{ sentence, refused: one.atOnce && twin.atOnce }];
    }),
  );
  const sentences = (refused: boolean): string[] =>
    found.filter((each) => each.refused === refused).map(({ sentence }) => sentence);
  return { failures: sentences(true), warnings: sentences(false) };
}
