/**
 * Which of the root ports that a guest has are its spare ones: by our names, and where an earlier version made the guest,
 * or somebody else did, by the place where spare ports are. Pure; see decisions/spare-ports.md.
 */

import type { GuestInputs } from "../../../../schema/guest";
import { pcieControllers, type RootPort, rootPortsOf } from "../../../libvirt/pci";
import type { ObservedGuest } from "../observed";
import type { Held } from "./device";

/** Where the program does not say. */
export const defaultSparePorts = 8;

export const portName = (number: number): string => `ua-port-${number}`;

/** How many spare ports the guest was given when it was last changed; somebody else's has none of ours. */
export function givenPorts(
  { spareRootPorts }: GuestInputs,
  { ownership, adopted }: Pick<ObservedGuest, "ownership" | "adopted">,
): number {
  if (ownership === "foreign") return 0;
  return spareRootPorts ?? (adopted ? 0 : defaultSparePorts);
}

/** A spare port by its number, and the index of its controller; undefined: it is not there, and libvirt numbers it. */
export interface SparePort {
  readonly number: number;
  readonly index: number | undefined;
}

/** The spare ports that a guest is to have: so many, and of those that it has already the ones that cannot go. */
export function sparePorts(wanted: number, held: Held | undefined): SparePort[] {
  const numbers = Array.from({ length: wanted }, (_, index) => index + 1);
  const controllers = held === undefined ? [] : pcieControllers(held.document);
  if (held === undefined || controllers.length === 0) return numbers.map((number) => ({ number, index: undefined }));
  const { ours, others } = knownPorts(held);
  // An index of its own tells a new port from all that are there.
  const unused = others.map(({ index }) => index);
  let last = controllers.at(-1) ?? 0;
  const kept = numbers.map((number) => ({
    number,
    index: ours.get(number)?.index ?? unused.shift() ?? (last += 1),
  }));
  return [...kept, ...stayingPorts(wanted, ours, controllers)];
}

interface KnownPorts {
  /** By number. */
  readonly ours: ReadonlyMap<number, RootPort>;
  /** Free ones that nobody has named. */
  readonly others: readonly RootPort[];
}

/**
 * A guest that carries none of our names has its spare ports where devices come last: above those that were there first.
 * Which of them were taken since does not matter.
 */
function knownPorts({ document, spareRootPorts: given = 0 }: Held): KnownPorts {
  const ports = rootPortsOf(document);
  const named = new Map(ports.flatMap((port) => numbersOf(port).map((number) => [number, port] as const)));
  const nameless = ports.filter(({ alias }) => alias === undefined);
  const free = nameless.filter(({ isTaken }) => !isTaken);
  if (named.size > 0 || given === 0) return { ours: named, others: free };
  const best = [...free].reverse().concat(nameless.filter(({ isTaken }) => isTaken).reverse());
  const chosen = best.slice(0, given).sort((one, other) => one.index - other.index);
  return {
    ours: new Map(chosen.map((port, index) => [index + 1, port])),
    others: free.filter((port) => !chosen.includes(port)),
  };
}

/** None where the name is not one of ours. */
function numbersOf({ alias = "" }: RootPort): number[] {
  const [, number] = /^ua-port-(\d+)$/.exec(alias) ?? [];
  return number === undefined ? [] : [Number(number)];
}

/**
 * Beyond the wanted number: a port that a device is on stays, and so does one below another controller, since libvirt
 * fills the gap with a port again.
 */
function stayingPorts(
  wanted: number,
  ours: ReadonlyMap<number, RootPort>,
  controllers: readonly number[],
): SparePort[] {
  const beyond = [...ours].filter(([number]) => number > wanted).map(([number, port]) => ({ number, ...port }));
  const mayGo = (index: number): boolean => beyond.some((port) => port.index === index && !port.isTaken);
  const lastStaying = controllers.findLast((index) => !mayGo(index)) ?? 0;
  return beyond.filter(({ index }) => index <= lastStaying).map(({ number, index }) => ({ number, index }));
}
