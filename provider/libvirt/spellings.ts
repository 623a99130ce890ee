/** The declared table of equivalences: different spellings of one value that libvirt itself treats as the same. */

import type { Place } from "../reconcile/language";
import { elementsOf } from "../reconcile/tree";

type Rule = (desired: string, actual: string, place: Place) => boolean;

/** Whether two different spellings mean the same at this place. */
export function sameSpelling(place: Place, desired: string, actual: string): boolean {
  return rules.some((rule) => rule(desired, actual, place));
}

const rules: readonly Rule[] = [
  // Numbers: libvirt writes PCI addresses in hexadecimal and modes in octal, and drops leading zeros.
  (desired, actual) => number(desired) !== undefined && number(desired) === number(actual),
  // virTristateBool and virTristateSwitch.
  (desired, actual) => truth(desired) !== undefined && truth(desired) === truth(actual),
  // Sizes are stored in KiB (memory) or bytes (volumes), whatever unit they were given in.
  (_desired, _actual, place) => sized(place) && bytesOf(place.desired) === bytesOf(place.actual),
  // UUIDs may be given without dashes; MAC addresses and IPv6 in capitals.
  (desired, actual) => hexadecimal(desired) !== undefined && hexadecimal(desired) === hexadecimal(actual),
  // Sets of CPUs and nodes: `0,1,2,3,^2` is `0-1,3`.
  (desired, actual) => set(desired) !== undefined && set(desired) === set(actual),
  // A machine type's alias is stored as the newest version at the time; a host upgrade must not move the hardware.
  (desired, actual, { attribute }) => attribute === "machine" && machineAlias(desired, actual),
  // File names: repeated and trailing slashes.
  (desired, actual) => desired.startsWith("/") && path(desired) === path(actual),
  // Namespaces are compared where they are used, by the names they give (see parseXml).
  (_desired, _actual, { attribute }) => attribute?.startsWith("xmlns:") === true,
  // Names that libvirt folds to one case, or completes.
  (desired, actual, place) => folded.has(at(place)) && desired.toLowerCase() === actual.toLowerCase(),
  (desired, actual, place) => at(place) === "source@name" && actual === `${desired}/0`,
  // USB versions are decimal fractions: 9.40 is 9.4.
  (desired, actual, place) => at(place) === "usbdev@version" && Number(desired) === Number(actual),
  // What libvirt counts or measures by itself.
  (_desired, _actual, place) => counted.some((rule) => rule.at === at(place) && rule.when(place)),
  // A running guest's card on a network of the host's own bridge shows what the network gave it, and still names the network.
  (desired, _actual, place) =>
    at(place) === "interface@type" &&
    desired === "network" &&
    elementsOf(place.actual, "source")[0]?.attributes.network !== undefined,
  // White space in texts.
  (desired, actual, { attribute }) => attribute === undefined && spaces(desired) === spaces(actual),
];

/** An attribute as `element@attribute`, a text as the name of its element and of the parent. */
function at({ elements, attribute }: Place): string {
  return attribute === undefined ? elements.slice(-2).join("/") : `${elements.at(-1)}@${attribute}`;
}

/** A NIC's model, a boot menu's entry on s390. */
const folded = new Set(["model@type", "boot@loadparm"]);

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

function number(text: string): bigint | undefined {
  return /^(0x[0-9a-f]+|\d+)$/i.test(text) ? BigInt(text) : undefined;
}

function truth(text: string): boolean | undefined {
  return ({ yes: true, on: true, no: false, off: false } as Record<string, boolean>)[text];
}

function hexadecimal(text: string): string | undefined {
  return /^[0-9a-f:-]{12,36}$/i.test(text) ? text.toLowerCase().replaceAll("-", "") : undefined;
}

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

function machineAlias(desired: string, actual: string): boolean {
  const family = { pc: "pc-i440fx-", q35: "pc-q35-" }[desired] ?? `${desired}-`;
  return actual.startsWith(family);
}

function path(text: string): string {
  return text.replace(/\/+/g, "/").replace(/(?<=.)\/$/, "");
}

function spaces(text: string): string {
  return text.replace(/\s+/g, " ").trim();
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

/** Elements whose content or `size`/`memory` attribute is measured in their `unit`. */
function sized({ attribute, desired }: Place): boolean {
  return attribute === undefined || attribute === "unit" || attribute === "size" || attribute === "memory"
    ? amount(desired) !== undefined
    : false;
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
