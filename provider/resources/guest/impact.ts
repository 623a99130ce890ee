/** What a change does to a guest, by the state that the guest is in: law 6. Pure. */

import type { GuestInputs } from "../../../schema/guest";
import { triggerOf } from "../../libvirt/mark";
import { type GuestState, stateRules } from "../../libvirt/states";
import type { Change } from "../../reconcile/plan";
import type { Impact } from "../resource";
import type { ObservedGuest } from "./observed";

export function stateOf(observed: ObservedGuest): GuestState {
  return observed.facts.state as GuestState;
}

export function impact(change: Change, inputs: GuestInputs, observed: ObservedGuest): Impact {
  const state = stateOf(observed);
  const rules = stateRules[state];
  if (state === "saved" && inputs.removeManagedSave !== true) return impactOnSaved(change);
  if (change.path === "running") return impactOnPower(change, inputs, state);
  if (!rules.active) {
    return { class: "live", note: state === "saved" ? "the managed-save image is dropped" : "the guest is off" };
  }
  if (change.path === "autostart") return { class: "live" };
  if (inputs.running === false) return { class: "nextStart", note: "the guest is shut down" };
  if (change.stays === true) return { class: "nextStart", note: rules.note ?? "the guest keeps running as it is" };
  if (!change.requiresRestart) return { class: "live" };
  const because = change.lacks === undefined ? "" : `${change.lacks}; `;
  if (mayRestart(inputs, observed)) {
    return hears(state, inputs)
      ? { class: "powerCycle", note: `${because}the guest is shut down and started again` }
      : deaf(state);
  }
  if (change.path === "name") return { class: "refused", note: "a running guest cannot be renamed" };
  return { class: "nextStart", note: rules.note ?? `${because}the guest keeps running` };
}

/** Whether this update may start the guest again: where that is allowed, and where it is asked for. */
export function mayRestart({ restart, restartTrigger }: GuestInputs, { live, ownership }: ObservedGuest): boolean {
  if (restart === "ifNeeded") return true;
  if (restartTrigger === undefined || live === undefined || ownership === "foreign") return false;
  return restartTrigger !== triggerOf(live);
}

function impactOnPower({ to }: Change, inputs: GuestInputs, state: GuestState): Impact {
  if (to === "true") {
    return { class: "start", note: state === "saved" ? "its managed-save image is dropped" : "the guest is off" };
  }
  return hears(state, inputs) ? { class: "stop", note: "the guest is shut down" } : deaf(state);
}

/** Whether the guest can be brought to a stop at all. */
function hears(state: GuestState, { forceOff }: GuestInputs): boolean {
  return stateRules[state].answers || forceOff === true;
}

function deaf(state: GuestState): Impact {
  const note = `${stateRules[state].note ?? ""}, and hears no power button; forceOff: true switches it off`;
  return { class: "refused", note };
}

/** A saved guest resumes with its old definition, and libvirt renames none. */
function impactOnSaved({ path }: Change): Impact {
  const image = "a managed-save image is there; removeManagedSave: true drops it";
  if (path === "name") return { class: "refused", note: image };
  if (path === "autostart") return { class: "live" };
  if (path === "running") return { class: "start", note: "it resumes from its managed-save image" };
  return { class: "nextStart", note: `${stateRules.saved.note ?? ""}; removeManagedSave: true drops it` };
}
