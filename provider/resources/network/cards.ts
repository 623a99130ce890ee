/**
 * The running guests' cards on a network. libvirt stops a network under them without a word, and starts it again without
 * them: their taps stay without a bridge until somebody connects them anew (decisions/networks-in-use.md).
 */

import type { ListingOptions } from "../../libvirt/inventory";
import { askGuests, type RunningGuest, runningGuests } from "../../libvirt/running-guests";
import type { Virsh } from "../../libvirt/virsh";
import { descend, type Element, elementsOf, firstElement } from "../../reconcile/tree";

export interface Card {
  readonly guest: Pick<RunningGuest, "uuid" | "name">;
  /** The interface as the running guest has it. */
  readonly element: Element;
  /** The way it belongs to the network: by the network's name, or by its bridge, which libvirt takes away with it. */
  readonly by: "network" | "bridge";
  /** Known to have no link: the network has no port for it. Of cards on the bridge libvirt cannot say. */
  readonly cutOff: boolean;
}

/** What cards are told apart by; `bridge` is undefined where the host's own bridge outlives the network. */
export interface Place {
  readonly uuid: string;
  readonly name: string;
  readonly active: boolean;
  readonly bridge: string | undefined;
}

/** Every card of a running guest on this network, connected or not. */
export async function cardsOn(virsh: Virsh, network: Place, options?: ListingOptions): Promise<readonly Card[]> {
  const all = await cardsOfGuests(virsh, options);
  const byName = all.filter(({ element }) => sourceOf(element).network === network.name);
  const onBridge = all.filter(
    ({ element }) =>
      element.attributes.type === "bridge" &&
      sourceOf(element).network === undefined &&
      network.bridge !== undefined &&
      sourceOf(element).bridge === network.bridge,
  );
  const ports = byName.length === 0 || !network.active ? new Set<string>() : await portsOf(virsh, network.uuid);
  return [
    ...(await Promise.all(
      byName.map(async (card): Promise<Card> => {
        const { portid } = sourceOf(card.element);
        const missing = portid !== undefined && !ports.has(portid);
        // A guest that was started or stopped between the two questions has another port by now, or none.
        return { ...card, by: "network", cutOff: missing && (await stillHasPort(virsh, card, portid)) };
      }),
    )),
    ...(await Promise.all(
      onBridge.map(async (card): Promise<Card> => {
        // Connecting a card anew leads over the bridge: one that was left half-way is the network's by its definition.
        const interrupted = await isDefinedOn(virsh, card, network.name);
        return { ...card, by: interrupted ? "network" : "bridge", cutOff: interrupted };
      }),
    )),
  ];
}

/** The guests' names, each once. */
export function namesOf(cards: readonly Card[]): string[] {
  return [...new Set(cards.map(({ guest }) => guest.name))].sort();
}

type FoundCard = Pick<Card, "guest" | "element">;

async function cardsOfGuests(virsh: Virsh, options: ListingOptions | undefined): Promise<readonly FoundCard[]> {
  const guests = await runningGuests(virsh, options);
  return guests.flatMap((guest) => elementsOf(guest.devices, "interface").map((element) => ({ guest, element })));
}

async function isDefinedOn(virsh: Virsh, card: FoundCard, network: string): Promise<boolean> {
  const defined = await sameCard(virsh, card, ["--inactive", card.guest.uuid]);
  return defined !== undefined && sourceOf(defined).network === network;
}

async function stillHasPort(virsh: Virsh, card: FoundCard, portid: string): Promise<boolean> {
  const now = await sameCard(virsh, card, [card.guest.uuid]);
  return now !== undefined && sourceOf(now).portid === portid;
}

/** The same card in another XML of the guest. */
async function sameCard(virsh: Virsh, { guest, element }: FoundCard, dumpxml: string[]): Promise<Element | undefined> {
  const live = !dumpxml.includes("--inactive");
  const [document] = await askGuests(virsh, [
    { guest, name: "dumpxml", arguments: dumpxml, while: ({ active }) => active || !live },
  ]);
  const devices = descend(document, "devices");
  const cards = devices === undefined ? [] : elementsOf(devices, "interface");
  return cards.find((card) => macOf(card) === macOf(element));
}

async function portsOf(virsh: Virsh, network: string): Promise<ReadonlySet<string>> {
  const listing = await virsh.run("net-port-list", ["--uuid", network]);
  return new Set(listing.split("\n").map((line) => line.trim()));
}

function macOf(card: Element): string | undefined {
  return firstElement(card, "mac")?.attributes.address;
}

function sourceOf(card: Element): Readonly<Record<string, string>> {
  return firstElement(card, "source")?.attributes ?? {};
}
