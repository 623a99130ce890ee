/** Carries a plan out on a guest: the persistent definition first, then what a running guest can take, then power. */

import type { GuestInputs } from "../../../schema/guest";
import { LibvirtError } from "../../libvirt/errors";
import { inventory } from "../../libvirt/inventory";
import { readMark, withMark } from "../../libvirt/mark";
import { freeSlots, isConventional, needsSlot, withSlot } from "../../libvirt/pci";
import { stateRules } from "../../libvirt/states";
import { parseXml } from "../../libvirt/xml";
import type { Difference } from "../../reconcile/match";
import type { Plan } from "../../reconcile/plan";
import { type Element, firstElement, textOf } from "../../reconcile/tree";
import { ownerOf } from "../identity";
import type { ConnectedHost, Observed } from "../resource";
import { define, setAutostart } from "./create";
import { impact, stateOf } from "./impact";
import { changeLive } from "./live";
import { defaultShutdownTimeoutSeconds, shutDown, start } from "./power";

export async function apply(host: ConnectedHost, inputs: GuestInputs, observed: Observed, plan: Plan): Promise<void> {
  const { virsh } = host;
  const uuid = observed.id;
  const name = nameOf(observed.document);
  refuseImpossible(inputs, observed, plan);
  const { active } = stateRules[stateOf(observed)];
  const stop = plan.settings.running === false;
  const cycle = active && !stop && inputs.restart === "ifNeeded" && plan.waiting.length > 0;
  const stays = active && !stop && !cycle;
  const document = stays ? withSlots(plan.document, plan.live, observed) : plan.document;
  const next = withMark(document, { owner: ownerOf(inputs.host) ?? "", state: "finished" });
  const newName = nameOf(next);

  const timeoutSeconds = inputs.shutdownTimeoutSeconds ?? defaultShutdownTimeoutSeconds;
  if (stop || cycle) await shutDown(virsh, uuid, name, { timeoutSeconds, force: inputs.forceOff ?? false });
  if (stateOf(observed) === "saved" && inputs.removeManagedSave === true && hasWork(plan)) {
    await virsh.run("managedsave-remove", [uuid], { lane: "work" });
  }
  // A define of a known UUID under another name is refused; a rename takes autostart along.
  if (newName !== name) await virsh.run("domrename", ["--domain", uuid, "--new-name", newName], { lane: "work" });
  const isDefined = document === observed.document && isMarked(observed.document, next);
  if (!isDefined) await define(host, next);
  if (plan.settings.autostart !== undefined) await setAutostart(host, uuid, plan.settings.autostart === true);
  if (stays) await changeLive(host, observed, plan.live, isDefined ? document : await definitionOf(host, uuid));
  if (plan.settings.running === true || cycle) await start(virsh, uuid);
  inventory(virsh).forget();
}

/** Before anything is touched: what cannot be had as things are. */
function refuseImpossible(inputs: GuestInputs, observed: Observed, plan: Plan): void {
  for (const change of [...plan.changes, ...(inputs.restart === "ifNeeded" ? plan.waiting : [])]) {
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

function hasWork({ changes, settings }: Plan): boolean {
  return changes.some(({ path }) => path !== "autostart") || settings.running === true;
}

/** New devices get their slot before they are defined, so that they have the same one live and in config (facts, 24). */
function withSlots(document: Element, live: readonly Difference[], observed: Observed): Element {
  const running = observed.live;
  const devices = firstElement(document, "devices");
  if (running === undefined || devices === undefined) return document;
  const places = new Map<Element, Element>();
  for (const difference of live) {
    if (difference.kind !== "insert" || !needsSlot(difference.element)) continue;
    if (!devices.children.includes(difference.element)) continue;
    const slot = freeSlots(running, observed.document, isConventional(difference.element))[places.size];
    if (slot !== undefined) places.set(difference.element, withSlot(difference.element, slot));
  }
  if (places.size === 0) return document;
  const placed = devices.children.map((child) => (typeof child === "string" ? child : (places.get(child) ?? child)));
  return {
    ...document,
    children: document.children.map((child) => (child === devices ? { ...devices, children: placed } : child)),
  };
}

async function definitionOf({ virsh }: ConnectedHost, uuid: string): Promise<Element> {
  return parseXml(await virsh.run("dumpxml", ["--inactive", "--security-info", uuid], { lane: "work" }));
}

function isMarked(document: Element, next: Element): boolean {
  const [before, after] = [readMark(document), readMark(next)];
  return before?.owner === after?.owner && before?.state === after?.state;
}

function nameOf(document: Element): string {
  return textOf(firstElement(document, "name"));
}
