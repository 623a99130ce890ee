/** Carries a plan out on a guest: the persistent definition first, then what a running guest can take, then power. */

import { LibvirtError } from "../../libvirt/errors";
import { serializeXml } from "../../libvirt/xml";
import type { Plan } from "../../reconcile/plan";
import { firstElement, textOf } from "../../reconcile/tree";
import type { GuestInputs } from "../../../schema/guest";
import type { ConnectedHost, Observed } from "../resource";
import { defaultShutdownTimeoutSeconds, shutDown, start } from "./power";

export async function applyPlan(
  host: ConnectedHost,
  inputs: GuestInputs,
  observed: Observed,
  plan: Plan,
): Promise<void> {
  const { virsh } = host;
  const uuid = observed.id;
  const name = nameOf(observed.document);
  const active = observed.settings.running === true;
  const redefine = plan.document !== observed.document;
  const stop = plan.settings.running === false;
  const cycle = active && !stop && inputs.restart === "ifNeeded" && plan.changes.some((change) => !isLive(change.path));

  const newName = nameOf(plan.document);
  if (newName !== name && active && !stop && !cycle) {
    throw new LibvirtError(
      "Unsupported",
      `Unable to rename guest "${name}" on ${virsh.uri} to "${newName}" while it runs; nothing was changed.`,
      'Stop the guest first (running: false), or allow a restart (restart: "ifNeeded").',
    );
  }
  if (stop || cycle) {
    await shutDown(virsh, uuid, name, {
      timeoutSeconds: inputs.shutdownTimeoutSeconds ?? defaultShutdownTimeoutSeconds,
      force: inputs.forceOff ?? false,
    });
  }
  // A define under another name is refused for a known UUID; a rename moves autostart along and keeps everything else.
  if (newName !== name) await virsh.run("domrename", [uuid, newName], { lane: "work" });
  if (redefine) await virsh.run("define", ["--validate", { xml: serializeXml(plan.document) }], { lane: "work" });
  if (active && !stop && !cycle) await changeLive(host, uuid, plan);
  if (plan.settings.autostart !== undefined) await setAutostart(host, uuid, plan.settings.autostart === true);
  if (plan.settings.running === true || cycle) await start(virsh, uuid);
}

export async function setAutostart(host: ConnectedHost, uuid: string, wanted: boolean): Promise<void> {
  await host.virsh.run("autostart", wanted ? [uuid] : ["--disable", uuid], { lane: "work" });
}
