/**
 * The declared table of equivalences: different spellings of one value that libvirt itself treats as the same, each in the
 * places that hold such values (places.ts) and in no other.
 */

import type { Place } from "../reconcile/language";
import { elementsOf } from "../reconcile/tree";
import { canonicalAddress, canonicalMac } from "./addresses";
import { type Kind, kindsAt } from "./places";

type Rule = (desired: string, actual: string, place: Place) => boolean;

/** Whether two different spellings mean the same at this place. */
export function sameSpelling(place: Place, desired: string, actual: string): boolean {
  return (
    kindsAt(place).some((kind) => ruleOf[kind](desired.trim(), actual.trim(), place)) ||
    elsewhere.some((rule) => rule(desired, actual, place))
  );
}

/** The spelling that all spellings of this value share, in a place of this kind; undefined where it is no such value. */
const canonical = {
  number: (text: string) => (/^(0x[0-9a-f]+|\d+)$/i.test(text) ? BigInt(text) : undefined),
  switch: (text: string) => ({ yes: true, on: true, no: false, off: false })[text],
  set,
  uuid: (text: string) => (/^[0-9a-f-]{32,36}$/i.test(text) ? text.toLowerCase().replaceAll("-", "") : undefined),
  mac: canonicalMac,
  address: canonicalAddress,
  path: (text: string) => (text.startsWith("/") ? path(text) : undefined),
  word: (text: string) => text.toLowerCase(),
  version: Number,
};

/** A value as all its spellings in a place of this kind have in common: what keys are compared by. */
export function canonicalAt(place: Pick<Place, "elements" | "attribute">, text: string): string {
  for (const kind of kindsAt(place)) {
    const value = kind in canonical ? canonical[kind as keyof typeof canonical](text) : undefined;
    if (value !== undefined) return String(value);
  }
  return text;
}

function equal<Value>(of: (text: string) => Value | undefined): Rule {
  return (desired, actual) => {
    const value = of(desired);
    return value !== undefined && value === of(actual);
  };
}

const sameSize: Rule = (_desired, _actual, place) => sized(place) && bytesOf(place.desired) === bytesOf(place.actual);

const ruleOf: Readonly<Record<Kind, Rule>> = {
  number: equal(canonical.number),
  switch: equal(canonical.switch),
  set: equal(canonical.set),
  uuid: equal(canonical.uuid),
  mac: equal(canonical.mac),
  address: equal(canonical.address),
  path: equal(canonical.path),
  word: equal(canonical.word),
  version: equal(canonical.version),
  size: sameSize,
  unit: sameSize,
  // Which machine a short name stands for is the hypervisor's own business (languageWith).
  machine: () => false,
};

const elsewhere: readonly Rule[] = [
  // Namespaces are compared where they are used, by the names they give (see parseXml).
  (_desired, _actual, { attribute }) => attribute?.startsWith("xmlns:") === true,
  // An iSCSI name without a unit means the first one.
  (desired, actual, place) =>
    at(place) === "source@name" && place.desired.attributes.protocol === "iscsi" && actual === `${desired}/0`,
  // What libvirt counts or measures by itself.
  (_desired, _actual, place) => counted.some((rule) => rule.at === at(place) && rule.when(place)),
  // A running guest's NIC on a network of the host's own bridge shows what the network gave it, and still names the network.
  (desired, _actual, place) =>
    at(place) === "interface@type" &&
    desired === "network" &&
    elementsOf(place.actual, "source")[0]?.attributes.network !== undefined,
];

/** An attribute as `element@attribute`, a text as the name of its element and of the parent. */
function at({ elements, attribute }: Place): string {
  return attribute === undefined ? elements.slice(-2).join("/") : `${elements.at(-1)}@${attribute}`;
}

const always = (): boolean => true;

const counted: readonly { readonly at: string; readonly when: (place: Place) => boolean }[] = [
  { at: "graphics@port", when: ({ desired }) => desired.attributes.autoport === "yes" },
  // A virtio port's address: the bus is always 0, and consoles are numbered in their order.
  { at: "address@bus", when: ({ desired }) => desired.attributes.type === "virtio-serial" },
  {
    at: "target@port",
    when: ({ elements, desired }) => elements.includes("console") && desired.attributes.type === "virtio",
  },
  { at: "pool/capacity", when: always },
  { at: "pool/allocation", when: always },
  { at: "pool/available", when: always },
  // A drive without a medium has no source, and so no type of source.
  { at: "disk@type", when: ({ actual }) => actual.attributes.type === "file" && !elementsOf(actual, "source").length },
];

/** More than any host has of CPUs and nodes. */
const mostMembers = 16_384;

function set(text: string): string | undefined {
  if (!/^\^?\d+(-\d+)?(,\^?\d+(-\d+)?)*$/.test(text)) return undefined;
  const members = new Set<number>();
  for (const part of text.split(",")) {
    const [from = 0, to = from] = part.replace("^", "").split("-").map(Number);
    // Sizes and ports are no sets of CPUs, however much a number looks like one.
    if (to > mostMembers) return undefined;
    for (let member = from; member <= to; member += 1) {
      if (part.startsWith("^")) members.delete(member);
      else members.add(member);
    }
  }
  return [...members].sort((one, other) => one - other).join(",");
}

function path(text: string): string {
  return text.replace(/\/+/g, "/").replace(/(?<=.)\/$/, "");
}

const units: Readonly<Record<string, number>> = {
  b: 1,
  bytes: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  tb: 1e12,
  k: 2 ** 10,
  kib: 2 ** 10,
  m: 2 ** 20,
  mib: 2 ** 20,
  g: 2 ** 30,
  gib: 2 ** 30,
  t: 2 ** 40,
  tib: 2 ** 40,
  p: 2 ** 50,
  pib: 2 ** 50,
};

/** Whether an amount stands there, or the unit of one. */
function sized(place: Place): boolean {
  const kinds = kindsAt(place);
  const isAmount = kinds.includes("size") || (kinds.includes("unit") && measured(place));
  return isAmount && amount(place.desired) !== undefined;
}

/** Whether the element of a unit holds an amount. */
function measured({ elements }: Place): boolean {
  return [undefined, "size", "memory"].some((attribute) => kindsAt({ elements, attribute }).includes("size"));
}

function amount(element: Place["desired"]): string | undefined {
  const text = element.children
    .filter((child): child is string => typeof child === "string")
    .join("")
    .trim();
  const value = text === "" ? (element.attributes.size ?? element.attributes.memory) : text;
  return value !== undefined && /^\d+$/.test(value) ? value : undefined;
}

/** Size in bytes; without a unit, memory is in KiB and volumes are in bytes (formatdomain, formatstorage). */
export function bytesOf(element: Place["desired"]): number {
  const unit = element.attributes.unit ?? (volumeElements.has(element.name) ? "bytes" : "KiB");
  const factor = units[unit.toLowerCase()] ?? Number.NaN;
  const size = Number(amount(element)) * factor;
  return volumeElements.has(element.name) ? size : Math.ceil(size / 1024) * 1024;
}

/** What the host holds, counted in the unit that was asked for. */
export function inUnitOf(place: Place, actual: string): string {
  const unit = place.desired.attributes.unit;
  if (unit === undefined || !sized(place) || place.attribute === "unit") return actual;
  const size = bytesOf(place.actual) / (units[unit.toLowerCase()] ?? Number.NaN);
  return Number.isFinite(size) ? String(size) : actual;
}

const volumeElements = new Set(["capacity", "allocation", "available", "physical"]);
