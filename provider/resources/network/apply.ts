/**
 * Changing a network under its guests. The new definition comes first: where it is refused, nothing was touched. It is
 * marked as unfinished until what runs has followed, so that a change that was cut short is taken up again.
 */

import { network as schema, type NetworkInputs } from "../../../schema/network";
import { LibvirtError } from "../../libvirt/errors";
import { type Mark, readMark } from "../../libvirt/mark";
import { serializeXml } from "../../libvirt/xml";
import type { Plan } from "../../reconcile/plan";
import type { Element } from "../../reconcile/tree";
import { appliedText } from "../applied";
import { ownerOf } from "../recorded-identity";
import type { ConnectedHost, Operation } from "../resource";
import type { ConnectedNic } from "./nics";
import { define, markFinished, redefine, start, stop } from "./define";
import { stopsIt } from "./impact";
import { lagOf } from "./lag";
import { differingPaths, runningGoal, updates } from "./live-update";
import { bridgeOf, type ObservedNetwork, runningXml } from "./observe";
import { reattach } from "./reattach";

export async function apply(
  host: ConnectedHost,
  inputs: NetworkInputs,
  observed: ObservedNetwork,
  plan: Plan,
  operation: Operation,
): Promise<void> {
  const { virsh } = host;
  const { id: uuid, running, document } = observed;
  const changes = plan.document !== document;
  const mark = { adopted: observed.adopted, creation: operation.creation ?? observed.creation };
  const unmarked =
    changes || observed.ownership !== "ours" || !isMarked(document, inputs) || observed.creation !== mark.creation;
  if (unmarked) await define(host, inputs, plan.document, { ...mark, state: "unfinished" });
  if (plan.settings.autostart !== undefined) {
    await virsh.run("net-autostart", plan.settings.autostart === true ? [uuid] : ["--disable", uuid], { lane: "work" });
  }
  if (running === undefined) {
    if (plan.settings.running === true) await startUnder(host, inputs, observed);
  } else if (plan.settings.running === false) {
    await stop(host, uuid);
  } else if (
    lagOf(inputs, observed)?.needsStart === true ||
    plan.changes.some((change) => stopsIt(change, inputs, observed))
  ) {
    await stop(host, uuid);
    await startUnder(host, inputs, observed, () => putBack(host, inputs, observed, mark));
  } else {
    await updateRunning(host, inputs, observed, running, plan.document);
    await connect(
      host,
      inputs,
      running,
      observed.nics.filter(({ cutOff }) => cutOff),
    );
  }
  if (unmarked) await markFinished(host, uuid, inputs, mark);
}

function isMarked(document: Element, inputs: NetworkInputs): boolean {
  const mark = readMark(document);
  return mark?.owner === ownerOf(inputs.host) && mark?.applied === appliedText(schema, inputs);
}

/** Starts it with its guests; `otherwise` answers what was done where it does not start. */
export async function startUnder(
  host: ConnectedHost,
  inputs: NetworkInputs,
  observed: ObservedNetwork,
  otherwise?: () => Promise<string>,
): Promise<void> {
  try {
    await start(host, observed.id, inputs);
  } catch (error) {
    if (otherwise === undefined || !(error instanceof LibvirtError) || error.kind === "Unreachable") throw error;
    throw new LibvirtError(
      error.kind,
      `${error.message.split("\nHint: ")[0]}; ${await otherwise()}.`,
      "Look whether its addresses or its bridge are taken on the host, then run this again.",
    );
  }
  // Of NICs on the bridge itself nobody can tell whether they have lost it, so all are connected.
  await connect(host, inputs, await runningXml(host.virsh, nameOf(inputs, observed)), observed.nics);
}

/** A network that does not start with its new definition gets the old one back, and its guests their link. */
async function putBack(
  host: ConnectedHost,
  inputs: NetworkInputs,
  observed: ObservedNetwork,
  mark: Omit<Mark, "owner" | "state">,
): Promise<string> {
  await redefine(host, inputs, observed.document, { ...mark, state: "finished" });
  await startUnder(host, inputs, observed);
  return "it runs again as it did before";
}

async function connect(
  host: ConnectedHost,
  inputs: NetworkInputs,
  running: Element,
  nics: readonly ConnectedNic[],
): Promise<void> {
  const linked = nics.filter(({ by }) => by !== "function");
  await reattach(host, linked, { name: inputs.name ?? "", bridge: bridgeOf(running) ?? "" });
}

function nameOf(inputs: NetworkInputs, { id }: ObservedNetwork): { uuid: string; name: string } {
  return { uuid: id, name: inputs.name ?? id };
}

/** Tells the running network entry by entry what its definition has already. */
async function updateRunning(
  host: ConnectedHost,
  inputs: NetworkInputs,
  observed: ObservedNetwork,
  running: Element,
  defined: Element,
): Promise<void> {
  const goal = observed.ownership === "unfinished" ? defined : runningGoal(inputs, running, observed.document, defined);
  const steps = updates(running, goal);
  for (const { command, section, parentIndex, entry } of steps) {
    const place = parentIndex === undefined ? [] : ["--parent-index", parentIndex];
    await host.virsh.run(
      "net-update",
      ["--live", ...place, observed.id, command, section, { xml: serializeXml(entry) }],
      { lane: "work" },
    );
  }
  if (steps.length === 0) return;
  const left = differingPaths(inputs, await runningXml(host.virsh, nameOf(inputs, observed)));
  if (left.length > 0) {
    throw new LibvirtError(
      "Refused",
      `${inputs.host.uri} accepted the changes of network "${inputs.name}", but what runs does not show them: ${left.join(", ")}.`,
      "They are defined, and come with the network's next start.",
    );
  }
}
