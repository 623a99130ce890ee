/** Defining, starting and marking a network: the steps that creation and changes share. */

import { network as schema, type NetworkInputs } from "../../../schema/network";
import { LibvirtError } from "../../libvirt/errors";
import { inventory } from "../../libvirt/inventory";
import { type Mark, withMark, withoutMark } from "../../libvirt/mark";
import type { Virsh } from "../../libvirt/virsh";
import { serializeXml } from "../../libvirt/xml";
import type { Element } from "../../reconcile/tree";
import { appliedText } from "../applied";
import { ownerOf } from "../recorded-identity";
import type { ConnectedHost } from "../resource";
import { definition } from "./observe";

/**
 * Defines it as ours: `unfinished` until everything that belongs to the change was done.
 */
export async function define(
  { virsh }: ConnectedHost,
  inputs: NetworkInputs,
  document: Element,
  mark: Omit<Mark, "owner">,
): Promise<void> {
  await redefine({ virsh }, inputs, document, { ...mark, applied: appliedText(schema, inputs) });
}

/** What was there before a change that failed, with the inputs by which it was defined then. */
export async function redefine(
  { virsh }: Pick<ConnectedHost, "virsh">,
  inputs: NetworkInputs,
  document: Element,
  mark: Omit<Mark, "owner">,
): Promise<void> {
  await write(virsh, withMark(document, { ...mark, owner: ownerOf(inputs.host) ?? "" }));
}

/** Takes the mark away; the network stays as it is. */
export async function release({ virsh }: ConnectedHost, document: Element): Promise<void> {
  await write(virsh, withoutMark(document));
}

async function write(virsh: Virsh, document: Element): Promise<void> {
  await virsh.run("net-define", ["--validate", { xml: serializeXml(document) }], { lane: "work" });
  inventory(virsh).forget();
}

export async function markFinished(
  host: ConnectedHost,
  uuid: string,
  inputs: NetworkInputs,
  mark: Omit<Mark, "owner" | "state">,
): Promise<void> {
  const held = await definition(host.virsh, { uuid, name: inputs.name ?? uuid });
  await define(host, inputs, held, { ...mark, state: "finished" });
}

export async function start({ virsh }: ConnectedHost, uuid: string, inputs: NetworkInputs): Promise<void> {
  try {
    await virsh.run("net-start", [uuid], { lane: "work", timeoutSeconds: 60 });
  } catch (error) {
    if (!(error instanceof LibvirtError) || error.kind === "Unreachable") throw error;
    // Somebody else may have started it since we looked: a process of an earlier `up`, or another `up` at the same time.
    const networks = await inventory(virsh).networks({ fresh: true });
    if (networks.some((each) => each.uuid === uuid && each.active)) return;
    throw new LibvirtError(
      error.kind,
      `Unable to start network "${inputs.name}" on ${inputs.host.uri}: ${error.message.replace(/^.*?": /, "")}`,
      error.hint ??
        "It is defined. Look whether its addresses or its bridge are taken on the host, then run this again.",
    );
  } finally {
    inventory(virsh).forget();
  }
}

export async function stop({ virsh }: ConnectedHost, uuid: string): Promise<void> {
  await virsh.run("net-destroy", [uuid], { lane: "work" });
  inventory(virsh).forget();
}
