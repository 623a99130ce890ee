/** Nothing more disruptive than was said ever happens (law 6; decisions/promise.md). Pure. */

import { LibvirtError } from "../libvirt/errors";
import type { ChangeClass } from "../resources/resource";
import type { ClassifiedChange } from "./classified";
import { impactSentence } from "./sentences";

/** From least to most disruptive. A refusal disrupts nothing, and neither does starting what is off. */
const classes: readonly ClassifiedChange["class"][] = [
  "none",
  "refused",
  "live",
  "start",
  "nextStart",
  "interrupts",
  "powerCycle",
  "stop",
  "replace",
];

/** What may be done although nothing was said: nobody notices it before they start something themselves. */
const unsaid = classes.indexOf("nextStart");

export function isMoreThanAnnounced(is: ChangeClass, announced: readonly ClassifiedChange[]): boolean {
  return classes.indexOf(is) > Math.max(unsaid, ...announced.map((change) => classes.indexOf(change.class)));
}

/** Throws where one of the changes would do more than all that was said. */
export function assertNotMoreDisruptive(
  what: string,
  announced: readonly ClassifiedChange[],
  changes: readonly ClassifiedChange[],
): void {
  const broken = changes.find((change) => isMoreThanAnnounced(change.class as ChangeClass, announced));
  if (broken === undefined) return;
  const words =
    announced.length === 0 ? "nothing" : announced.map((each) => `${each.path}: ${impactSentence(each)}`).join("; ");
  const note = broken.note === undefined ? "" : ` (${broken.note})`;
  throw new LibvirtError(
    "Unsafe",
    `Unable to change ${broken.path} of ${what}: it would be ${broken.class} now${note}, which is more than was said (${words}). Nothing was changed.`,
    "What is there has changed since then: look at a new preview, then run this again.",
  );
}
