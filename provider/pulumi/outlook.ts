/** What a preview says of a resource, by input path: what differs by itself (drift), and what an update does (impact). Pure. */

import type { Change } from "../reconcile/plan";
import type { ChangeClass, Impact, Objection } from "../resources/resource";
import type { Values } from "./lifecycle";

export type Said = Readonly<Record<string, string>>;

export interface Outlook {
  readonly drift?: Said;
  readonly impact?: Said;
  readonly objections?: readonly Objection[] | undefined;
}

export function driftOf(changes: readonly Change[], isSecret: (path: string) => boolean): Said {
  return byPath(changes, (change) => {
    const { from, to } = shown(change, isSecret);
    return `${from} on the host, ${to} wanted`;
  });
}

export function impactOf(
  changes: readonly Change[],
  impact: (change: Change) => Impact,
  isSecret: (path: string) => boolean,
): Said {
  return byPath(changes, (change) => {
    const { class: is, note } = impact(change);
    const { from, to } = shown(change, isSecret);
    return `${is}: ${from} → ${to}${note === undefined ? "" : ` (${note})`}`;
  });
}

/** From least to most disruptive; a refusal disrupts nothing. */
const classes: readonly ChangeClass[] = [
  "refused",
  "live",
  "start",
  "nextStart",
  "interrupts",
  "powerCycle",
  "stop",
  "replace",
];

/** Whether a class does more than all that was said (law 6); what waits for a start does nothing yet, and may always be. */
export function isMoreThanSaid(is: ChangeClass, said: Said): boolean {
  const promised = Object.values(said).map((each) => classes.indexOf(each.split(":")[0] as ChangeClass));
  return classes.indexOf(is) > Math.max(classes.indexOf("nextStart"), ...promised);
}

/** A displayed input, absent where there is nothing to say. */
export function shownAs(name: string, said: Said = {}): Values {
  return Object.keys(said).length === 0 ? {} : { [name]: said };
}

function byPath(changes: readonly Change[], say: (change: Change) => string): Said {
  // Dots in a key would be read as a path of properties.
  return Object.fromEntries(changes.map((change) => [change.path.replaceAll(".", "/") || "type", say(change)]));
}

function shown({ path, from, to }: Change, isSecret: (path: string) => boolean): { from: string; to: string } {
  return isSecret(path) ? { from: "(secret)", to: "(secret)" } : { from: from ?? "absent", to: to ?? "absent" };
}
