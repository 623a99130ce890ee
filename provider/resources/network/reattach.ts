/**
 * Connects the cards of running guests to a network that was started under them. The guests see no card come or go, unless
 * the hypervisor moves none: there it is plugged out and in again.
 */

import { LibvirtError } from "../../libvirt/errors";
import { inventory } from "../../libvirt/inventory";
import type { Virsh } from "../../libvirt/virsh";
import { canBePlugged } from "../../libvirt/live";
import { parseXml, serializeXml } from "../../libvirt/xml";
import { type Element, firstElement, isElement } from "../../reconcile/tree";
import { liveRules } from "../guest/devices";
import type { ConnectedHost } from "../resource";
import type { Card } from "./cards";

/** The running network: its name and its bridge now. */
export interface Socket {
  readonly name: string;
  readonly bridge: string;
}

interface Failed {
  readonly card: Card;
  readonly reason: string;
}

export async function reattach(
  { virsh, profile }: ConnectedHost,
  cards: readonly Card[],
  socket: Socket,
): Promise<void> {
  const outcomes = await Promise.all(
    cards.map((card) => (profile.movesNics ? reattachOne(virsh, card, socket) : replugOne({ virsh, profile }, card))),
  );
  const failed = outcomes.flatMap((outcome) => (outcome === undefined ? [] : [outcome]));
  if (failed.length === 0) return;
  const active = new Set(
    (await inventory(virsh).guests({ fresh: true })).flatMap(({ uuid, active }) => (active ? uuid : [])),
  );
  const [first] = failed.filter(({ card }) => active.has(card.guest.uuid));
  if (first === undefined) return;
  throw new LibvirtError(
    "Refused",
    `Network "${socket.name}" on ${virsh.uri} runs, but guest "${first.card.guest.name}" could not be connected to it again: ${first.reason}`,
    "Run this again, or restart that guest.",
  );
}

/**
 * `update-device` does nothing while it sees no difference, and a lost bridge is none to it: only a card that changes its
 * kind of connection is put on its bridge anew. So it is made the other kind, and at once what it was again.
 */
async function reattachOne(virsh: Virsh, card: Card, { name, bridge }: Socket): Promise<Failed | undefined> {
  const byNetwork = connectedTo(card.element, "network", { network: name });
  const byBridge = connectedTo(card.element, "bridge", { bridge });
  const steps = card.by === "network" ? [byBridge, byNetwork] : [byNetwork, byBridge];
  return carriedOut(
    virsh,
    card,
    steps.map((step) => ["update-device", step]),
  );
}

/** Out and in again, where the guest takes such a card while it runs: an emulated one would be lost to it. */
async function replugOne(
  { virsh, profile }: Pick<ConnectedHost, "virsh" | "profile">,
  card: Card,
): Promise<Failed | undefined> {
  const document = parseXml(await virsh.run("dumpxml", [card.guest.uuid]), `the XML of guest "${card.guest.name}"`);
  if (!canBePlugged(card.element, liveRules(profile, document)))
    return { card, reason: `${profile.inWords} moves no NIC of a running guest.` };
  const { element } = card;
  const children = element.children.filter((child) => !isElement(child) || child.name !== "target");
  return carriedOut(virsh, card, [
    ["detach-device", element],
    ["attach-device", { ...element, children }],
  ]);
}

async function carriedOut(
  virsh: Virsh,
  card: Card,
  steps: readonly (readonly [command: string, card: Element])[],
): Promise<Failed | undefined> {
  const answers = await virsh.runAll(
    steps.map(([name, step]) => ({ name, arguments: ["--live", card.guest.uuid, { xml: serializeXml(step) }] })),
    { lane: "work" },
  );
  for (const answer of answers) {
    if (answer.status === "fulfilled") continue;
    const reason: unknown = answer.reason;
    if (reason instanceof LibvirtError && reason.kind !== "Unreachable") return { card, reason: reason.message };
    throw reason instanceof Error ? reason : new Error(String(reason));
  }
  return undefined;
}

/** The same card with another source. A port group stays, a port's id is given anew. */
function connectedTo(card: Element, type: "network" | "bridge", to: Readonly<Record<string, string>>): Element {
  const portgroup = firstElement(card, "source")?.attributes.portgroup;
  const attributes = type === "network" && portgroup !== undefined ? { ...to, portgroup } : to;
  const source: Element = { name: "source", attributes, children: [] };
  return {
    ...card,
    attributes: { ...card.attributes, type },
    children: card.children.map((child) => (isElement(child) && child.name === "source" ? source : child)),
  };
}
