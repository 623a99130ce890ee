/**
 * Carries a plan out on a guest: the definition first, so that what can be refused is refused while the guest runs and its
 * saved image is there; then what a running guest can take, then power. What fails after that is put back
 * (decisions/nothing-in-vain.md).
 */

import { guest as schema, type GuestInputs } from "../../../schema/guest";
import { LibvirtError } from "../../libvirt/errors";
import { inventory } from "../../libvirt/inventory";
import { readMark, withMark } from "../../libvirt/mark";
import { stateRules } from "../../libvirt/states";
import type { Plan } from "../../reconcile/plan";
import { type Element, firstElement, textOf } from "../../reconcile/tree";
import { appliedText } from "../applied";
import { ownerOf } from "../recorded-identity";
import type { ConnectedHost, Operation } from "../resource";
import type { ObservedGuest } from "./observed";
import { liveRules } from "./devices";
import { define, definitionOf, redefine, rename, setAutostart, withName } from "./define";
import { impact, mayRestart, stateOf } from "./impact";
import { changeLive } from "./live-apply";
import { liveFailure, takenBack } from "./live-failure";

import { shutDown, shutdownOptions, start } from "./start-stop";
import { putBack } from "./put-back";
import { withSlots } from "./slots";
import { refuseToLoseImages, refuseToStopInVain } from "./startable";

export async function apply(
  host: ConnectedHost,
  inputs: GuestInputs,
  observed: ObservedGuest,
  plan: Plan,
  operation: Operation,
): Promise<void> {
  refuseImpossible(inputs, observed, plan);
  const steps = stepsOf(inputs, observed, plan);
  const { document: held, live } = observed;
  if (steps.cycle || dropsImage(inputs, observed, plan))
    await refuseToStopInVain(host.virsh, { name: nameOf(held), next: plan.document, live });
  if (steps.stop) await refuseToLoseImages(host.virsh, { name: nameOf(held), live });
  const document = steps.stays
    ? withSlots(plan.document, plan.live, observed, liveRules(host.profile, held))
    : plan.document;
  const mark = {
    owner: ownerOf(inputs.host) ?? "",
    adopted: observed.adopted,
    creation: operation.creation ?? observed.creation,
    applied: appliedText(schema, inputs),
  };
  // Whether an adopted guest runs is nobody's wish: the mark alone says that a restart which was cut short is to be ended.
  const ends = steps.cycle && inputs.running === undefined;
  const next = withMark(document, { ...mark, state: ends ? "unfinished" : "finished" });
  const isDefined = document === observed.document && !ends && isMarked(observed.document, next);
  // A define of a known UUID under another name is refused: the new name comes with the rename.
  if (!isDefined) {
    await define(host, withName(next, nameOf(observed.document)), steps.starts || stateRules[stateOf(observed)].active);
  }
  try {
    await follow(host, inputs, observed, plan, { ...steps, isDefined, next, operation });
    if (ends) await redefine(host, withMark(await definitionOf(host, observed.id), { ...mark, state: "finished" }));
  } catch (error) {
    throw await putBack(host, inputs, observed, { error, wasRunning: steps.cycle, isDefined, creation: mark.creation });
  }
  inventory(host.virsh).forget();
  if (steps.stays) await changeRunning(host, inputs, observed, plan, { isDefined, creation: mark.creation });
}

/** What the plan asks of the guest's power. */
interface Steps {
  readonly stop: boolean;
  /** Shut down and started again. */
  readonly cycle: boolean;
  /** Keeps running. */
  readonly stays: boolean;
  readonly starts: boolean;
}

function stepsOf(inputs: GuestInputs, observed: ObservedGuest, plan: Plan): Steps {
  const { active } = stateRules[stateOf(observed)];
  const stop = plan.settings.running === false;
  const cycle = active && !stop && mayRestart(inputs, observed) && plan.pendingRestart.length > 0;
  const wasCutShort = observed.ownership === "unfinished" && !active && inputs.running === undefined;
  return {
    stop,
    cycle,
    stays: active && !stop && !cycle,
    starts: cycle || plan.settings.running === true || wasCutShort,
  };
}

/** All that follows the definition and can be put back. */
async function follow(
  host: ConnectedHost,
  inputs: GuestInputs,
  observed: ObservedGuest,
  plan: Plan,
  {
    stop,
    cycle,
    starts,
    next,
    operation,
  }: Steps & { readonly isDefined: boolean; readonly next: Element; readonly operation: Operation },
): Promise<void> {
  const { virsh } = host;
  const uuid = observed.id;
  const name = nameOf(observed.document);
  if (plan.settings.autostart !== undefined) await setAutostart(host, uuid, plan.settings.autostart === true);
  if (stop || cycle) await shutDown(host, { uuid, name }, shutdownOptions(inputs), operation);
  if (dropsImage(inputs, observed, plan)) {
    await virsh.run("managedsave-remove", [uuid], { lane: "work" });
  }
  // A rename takes autostart along.
  if (nameOf(next) !== name) await rename(virsh, uuid, nameOf(next));
  if (starts) await start(host, uuid);
}

/**
 * Where the host refused all of it, the guest gets its definition back. Where the running guest took some, that stays, and
 * so does what waits for the guest to do its part; only what the host refused is taken out of the definition again.
 */
async function changeRunning(
  host: ConnectedHost,
  inputs: GuestInputs,
  observed: ObservedGuest,
  plan: Plan,
  { isDefined, creation }: { readonly isDefined: boolean; readonly creation: string | undefined },
): Promise<void> {
  const definition = isDefined ? observed.document : await definitionOf(host, observed.id);
  const { failures, isChanged } = await changeLive(host, observed, plan.live, definition);
  if (failures.length === 0) return;
  const error = liveFailure(inputs.host.uri, observed, failures);
  const refused = failures.filter(({ cause }) => cause === "refused");
  if (!isChanged && refused.length === failures.length) {
    throw await putBack(host, inputs, observed, { error, wasRunning: false, isDefined, creation });
  }
  if (refused.length > 0) await redefine(host, takenBack(definition, observed, refused));
  throw error;
}

/** Before anything is touched: what cannot be had as things are. */
function refuseImpossible(inputs: GuestInputs, observed: ObservedGuest, plan: Plan): void {
  for (const change of [...plan.changes, ...(mayRestart(inputs, observed) ? plan.pendingRestart : [])]) {
    const { class: is, note } = impact(change, inputs, observed);
    if (is !== "refused") continue;
    throw new LibvirtError(
      "Unsupported",
      `Unable to change ${change.path} of guest "${nameOf(observed.document)}" on ${inputs.host.uri}: ${note}. Nothing was changed.`,
      change.path === "name"
        ? 'Stop it first (running: false), or allow a restart (restart: "ifNeeded").'
        : "Bring the guest back to running (virsh resume, dompmwakeup), then run this again.",
    );
  }
}

function dropsImage(inputs: GuestInputs, observed: ObservedGuest, plan: Plan): boolean {
  return stateOf(observed) === "saved" && inputs.removeManagedSave === true && hasWork(plan);
}

function hasWork({ changes, settings }: Plan): boolean {
  return changes.some(({ path }) => path !== "autostart") || settings.running === true;
}

function isMarked(document: Element, next: Element): boolean {
  const [before, after] = [readMark(document), readMark(next)];
  const parts = ["owner", "state", "adopted", "creation", "applied"] as const;
  return parts.every((part) => before?.[part] === after?.[part]);
}

function nameOf(document: Element): string {
  return textOf(firstElement(document, "name"));
}
