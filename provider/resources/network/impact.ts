/** What a change of a network does to the guests on it (law 6). Pure. */

import type { NetworkInputs } from "../../../schema/network";
import type { Change } from "../../reconcile/plan";
import type { Impact } from "../resource";
import { namesOf } from "./nics";
import { lagOf } from "./lag";
import { differingPaths, isOnlyDefined, isUpdatable } from "./live-update";
import type { ObservedNetwork } from "./observe";

export function impact(change: Change, inputs: NetworkInputs, observed: ObservedNetwork): Impact {
  const guests = namesOf(observed.nics).join(", ");
  if (change.path === "running") {
    if (change.to === "false") return guests === "" ? { class: "stop", note: "no guest uses it" } : interrupts(guests);
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

function interrupts(guests: string): Impact {
  return guests === ""
    ? { class: "live", note: "no guest uses it" }
    : { class: "interrupts", note: `guests lose their link: ${guests}` };
}
