/** What a change of a network does to the guests on it (law 6). Pure. */

import type { NetworkInputs } from "../../../schema/network";
import type { Change } from "../../reconcile/plan";
import type { Impact } from "../resource";
import { namesOf } from "./nics";
import { lagOf } from "./lag";
import { differingPaths, isOnlyDefined, isUpdatable } from "./live-update";
import type { ObservedNetwork } from "./observe";

export function impact(change: Change, inputs: NetworkInputs, observed: ObservedNetwork): Impact {
  const guests = guestsOn(observed);
  if (change.path === "running") {
    if (change.to === "false")
      return guests.length === 0 ? { class: "stop", note: "no guest uses it" } : interrupts(guests);
    if (lagOf(inputs, observed)?.needsStart === true) return interrupts(guests);
    const without = namesOf(observed.nics.filter(({ cutOff }) => cutOff)).join(", ");
    const is = observed.running === undefined ? "start" : "live";
    return without === "" ? { class: is } : { class: is, note: `guests get their link back: ${without}` };
  }
  return stopsIt(change, inputs, observed) ? interrupts(guests) : { class: "live" };
}

/** Whether the change can only be had by stopping and starting the network. */
export function stopsIt({ path, to }: Change, inputs: NetworkInputs, observed: ObservedNetwork): boolean {
  if (observed.running === undefined || path === "autostart" || path === "running" || isUpdatable(path)) return false;
  // What somebody changed in the definition only, or a change that was cut short, is mended there: it never ran.
  return to === undefined
    ? !isOnlyDefined(path, inputs, observed, observed.running)
    : differingPaths(inputs, observed.running).includes(path);
}

interface Guests {
  readonly length: number;
  readonly note: string;
}

function guestsOn({ nics }: ObservedNetwork): Guests {
  const names = namesOf(nics);
  // libvirt takes no function away with a network, and forgets who has which.
  const keep = nics.length > 0 && nics.every(({ by }) => by === "function");
  const note = keep
    ? "guests keep their virtual functions, which the network then gives to others, too, whose start fails"
    : "guests lose their link";
  return { length: names.length, note: `${note}: ${names.join(", ")}` };
}

function interrupts({ length, note }: Guests): Impact {
  return length === 0 ? { class: "live", note: "no guest uses it" } : { class: "interrupts", note };
}
