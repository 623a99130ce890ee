/**
 * Connects the NICs of running guests to a network that was started under them. The guests see no NIC come or go, unless
 * the hypervisor moves none: there it is plugged out and in again.
 */

import { LibvirtError } from "../../libvirt/errors";
import { inventory } from "../../libvirt/inventory";
import type { Virsh } from "../../libvirt/virsh";
import { canBePlugged } from "../../libvirt/live-split";
import { parseXml, serializeXml } from "../../libvirt/xml";
import { type Element, firstElement, isElement } from "../../reconcile/tree";
import { liveRules } from "../guest/devices";
import type { ConnectedHost } from "../resource";
import type { ConnectedNic } from "./nics";

/** The running network: its name and its bridge now. */
export interface Socket {
  readonly name: string;
  readonly bridge: string;
}

interface Failed {
  readonly nic: ConnectedNic;
  readonly reason: string;
}

export async function reattach(
  { virsh, profile }: ConnectedHost,
  nics: readonly ConnectedNic[],
  socket: Socket,
): Promise<void> {
  const outcomes = await Promise.all(
    nics.map((nic) => (profile.movesNics ? reattachOne(virsh, nic, socket) : replugOne({ virsh, profile }, nic))),
  );
  const failed = outcomes.flatMap((outcome) => (outcome === undefined ? [] : [outcome]));
  if (failed.length === 0) return;
  const active = new Set(
    (await inventory(virsh).guests({ fresh: true })).flatMap(({ uuid, active }) => (active ? uuid : [])),
  );
  const [first] = failed.filter(({ nic }) => active.has(nic.guest.uuid));
  if (first === undefined) return;
  throw new LibvirtError(
    "Refused",
    `Network "${socket.name}" on ${virsh.uri} runs, but guest "${first.nic.guest.name}" could not be connected to it again: ${first.reason}`,
    "Run this again, or restart that guest.",
  );
}

/**
 * `update-device` does nothing while it sees no difference, and a lost bridge is none to it: only a NIC that changes its
 * kind of connection is put on its bridge anew. So it is made the other kind, and at once what it was again.
 */
async function reattachOne(virsh: Virsh, nic: ConnectedNic, { name, bridge }: Socket): Promise<Failed | undefined> {
  const byNetwork = connectedTo(nic.element, "network", { network: name });
  const byBridge = connectedTo(nic.element, "bridge", { bridge });
  const steps = nic.by === "network" ? [byBridge, byNetwork] : [byNetwork, byBridge];
  return carriedOut(
    virsh,
    nic,
    steps.map((step) => ["update-device", step]),
  );
}

/** Out and in again, where the guest takes such a NIC while it runs: an emulated one would be lost to it. */
async function replugOne(
  { virsh, profile }: Pick<ConnectedHost, "virsh" | "profile">,
  nic: ConnectedNic,
): Promise<Failed | undefined> {
  const document = parseXml(await virsh.run("dumpxml", [nic.guest.uuid]), `the XML of guest "${nic.guest.name}"`);
  if (!canBePlugged(nic.element, liveRules(profile, document)))
    return { nic, reason: `${profile.inWords} moves no NIC of a running guest.` };
  const { element } = nic;
  const children = element.children.filter((child) => !isElement(child) || child.name !== "target");
  return carriedOut(virsh, nic, [
    ["detach-device", element],
    ["attach-device", { ...element, children }],
  ]);
}

async function carriedOut(
  virsh: Virsh,
  nic: ConnectedNic,
  steps: readonly (readonly [command: string, nic: Element])[],
): Promise<Failed | undefined> {
  const answers = await virsh.runAll(
    steps.map(([name, step]) => ({ name, arguments: ["--live", nic.guest.uuid, { xml: serializeXml(step) }] })),
    { lane: "work" },
  );
  for (const answer of answers) {
    if (answer.status === "fulfilled") continue;
    const reason: unknown = answer.reason;
    if (reason instanceof LibvirtError && reason.kind !== "Unreachable") return { nic, reason: reason.message };
    throw reason instanceof Error ? reason : new Error(String(reason));
  }
  return undefined;
}

/** The same NIC with another source. A port group stays, a port's id is given anew. */
function connectedTo(nic: Element, type: "network" | "bridge", to: Readonly<Record<string, string>>): Element {
  const portgroup = firstElement(nic, "source")?.attributes.portgroup;
  const attributes = type === "network" && portgroup !== undefined ? { ...to, portgroup } : to;
  const source: Element = { name: "source", attributes, children: [] };
  return {
    ...nic,
    attributes: { ...nic.attributes, type },
    children: nic.children.map((child) => (isElement(child) && child.name === "source" ? source : child)),
  };
}
