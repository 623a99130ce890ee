/** Starting and stopping guests: gracefully first, by force only where that was allowed, and never believed unseen. */

import { setTimeout as delay } from "node:timers/promises";
import { LibvirtError } from "../../libvirt/errors";
import { type GuestListing, inventory } from "../../libvirt/inventory";
import type { Virsh } from "../../libvirt/virsh";

/** Time a guest is given to shut down before it is forced off or an error says that it did not, in seconds. */
export const defaultShutdownTimeoutSeconds = 120;

/** How often the host is asked whether the guest is off, in milliseconds. All waiting guests share one listing. */
const pollMilliseconds = 250;

export interface ShutdownOptions {
  readonly timeoutSeconds: number;
  /** What happens when the time is over: pull the plug, or give up with an error and leave the guest running. */
  readonly force: boolean;
}

/** Starts the guest. Paused and suspended guests count as started and are left as they are. */
export async function start(virsh: Virsh, uuid: string): Promise<void> {
  try {
    await virsh.run("start", [uuid], { lane: "work", timeoutSeconds: 120 });
  } catch (error) {
    // Somebody else, an orphan or a twin of ours among them, may have started it since we looked.
    if (error instanceof LibvirtError && error.kind === "Unreachable") throw error;
    if (!(await isActive(virsh, uuid))) throw error;
  }
}

/**
 * Asks the guest to shut down (ACPI) and waits until the host says it is off. libvirt answers `shutdown` at once and
 * refuses it for a paused guest; such a guest cannot hear us and goes straight to the end of the time.
 */
export async function shutDown(virsh: Virsh, uuid: string, name: string, options: ShutdownOptions): Promise<void> {
  const listed = await find(virsh, uuid);
  if (listed?.active !== true) return;
  const asked = listed.state === "in shutdown" || (await askedTo(virsh, uuid));
  if (asked && (await isOffWithin(virsh, uuid, options.timeoutSeconds))) return;
  if (!(await isActive(virsh, uuid))) return;
  if (!options.force) {
    throw new LibvirtError(
      "Refused",
      `Guest "${name}" on ${virsh.uri} did not shut down within ${options.timeoutSeconds} s; it is still running and unchanged.`,
      "Look whether its operating system handles the ACPI power button, raise shutdownTimeoutSeconds, or allow forceOff: true.",
    );
  }
  await forceOff(virsh, uuid);
}

/** Whether the guest was told; libvirt refuses it for one that cannot hear. */
async function askedTo(virsh: Virsh, uuid: string): Promise<boolean> {
  try {
    await virsh.run("shutdown", [uuid], { lane: "work" });
    return true;
  } catch (error) {
    if (error instanceof LibvirtError && error.kind === "Unreachable") throw error;
    return false;
  }
}

async function forceOff(virsh: Virsh, uuid: string): Promise<void> {
  try {
    await virsh.run("destroy", [uuid], { lane: "work", timeoutSeconds: 60 });
  } catch (error) {
    // It may have gone off by itself between the look and the command: only a guest that still runs is a failure.
    if (await isActive(virsh, uuid)) throw error;
  }
}

async function isOffWithin(virsh: Virsh, uuid: string, seconds: number): Promise<boolean> {
  const end = Date.now() + seconds * 1000;
  while (Date.now() < end) {
    if (!(await isActive(virsh, uuid))) return true;
    await delay(pollMilliseconds);
  }
  return false;
}

async function isActive(virsh: Virsh, uuid: string): Promise<boolean> {
  return (await find(virsh, uuid))?.active ?? false;
}

async function find(virsh: Virsh, uuid: string): Promise<GuestListing | undefined> {
  return (await inventory(virsh).guests({ fresh: true })).find((guest) => guest.uuid === uuid);
}
