/** What a guest has room for beside what it has: where a program asks for a number alone, both are to be told. Pure. */

import type { Place } from "../reconcile/language";
import { textOf } from "../reconcile/tree";

/** vCPUs that are there and those that there is room for, where the two differ and one number is wanted (formatdomain, `vcpu`). */
export function roomAt({ elements, attribute, desired, actual }: Place): string | undefined {
  if (attribute !== undefined || elements.length !== 2 || elements[1] !== "vcpu") return undefined;
  const { current } = actual.attributes;
  const isPlain = (desired.attributes.current ?? textOf(desired)) === textOf(desired);
  if (!isPlain || current === undefined || current === textOf(actual)) return undefined;
  return `${current} of at most ${textOf(actual)}`;
}
