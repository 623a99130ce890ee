/** A change that failed after the definition: the guest gets back what it had, by what the host says that it has now. */

import type { GuestInputs } from "../../../schema/guest";
import { LibvirtError, reasonOf } from "../../libvirt/errors";
import { inventory } from "../../libvirt/inventory";
import { readMark, withMark } from "../../libvirt/mark";
import { type Element, firstElement, textOf } from "../../reconcile/tree";
import type { ConnectedHost } from "../resource";
import type { ObservedGuest } from "./observed";
import { redefine, rename, setAutostart } from "./define";
import { stateOf } from "./impact";
import { start } from "./start-stop";

interface Failed {
  readonly error: unknown;
  /** It was shut down to be started again. */
  readonly wasRunning: boolean;
  /** Nothing was defined. */
  readonly isDefined: boolean;
  /** Whose it stays, where it was marked as ours before. */
  readonly creation: string | undefined;
}

/** The error to throw: what failed, and what became of the guest. */
export async function putBack(
  host: ConnectedHost,
  inputs: GuestInputs,
  observed: ObservedGuest,
  failed: Failed,
): Promise<unknown> {
  const { error } = failed;
  if (!(error instanceof LibvirtError) || error.kind === "Unreachable") return error;
  const name = textOf(firstElement(observed.document, "name"));
  const reason = reasonOf(error);
  const what = reason.startsWith("Unable to")
    ? reason
    : `Unable to change guest "${name}" on ${inputs.host.uri}: ${reason}`;
  try {
    const became = await restore(host, observed, failed);
    return became === undefined ? error : new LibvirtError(error.kind, `${what}. ${became}`, error.hint ?? hint);
  } catch (second) {
    if (!(second instanceof LibvirtError)) throw second;
    return new LibvirtError(
      error.kind,
      `${what}. Its former state could not be brought back either: ${reasonOf(second)}. ${await whatIsLeft(host, observed.id)}`,
      "Look at the guest on its host (virsh domstate, virsh dumpxml --inactive), then run this again.",
    );
  }
}

const hint = "Mend the program or the host, then run this again.";

/** Says what was put back; undefined where nothing was. */
async function restore(
  host: ConnectedHost,
  observed: ObservedGuest,
  { wasRunning, isDefined, creation }: Failed,
): Promise<string | undefined> {
  const { virsh } = host;
  const uuid = observed.id;
  const now = (await inventory(virsh).guests({ fresh: true })).find((guest) => guest.uuid === uuid);
  if (now === undefined) return undefined;
  const name = nameOf(observed.document);
  if (now.name !== name) await rename(virsh, uuid, name);
  const held = observed.asHeld?.document ?? observed.document;
  const mark = readMark(held);
  const former = mark === undefined ? held : withMark(held, { ...mark, creation });
  if (!isDefined) await redefine(host, former);
  const autostart = observed.settings.autostart === true;
  if (now.autostart !== autostart) await setAutostart(host, uuid, autostart);
  const lost = stateOf(observed) === "saved" && now.state !== "saved" && !now.active;
  if (wasRunning && !now.active) {
    await start(host, uuid);
    return "Its former definition was put back, and it was started again with that.";
  }
  if (lost) return "Its former definition was put back; its managed-save image was dropped already.";
  return isDefined ? undefined : "Its former definition was put back.";
}

async function whatIsLeft({ virsh }: ConnectedHost, uuid: string): Promise<string> {
  const guests = await inventory(virsh)
    .guests({ fresh: true })
    .catch(() => undefined);
  const state = guests?.find((guest) => guest.uuid === uuid)?.state;
  return state === undefined ? "What it is like now could not be seen." : `The guest is ${state}.`;
}

function nameOf(document: Element): string {
  return textOf(firstElement(document, "name"));
}
