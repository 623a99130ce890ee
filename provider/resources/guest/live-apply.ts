/** Changes of a guest that keeps running: one command after the other, each believed when the live XML shows it. */

import { LibvirtError, reasonOf } from "../../libvirt/errors";
import { type LiveStep, liveSteps } from "../../libvirt/live-commands";
import { parseXml } from "../../libvirt/xml";
import type { Difference } from "../../reconcile/match";
import { type Element, firstElement, textOf } from "../../reconcile/tree";
import type { ConnectedHost } from "../resource";
import type { ObservedGuest } from "./observed";
import { liveRules } from "./devices";

/** Time that a guest is given to do its part (let go of a device, follow the balloon), in seconds. */
const helpSeconds = 20;

/** libvirt waits up to ten seconds for the answer to an unplug, and QEMU's monitor may be slow beside it. */
const commandTimeoutSeconds = 60;

/** A step that the running guest has not. */
export interface LiveFailure {
  readonly step: LiveStep;
  /** The host would not do it, or the guest did not do its part (yet). */
  readonly cause: "refused" | "guest";
  readonly reason: string;
}

export interface LiveOutcome {
  readonly failures: readonly LiveFailure[];
  /** Whether the running guest took anything at all. */
  readonly isChanged: boolean;
}

/**
 * `definition`: the persistent XML, changed already. Tries all, but takes nothing away once something
 * was refused, and answers what the running guest did not take.
 */
export async function changeLive(
  host: ConnectedHost,
  { id: uuid, live, asHeld }: ObservedGuest,
  differences: readonly Difference[],
  definition: Element,
): Promise<LiveOutcome> {
  if (live === undefined || differences.length === 0) return { failures: [], isChanged: false };
  const name = textOf(firstElement(live, "name"));
  const failures: LiveFailure[] = [];
  const steps = liveSteps(uuid, differences, live, definition, {
    facts: host.facts,
    rules: liveRules(host.profile, live),
    aliases: asHeld?.aliases,
  });
  for (const step of steps) {
    // What goes may be what was to come in its place: a disk under another key is the same image.
    const isLeft = step.method === "detach-device" && failures.some(({ cause }) => cause === "refused");
    const failure = isLeft ? left : await carryOut(host, { uuid, name }, step);
    if (failure !== undefined) failures.push({ step, ...failure });
  }
  return { failures, isChanged: failures.length < steps.length };
}

const left = { cause: "refused", reason: "it was left, since what was to come was refused" } as const;

interface Running {
  readonly uuid: string;
  readonly name: string;
}

/** What went wrong, or undefined where the running guest has the change. */
async function carryOut(
  host: ConnectedHost,
  guest: Running,
  step: LiveStep,
): Promise<Pick<LiveFailure, "cause" | "reason"> | undefined> {
  try {
    for (const { name, arguments: words } of step.commands) {
      await host.virsh.run(name, words, { lane: "work", timeoutSeconds: commandTimeoutSeconds });
    }
  } catch (error) {
    if (!(error instanceof LibvirtError) || error.kind === "Unreachable") throw error;
    // An error may come late, or say that there is nothing to do: what counts is what the guest has.
    if (step.done?.(await liveXml(host, guest.uuid)) === true) return undefined;
    if (!isLeaving(error)) {
      if (step.back !== undefined)
        return { cause: "refused", reason: reasonOf(error) + (await broughtBack(host, step)) };
      return { cause: step.method === "detach-device" ? "guest" : "refused", reason: reasonOf(error) };
    }
  }
  const { done } = step;
  if (done === undefined) return undefined;
  if (await comes(host, guest, done)) return undefined;
  const what = step.method === "detach-device" ? "let go of it" : "follow";
  return { cause: "guest", reason: `the guest did not ${what} within ${helpSeconds} s` };
}

/** What of it the guest has lost, for the end of a sentence. */
async function broughtBack(host: ConnectedHost, { back = [] }: LiveStep): Promise<string> {
  try {
    for (const { name, arguments: words } of back)
      await host.virsh.run(name, words, { lane: "work", timeoutSeconds: commandTimeoutSeconds });
    return "";
  } catch (error) {
    if (!(error instanceof LibvirtError) || error.kind === "Unreachable") throw error;
    // It never went, or it is not there any more.
    return / already /.test(error.message) ? "" : `, and the guest is without the device (${reasonOf(error)})`;
  }
}

/** Looks whenever something happens to the guest, until its time is over. */
async function comes(host: ConnectedHost, { uuid, name }: Running, done: (live: Element) => boolean): Promise<boolean> {
  // Most of it is there when its command ends: no process that tells events is started for that.
  if (done(await liveXml(host, uuid))) return true;
  const watch = host.virsh.watch();
  try {
    for (const end = Date.now() + helpSeconds * 1000; Date.now() < end;) {
      // What happens while it is looked counts, too.
      const happened = watch.next(name);
      if (done(await liveXml(host, uuid))) return true;
      await happened;
    }
    return false;
  } finally {
    watch.end();
  }
}

/** The guest was asked before, and has not answered yet (QEMU's words). */
function isLeaving(error: LibvirtError): boolean {
  return /is already in the process of unplug/.test(error.message);
}

async function liveXml({ virsh }: ConnectedHost, uuid: string): Promise<Element> {
  return parseXml(await virsh.run("dumpxml", [uuid]));
}
