/** libvirt's XML for the matcher: which elements are the same device, and which spellings mean the same. */

import type { Language } from "../reconcile/language";
import { type Element, firstElement } from "../reconcile/tree";
import { absentValues, absentElements } from "./absences";
import { inUnitOf, sameSpelling } from "./spellings";

export const libvirtLanguage: Language = {
  keys: (element, parents) => {
    const rule = keyRules[`${parents.at(-1)}/${element.name}`] ?? keyRules[element.name];
    return rule === undefined ? [] : rule(element);
  },
  equivalent: sameSpelling,
  respell: inUnitOf,
  impliedByAbsence: absentValues,
  elementImpliedByAbsence: absentElements,
};

type KeyRule = (element: Element) => (string | undefined)[];

const attribute =
  (...names: string[]): KeyRule =>
  (element) => {
    const values = names.map((name) => element.attributes[name]);
    return [values.some((value) => value === undefined) ? undefined : values.join(" ")];
  };

const inside =
  (child: string, name: string): KeyRule =>
  (element) => [firstElement(element, child)?.attributes[name]?.toLowerCase()];

const all =
  (...rules: KeyRule[]): KeyRule =>
  (element) =>
    rules.flatMap((rule) => rule(element));

/**
 * Natural keys, best first. An element that is not listed has no key: there is one of its name, or order tells.
 * Source: libvirt.org/formatdomain.html, formatnetwork.html, formatstorage.html.
 */
const keyRules: Readonly<Record<string, KeyRule>> = {
  // A disk that changed its bus has another name: it is known by its image.
  disk: all(inside("target", "dev"), (element) => {
    const source = firstElement(element, "source")?.attributes;
    return [source?.file ?? source?.dev];
  }),
  "devices/filesystem": inside("target", "dir"),
  "devices/interface": inside("mac", "address"),
  hostdev: (element) => [hostDeviceSource(element)],
  // A DIMM is known by the slot it is in; ours by their alias.
  "devices/memory": (element) => [addressOf(element)],
  "devices/controller": all(attribute("type", "index"), attribute("type", "model"), (element) => [
    // A PCI bridge is not a root port: controllers of this type are never the same for being of it alone.
    element.attributes.type === "pci" ? undefined : element.attributes.type,
  ]),
  channel: all(inside("target", "name"), inside("target", "port"), attribute("type")),
  // The one that is a part of q35 is never ours.
  "devices/watchdog": attribute("model"),
  "devices/graphics": attribute("type"),
  "devices/input": ({ attributes: { type, bus } }) => [
    bus === undefined ? undefined : `${type} ${bus}`,
    // A keyboard on another bus is another keyboard: libvirt adds those on ps2 by itself.
    bus === undefined || bus === "ps2" ? type : undefined,
  ],
  "devices/audio": attribute("id"),
  "devices/video": (element) => [
    // libvirt moves the primary card to the front; addresses tell the others apart.
    firstElement(element, "model")?.attributes.primary === "yes" ? "primary" : undefined,
    addressOf(element),
    firstElement(element, "model")?.attributes.type,
  ],
  "distances/sibling": attribute("id"),
  "firmware/feature": attribute("name"),
  "cpu/feature": attribute("name"),
  "numa/cell": attribute("id"),
  timer: attribute("name"),
  vcpupin: attribute("vcpu"),
  iothreadpin: attribute("iothread"),
  "vcpus/vcpu": attribute("id"),
  "iothreads/iothread": attribute("id"),
  entry: all(attribute("name"), attribute("key")),
  "features/hyperv": attribute("mode"),
  // networks
  ip: attribute("family", "address"),
  route: attribute("address", "prefix"),
  "dhcp/host": all((element) => [element.attributes.mac?.toLowerCase()], attribute("name"), attribute("ip")),
  "dhcp/range": attribute("start"),
  "dns/host": attribute("ip"),
  "dns/txt": attribute("name"),
  "dns/srv": attribute("service", "protocol"),
  "dns/forwarder": all(attribute("domain"), attribute("addr")),
  portgroup: attribute("name"),
};

function addressOf(element: Element): string | undefined {
  const address = firstElement(element, "address");
  return (
    address &&
    Object.entries(address.attributes)
      .filter(([name]) => name !== "type")
      .map(([name, value]) => `${name}=${Number(value)}`)
      .sort()
      .join(" ")
  );
}

/** The source of a passed-through device: its address on the host is what it is. */
function hostDeviceSource(element: Element): string | undefined {
  const source = firstElement(element, "source");
  if (source === undefined) return undefined;
  const spell = (part: Element): string =>
    [
      part.name,
      ...Object.entries(part.attributes)
        .filter(([name]) => name !== "startupPolicy" && name !== "type")
        .map(([name, value]) => `${name}=${/^(0x)?[0-9a-f]+$/i.test(value) ? Number(value) : value}`)
        .sort(),
    ].join(" ");
  const parts = source.children.filter((child): child is Element => typeof child !== "string").map(spell);
  return [spell(source), ...parts].join(";");
}
