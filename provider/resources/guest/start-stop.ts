/**
 * Starting and stopping guests. One rule for a stop, a restart and a deletion: the guest is asked, again and again until
 * its time is over, and only `forceOff: true` pulls the plug. Nothing is believed unseen.
 */

import type { GuestInputs } from "../../../schema/guest";
import { LibvirtError, reasonOf } from "../../libvirt/errors";
import { inventory } from "../../libvirt/inventory";
import { type GuestState, stateFromVirsh, stateOfActive, type StateRules, stateRules } from "../../libvirt/states";
import type { Virsh } from "../../libvirt/virsh";
import type { ConnectedHost, Operation } from "../resource";
import { telling } from "../telling";

/** Time that a guest is given to shut down, in seconds. */
const defaultShutdownTimeoutSeconds = 120;

/** A guest that is still booting does not hear the power button, so it is pressed again. */
const pressAgainMilliseconds = 5_000;

export interface ShutdownOptions {
  readonly timeoutSeconds: number;
  /** What happens when the time is over: pull the plug, or give up with an error and leave the guest running. */
  readonly force: boolean;
}

export function shutdownOptions({ shutdownTimeoutSeconds, forceOff }: GuestInputs): ShutdownOptions {
  return { timeoutSeconds: shutdownTimeoutSeconds ?? defaultShutdownTimeoutSeconds, force: forceOff ?? false };
}

/** Starts the guest. Paused and suspended guests count as started and are left as they are. */
export async function start(host: ConnectedHost, uuid: string): Promise<void> {
  const { virsh } = host;
  try {
    await virsh.run("start", [uuid], { lane: "work", timeoutSeconds: 120 });
  } catch (error) {
    // Somebody else may have started it since we looked: a process of an earlier `up`, or another `up` at the same time.
    if (error instanceof LibvirtError && error.kind === "Unreachable") throw error;
    if (!(await isActive(host, uuid))) throw error;
  } finally {
    inventory(virsh).forget();
  }
}

/** Resolves when the host says that the guest is off, or that it is gone, as a transient guest is. */
export async function shutDown(
  host: ConnectedHost,
  { uuid, name }: { readonly uuid: string; readonly name: string },
  { timeoutSeconds, force }: ShutdownOptions,
  operation: Operation,
): Promise<void> {
  const { virsh } = host;
  const begun = Date.now();
  let pressed = -Infinity;
  const tell = telling(
    operation,
    (seconds) =>
      `waits for guest "${name}" to shut down (${seconds} s of at most ${timeoutSeconds} s; the power button is pressed again every ${pressAgainMilliseconds / 1000} s)`,
  );
  let refusal: string | undefined;
  const watch = virsh.watch();
  try {
    for (;;) {
      const state = await stateOf(host, uuid);
      if (state === undefined || !stateRules[state].active) return;
      const rules = stateRules[state];
      if (!rules.answers || Date.now() - begun >= timeoutSeconds * 1000) {
        if (force) return await forceOff(host, uuid);
        throw rules.answers
          ? tooLate(virsh, { name, state }, timeoutSeconds, refusal)
          : hearsNothing(virsh, name, rules);
      }
      if (state !== "in shutdown" && Date.now() - pressed >= pressAgainMilliseconds) {
        refusal = await press(virsh, uuid);
        pressed = Date.now();
      }
      tell();
      await watch.next(name);
    }
  } finally {
    watch.end();
    inventory(virsh).forget();
  }
}

function tooLate(
  virsh: Virsh,
  { name, state }: { readonly name: string; readonly state: GuestState },
  seconds: number,
  refusal: string | undefined,
): LibvirtError {
  const why = refusal === undefined ? "" : ` (its host says: ${refusal})`;
  return new LibvirtError(
    "Refused",
    `Guest "${name}" on ${virsh.uri} did not shut down within ${seconds} s${why}; it is still ${state} and unchanged.`,
    "Look whether its operating system handles the ACPI power button, or raise shutdownTimeoutSeconds. forceOff: true pulls the plug after that time; for a deletion, bring it in with an up first.",
  );
}

function hearsNothing(virsh: Virsh, name: string, { note = "", wake }: StateRules): LibvirtError {
  const back = wake === undefined ? "" : `Bring it back to running (${wake}), then run this again. `;
  return new LibvirtError(
    "Refused",
    `Guest "${name}" on ${virsh.uri} hears no power button (${note}); it was left as it is, unchanged.`,
    `${back}forceOff: true switches it off as it is; for a deletion, bring it in with an up first.`,
  );
}

/** Asks the guest to shut down (ACPI or its agent), which libvirt answers at once; why it would not pass that on. */
async function press(virsh: Virsh, uuid: string): Promise<string | undefined> {
  try {
    await virsh.run("shutdown", [uuid], { lane: "work" });
    return undefined;
  } catch (error) {
    if (!(error instanceof LibvirtError) || error.kind === "Unreachable") throw error;
    return reasonOf(error);
  }
}

async function forceOff(host: ConnectedHost, uuid: string): Promise<void> {
  try {
    await host.virsh.run("destroy", [uuid], { lane: "work", timeoutSeconds: 60 });
  } catch (error) {
    // It may have gone off by itself between the look and the command: only a guest that still runs is a failure.
    if (await isActive(host, uuid)) throw error;
  }
}

/**
 * The guest's own state; undefined where it is gone, as a transient guest is. No listing: one takes the lock of every guest
 * in turn, so it stands still behind each guest that is being destroyed.
 */
export async function stateOf(host: ConnectedHost, uuid: string): Promise<GuestState | undefined> {
  const { virsh } = host;
  try {
    return await stateTold(host, uuid, await virsh.run("domstate", [uuid, "--reason"]));
  } catch (error) {
    if (error instanceof LibvirtError && error.kind === "Unreachable") throw error;
    if (await isListed(virsh, uuid)) throw error;
    return undefined;
  }
}

/** `said`: what `domstate --reason` answered. */
export async function stateTold({ virsh, profile }: ConnectedHost, uuid: string, said: string): Promise<GuestState> {
  const state = stateFromVirsh(said);
  if (state !== "shut off" || !profile.isOffBeforeItEnds || (await hasEnded(virsh, uuid))) return state;
  return stateOfActive(said);
}

/** What runs has a number. */
async function hasEnded(virsh: Virsh, uuid: string): Promise<boolean> {
  try {
    return (await virsh.run("domid", [uuid])).trim() === "-";
  } catch (error) {
    if (error instanceof LibvirtError && error.kind === "Unreachable") throw error;
    return !(await isListed(virsh, uuid));
  }
}

async function isActive(host: ConnectedHost, uuid: string): Promise<boolean> {
  const state = await stateOf(host, uuid);
  return state !== undefined && stateRules[state].active;
}

export async function isListed(virsh: Virsh, uuid: string): Promise<boolean> {
  return (await inventory(virsh).guests({ fresh: true })).some((guest) => guest.uuid === uuid);
}
