/**
 * The running guests' cards on a network. libvirt stops a network under them without a word, and starts it again without
 * them: their taps stay without a bridge until somebody connects them anew (decisions/networks-in-use.md).
 */

import { LibvirtError } from "../../libvirt/errors";
import { type GuestListing, inventory, type ListingOptions } from "../../libvirt/inventory";
import type { Virsh } from "../../libvirt/virsh";
import { parseXml } from "../../libvirt/xml";
import { descend, type Element, elementsOf, firstElement } from "../../reconcile/tree";

export interface Card {
  readonly guest: Pick<GuestListing, "uuid" | "name">;
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
    ...byName.map((card): Card => ({
      ...card,
      by: "network",
      cutOff: !ports.has(sourceOf(card.element).portid ?? ""),
    })),
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

export function macOf(card: Element): string | undefined {
  return firstElement(card, "mac")?.attributes.address;
}

type FoundCard = Pick<Card, "guest" | "element">;

/** One look at all guests serves every network that is observed with the same listing. */
const looks = new WeakMap<readonly GuestListing[], Promise<readonly FoundCard[]>>();

async function cardsOfGuests(virsh: Virsh, options: ListingOptions | undefined): Promise<readonly FoundCard[]> {
  const guests = await inventory(virsh).guests(options);
  const known = looks.get(guests);
  if (known !== undefined) return known;
  const look = lookAt(
    virsh,
    guests.filter(({ active }) => active),
  );
  looks.set(guests, look);
  return look;
}

async function lookAt(virsh: Virsh, guests: readonly GuestListing[]): Promise<readonly FoundCard[]> {
  const answers = await virsh.runAll(guests.map(({ uuid }) => ({ name: "dumpxml", arguments: [uuid] })));
  return guests.flatMap((guest, index) => interfacesOf(textOf(answers[index])).map((element) => ({ guest, element })));
}

async function isDefinedOn(virsh: Virsh, { guest, element }: FoundCard, network: string): Promise<boolean> {
  const [answer] = await virsh.runAll([{ name: "dumpxml", arguments: ["--inactive", guest.uuid] }]);
  return interfacesOf(textOf(answer)).some(
    (defined) => macOf(defined) === macOf(element) && sourceOf(defined).network === network,
  );
}

async function portsOf(virsh: Virsh, network: string): Promise<ReadonlySet<string>> {
  const listing = await virsh.run("net-port-list", ["--uuid", network]);
  return new Set(listing.split("\n").map((line) => line.trim()));
}

function interfacesOf(xml: string | undefined): Element[] {
  const devices = xml === undefined ? undefined : descend(parseXml(xml, "the XML of a guest"), "devices");
  return devices === undefined ? [] : elementsOf(devices, "interface");
}

function sourceOf(card: Element): Readonly<Record<string, string>> {
  return firstElement(card, "source")?.attributes ?? {};
}

/** A guest that was gone between the two questions has no cards; a lost connection must not look like that. */
function textOf(answer: PromiseSettledResult<string> | undefined): string | undefined {
  if (answer?.status !== "rejected") return answer?.value;
  if (answer.reason instanceof LibvirtError && answer.reason.kind !== "Unreachable") return undefined;
  throw answer.reason;
}
