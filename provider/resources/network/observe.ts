/** What there is of a network: its definition, what runs of it, and the guests on it. */

import type { NetworkInputs } from "../../../schema/network";
import { inventory, type ObjectListing } from "../../libvirt/inventory";
import { markNamespace, readMark } from "../../libvirt/mark";
import type { Virsh } from "../../libvirt/virsh";
import { parseXml } from "../../libvirt/xml";
import { type Element, firstElement } from "../../reconcile/tree";
import { ownershipOf, wasAdopted } from "../ownership";
import type { ConnectedHost, Observed } from "../resource";
import { type Card, cardsOn, namesOf, type Place } from "./cards";
import { isUpdatable, needsStart, differingPaths, updates } from "./live";

export interface ObservedNetwork extends Observed {
  readonly active: boolean;
  /** The XML of what runs; undefined where nothing does. */
  readonly running: Element | undefined;
  readonly cards: readonly Card[];
  /** Whether what runs differs from the definition in something that only another start brings. */
  readonly needsStart: boolean;
}

export async function observe(
  { virsh }: ConnectedHost,
  inputs: NetworkInputs,
  recorded: NetworkInputs = inputs,
): Promise<ObservedNetwork | undefined> {
  const listed = find(await inventory(virsh).networks(), inputs);
  if (listed === undefined) return undefined;
  const { uuid, active, autostart } = listed;
  const document = await definition(virsh, listed);
  const running = active ? await runningXml(virsh, listed) : undefined;
  const cards = await cardsOn(virsh, placeOf(listed, running ?? document));
  const mark = readMark(document);
  const ownership = ownershipOf(mark, inputs.host, recorded.host);
  const bridge = bridgeOf(running ?? document);
  const lag = running === undefined ? undefined : lagOf(inputs, document, running, ownership === "unfinished");
  return {
    id: uuid,
    document,
    settings: { autostart, running: stateInWords(active, lag, cards) },
    ownership,
    adopted: wasAdopted(mark, inputs, recorded),
    creation: mark?.creation,
    release: `virsh net-metadata ${uuid} ${markNamespace} --config --remove (before libvirt 9.7: virsh net-edit ${uuid}, and remove <pulumi-virt:resource>)`,
    active,
    running,
    cards,
    needsStart: lag?.needsStart ?? false,
    facts: { uuid, active, guests: namesOf(cards), ...(bridge === undefined ? {} : { bridge }) },
  };
}

/** By UUID alone; only one that was adopted, and has none among its inputs, is found by its name. */
export function find(entries: readonly ObjectListing[], { uuid, name }: NetworkInputs): ObjectListing | undefined {
  return entries.find((entry) => (uuid === undefined ? entry.name === name : entry.uuid === uuid));
}

export async function definition(virsh: Virsh, { uuid, name }: Pick<ObjectListing, "uuid" | "name">): Promise<Element> {
  return parseXml(await virsh.run("net-dumpxml", ["--inactive", uuid]), `the XML of network "${name}"`);
}

export async function runningXml(virsh: Virsh, { uuid, name }: Pick<ObjectListing, "uuid" | "name">): Promise<Element> {
  return parseXml(await virsh.run("net-dumpxml", [uuid]), `the running XML of network "${name}"`);
}

/** Where its guests' cards are looked for. A bridge of the host's own, which mode `bridge` uses, is not the network's. */
export function placeOf({ uuid, name, active }: ObjectListing, document: Element): Place {
  const hostsOwn = firstElement(document, "forward")?.attributes.mode === "bridge";
  return { uuid, name, active, bridge: hostsOwn ? undefined : bridgeOf(document) };
}

export function bridgeOf(document: Element): string | undefined {
  return firstElement(document, "bridge")?.attributes.name;
}

/** How what runs differs from the definition. */
interface Lag {
  readonly words: string;
  readonly needsStart: boolean;
}

/**
 * What the definition has as wanted and the running network has not. After a change that was cut short nobody knows what
 * was wanted: then whatever differs between the two counts.
 */
function lagOf(inputs: NetworkInputs, document: Element, running: Element, cutShort: boolean): Lag | undefined {
  const defined = new Set(differingPaths(inputs, document));
  const paths = differingPaths(inputs, running).filter((path) => !defined.has(path));
  if (paths.length > 0) {
    return { words: `not as defined (${paths.join(", ")})`, needsStart: !paths.every(isUpdatable) };
  }
  const startIsMissing = needsStart(running, document);
  if (!cutShort || (!startIsMissing && updates(running, document).length === 0)) return undefined;
  return { words: "not as defined (a change was cut short)", needsStart: startIsMissing };
}

/**
 * `running` as drift tells it: a network that runs otherwise than defined, or without a link to its guests, is not what
 * `running: true` asks for.
 */
function stateInWords(active: boolean, lag: Lag | undefined, cards: readonly Card[]): boolean | string {
  if (!active) return false;
  const cutOff = namesOf(cards.filter((card) => card.cutOff));
  const wrong = [
    ...(lag === undefined ? [] : [lag.words]),
    ...(cutOff.length === 0 ? [] : [`without a link to ${cutOff.join(", ")}`]),
  ];
  return wrong.length === 0 || wrong.join(" and ");
}
