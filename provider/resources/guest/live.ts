/** Changes of a guest that keeps running: one command after the other, each believed when the live XML shows it. */

import { setTimeout as delay } from "node:timers/promises";
import { LibvirtError } from "../../libvirt/errors";
import { type LiveStep, liveSteps } from "../../libvirt/live-commands";
import { parseXml } from "../../libvirt/xml";
import type { Difference } from "../../reconcile/match";
import { type Element, firstElement, textOf } from "../../reconcile/tree";
import type { ConnectedHost, Observed } from "../resource";

/** Time that a guest is given to do its part (let go of a device, follow the balloon), in seconds. */
const helpSeconds = 20;
const pollMilliseconds = 200;

/** libvirt waits up to ten seconds for the answer to an unplug, and QEMU's monitor may be slow beside it. */
const commandTimeoutSeconds = 60;

/** `definition`: the persistent XML, changed already. Tries all, and throws one error for what the guest did not take. */
export async function changeLive(
  host: ConnectedHost,
  { id: uuid, live }: Observed,
  differences: readonly Difference[],
  definition: Element,
): Promise<void> {
  if (live === undefined || differences.length === 0) return;
  const failures: string[] = [];
  for (const step of liveSteps(uuid, differences, live, definition, host.facts)) {
    const failure = await carryOut(host, uuid, step);
    if (failure !== undefined) failures.push(`${step.paths.join(", ")}: ${failure}`);
  }
  if (failures.length === 0) return;
  throw new LibvirtError(
    "Refused",
    `Unable to change running guest "${textOf(firstElement(live, "name"))}" on ${host.virsh.uri}: ${failures.join("; ")}. Its definition has the change, the running guest has not.`,
    'Run this again once the guest can do its part; otherwise its next start brings the change (pending lists it, restart: "ifNeeded" allows one).',
  );
}

/** What went wrong, or undefined where the running guest has the change. */
async function carryOut(host: ConnectedHost, uuid: string, step: LiveStep): Promise<string | undefined> {
  try {
    for (const { name, arguments: words } of step.commands) {
      await host.virsh.run(name, words, { lane: "work", timeoutSeconds: commandTimeoutSeconds });
    }
  } catch (error) {
    if (!(error instanceof LibvirtError) || error.kind === "Unreachable") throw error;
    // An error may come late: what counts is what the guest has.
    if (step.done?.(await liveXml(host, uuid)) === true) return undefined;
    return error.message.split("\nHint: ")[0]?.replace(/^.*? refused "[^"]*": /, "");
  }
  const { done } = step;
  if (done === undefined) return undefined;
  for (const end = Date.now() + helpSeconds * 1000; Date.now() < end; await delay(pollMilliseconds)) {
    if (done(await liveXml(host, uuid))) return undefined;
  }
  return step.method === "detach-device"
    ? `the guest did not let go of it within ${helpSeconds} s`
    : `the guest did not follow within ${helpSeconds} s`;
}

async function liveXml({ virsh }: ConnectedHost, uuid: string): Promise<Element> {
  return parseXml(await virsh.run("dumpxml", [uuid]));
}
