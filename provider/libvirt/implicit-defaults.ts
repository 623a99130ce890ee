/**
 * What libvirt leaves out of the XML it shows: defaults that it does not spell, facts of a running guest that have no
 * place in a definition, and places it fills in by itself. Declared, never decided in the matcher.
 */

import type { Place } from "../reconcile/language";
import { descend, type Element, elementsOf, textOf } from "../reconcile/tree";
import { kindsAt } from "./places";
import { prefixFor } from "./addresses";

/** Attributes whose listed value says the same as their absence. Key: element@attribute. */
const defaultValues: Readonly<Record<string, readonly string[]>> = {
  "graphics@autoport": ["no"],
  "ip@family": ["ipv4"],
  "route@family": ["ipv4"],
  "model@primary": ["no"],
  "network@ipv6": ["no"],
  "protocol@type": ["raw"],
  "target@tray": ["closed"],
  "driver@cache": ["default"],
  "driver@error_policy": ["default"],
  "driver@io": ["default"],
  "driver@queues": ["1"],
};

/** Attributes that only a running guest has; a definition that carries them was copied from one. */
const runtimeAttributes = new Set([
  "address@connections",
  "backingStore@index",
  "cachetune@id",
  "console@tty",
  "domain@id",
  "interface@connections",
  "network@connections",
  "serial@tty",
  "source@index",
  "source@portid",
]);

/** Folders in which libvirt makes up file names by itself; it strips such a name when it stores the definition. */
const generatedPaths = /^\/var\/lib\/libvirt\/(qemu|xen)\/(channel\/target\/)?domain-/;

export function absentValues(place: Place, desired: string): boolean {
  const { elements, attribute, actual, desired: whole } = place;
  const key = `${elements.at(-1)}@${attribute}`;
  return (
    attribute === "xmlns" ||
    attribute?.startsWith("xmlns:") === true ||
    runtimeAttributes.has(key) ||
    defaultValues[key]?.includes(desired) === true ||
    (kindsAt(place).includes("path") && generatedPaths.test(desired)) ||
    // formatdomain, "BIOS bootloader": libvirt 9.0 shows a running guest the image that it chose, and not that it did.
    (key === "os@firmware" && descend(actual, "loader")?.attributes.type === "pflash" && desired === "efi") ||
    // formatdomain, "CPU Allocation": without `current` a guest has all its vCPUs.
    (key === "vcpu@current" && desired === textOf(whole)) ||
    // formatnetwork, "Addressing": without prefix and netmask it is the class of the address.
    (/^(ip|route)@prefix$/.test(key) &&
      [actual.attributes, whole.attributes].every(
        ({ netmask, address = "" }) => prefixFor({ netmask, address }) === desired,
      )) ||
    ignoredBeside.some((rule) => rule.key === key && rule.is.test(actual.attributes[rule.other] ?? ""))
  );
}

/** Attributes that libvirt drops because another one makes them void. */
const ignoredBeside: readonly { readonly key: string; readonly other: string; readonly is: RegExp }[] = [
  // formatdomain, "BIOS bootloader": the time-out belongs to an enabled menu.
  { key: "bootmenu@timeout", other: "enable", is: /^no$/ },
  // formatdomain, "NUMA Node Tuning": with automatic placement the advisory daemon chooses.
  { key: "memory@nodeset", other: "placement", is: /^auto$/ },
  // formatdomain, "Hard drives…", removable: only a USB disk says whether it is.
  { key: "target@removable", other: "bus", is: /^(?!usb$)/ },
];

/** Elements that say nothing when they are empty, as opposed to flags such as `<acpi/>`. */
const containers = new Set([
  "blkiotune",
  "coalesce",
  "cputune",
  "features",
  "frames",
  "iotune",
  "memoryBacking",
  "memtune",
  "metadata",
  "permissions",
  "rx",
  "source",
  "tx",
]);

/** Elements that only a running guest or a volume in use has. */
const runtimeElements = new Set([
  "disk/mirror",
  "disk/privateData",
  "seclabel/imagelabel",
  "source/privateData",
  "target/current",
  "target/timestamps",
  "volume/source",
]);

/** `memtune` without a limit, as libvirt.org/formatdomain.html gives the largest value. */
const unlimited = "9007199254740991";

export function absentElements(
  desired: Element,
  parents: readonly string[],
  actualParent: Element,
  document: Element,
): boolean {
  const parent = parents.at(-1);
  return (
    runtimeElements.has(`${parent}/${desired.name}`) ||
    saysNothing(desired, document) ||
    isGenerated(desired, parent) ||
    (desired.name === "seclabel" && desired.attributes.labelskip === "yes") ||
    (desired.name === "source" && parent === "channel" && isGeneratedSource(desired)) ||
    // The model of a host-model CPU is the host's; libvirt 11 keeps no word on its fallback.
    (desired.name === "model" &&
      parent === "cpu" &&
      textOf(desired) === "" &&
      actualParent.attributes.mode !== "custom") ||
    (parent === "permissions" && ["-1", "4294967295"].includes(textOf(desired))) ||
    (Object.keys(desired.attributes).length > 0 && onlyDefaults(desired)) ||
    // The metadata of one namespace is one element (formatdomain, "General metadata"): the first one is kept, and none
    // without a namespace.
    (parent === "metadata" && namespaceOf(desired) === undefined) ||
    (parent === "metadata" && elementsOf(actualParent).some((kept) => namespaceOf(kept) === namespaceOf(desired)))
  );
}

function onlyDefaults({ name, attributes, children }: Element): boolean {
  return (
    children.length === 0 &&
    Object.entries(attributes).every(([attribute, value]) => defaultValues[`${name}@${attribute}`]?.includes(value))
  );
}

/** Names of taps that libvirt makes up for a running guest; it strips them from a definition that was copied from one. */
function isGenerated({ name, attributes }: Element, parent: string | undefined): boolean {
  return name === "target" && parent === "interface" && /^(vnet|macvtap|macvlan)\d/.test(attributes.dev ?? "");
}

/** Machines that have no ACPI, from whose definitions libvirt strips the word (libvirt 2.5 and later, s390x). */
const withoutAcpi = /^s390x?$/;

function saysNothing(element: Element, document: Element): boolean {
  if (element.name === "acpi") return withoutAcpi.test(descend(document, "os", "type")?.attributes.arch ?? "");
  if (element.name === "frames") return Object.values(element.attributes).every((value) => value === "0");
  if (element.name.endsWith("_limit")) return textOf(element) === unlimited;
  return (
    containers.has(element.name) &&
    Object.keys(element.attributes).length === 0 &&
    textOf(element) === "" &&
    elementsOf(element).every((child) => saysNothing(child, document))
  );
}

function isGeneratedSource(source: Element): boolean {
  const { path } = source.attributes;
  return path === undefined ? elementsOf(source).length === 0 : generatedPaths.test(path);
}

/** The name space of an element in somebody's own: metadata keeps one of each. */
export function namespaceOf(element: Element): string | undefined {
  const prefix = element.name.includes(":") ? element.name.slice(0, element.name.indexOf(":")) : undefined;
  return element.attributes[prefix === undefined ? "xmlns" : `xmlns:${prefix}`];
}
