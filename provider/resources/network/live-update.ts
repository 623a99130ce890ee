/** What a running network can take without being started again, and how it is told. Pure. */

import type { NetworkInputs } from "../../../schema/network";
import { canonicalAddress, prefixOf } from "../../libvirt/addresses";
import { libvirtLanguage } from "../../libvirt/language";
import { serializeXml } from "../../libvirt/xml";
import { desiredFromXml } from "../../reconcile/desired";
import { edit } from "../../reconcile/edit";
import { type Difference, dropped, match } from "../../reconcile/match";
import { type Element, elementsOf, firstElement } from "../../reconcile/tree";
import { ownedPaths } from "../owned";
import { toXml } from "./xml";

/**
 * `net-update`'s sections, as far as inputs can say what stands in them (libvirt.org/formatnetwork.html, "Modifying an
 * active network"; virsh(1), net-update). libvirt 9.0 takes dns-txt, dns-srv, portgroup and forward-interface as well, and
 * answers "can't update 'ip' section of network" to bridge, domain, ip and forward; `<mtu>`, `<dns enable>` and
 * `<forwarder>` have no section. Ranges and hosts of DNS "cannot be modified, only added or deleted"; `modify` of a
 * reservation replaces the first entry that has the same MAC, name or address, whoever's it is. So everything is deleted
 * and added.
 */
const sections = [
  { section: "ip-dhcp-range", paths: /^ipv[46]\.dhcp(\.|$)/, within: "ip", container: "dhcp", element: "range" },
  { section: "ip-dhcp-host", paths: /^ipv[46]\.dhcp(\.|$)/, within: "ip", container: "dhcp", element: "host" },
  { section: "dns-host", paths: /^dns\.hosts(\.|$)/, within: undefined, container: "dns", element: "host" },
] as const;

/** Whether a running network can have this input changed. */
export function isUpdatable(path: string): boolean {
  return sections.some(({ paths }) => paths.test(path));
}

export interface Update {
  readonly command: "delete" | "add";
  readonly section: (typeof sections)[number]["section"];
  /** Which of the network's `<ip>` elements; undefined outside of them. */
  readonly parentIndex: number | undefined;
  readonly entry: Element;
}

/** The steps from one XML of a network to the other, all deletions first: an address may move to another entry. */
export function updates(from: Element, to: Element): Update[] {
  const steps = sections.flatMap(({ section, within, container, element }) =>
    parentsOf(from, to, within).flatMap(({ before, after, parentIndex }) => {
      const [held, wanted] = [before, after].map((parent) => {
        const inside = firstElement(parent, container);
        return inside === undefined ? [] : elementsOf(inside, element);
      }) as [Element[], Element[]];
      const step = (command: Update["command"]) => (entry: Element) => ({ command, section, parentIndex, entry });
      return [...without(held, wanted).map(step("delete")), ...without(wanted, held).map(step("add"))];
    }),
  );
  return [...steps.filter(({ command }) => command === "delete"), ...steps.filter(({ command }) => command === "add")];
}

/** Whether the other XML has more than updates could bring about: another mode, bridge, address, domain, MTU or DNS. */
export function needsStart(from: Element, to: Element): boolean {
  return rest(from) !== rest(to);
}

/** Input paths in which the XML is not as stated. */
export function differingPaths(inputs: NetworkInputs, actual: Element): string[] {
  const differences = match(toXml(inputs, actual).document, actual, ownedPaths(inputs), libvirtLanguage);
  return [...new Set(differences.map(({ path }) => path))].sort();
}

/**
 * What the running network should be: with all that is stated, without what the definition lost just now, and with what
 * others gave it while it runs.
 */
export function runningGoal(inputs: NetworkInputs, running: Element, before: Element, defined: Element): Element {
  return edit(running, [
    ...match(toXml(inputs, running).document, running, ownedPaths(inputs), libvirtLanguage),
    ...dropped(desiredFromXml(before, ""), desiredFromXml(defined, ""), running, () => true, libvirtLanguage),
  ]);
}

/** What becomes of the definition: with all that is stated, and without what it was made by and the program dropped. */
export function definitionGoal(inputs: NetworkInputs, { document, applied }: Made): Element {
  const owned = ownedPaths(inputs, applied);
  return edit(document, [
    ...match(toXml(inputs, document).document, document, owned, libvirtLanguage),
    ...droppedFrom(document, inputs, applied),
  ]);
}

/** Whether only the definition has what the program dropped: what runs never came to have it. */
export function isOnlyDefined(
  path: string,
  inputs: NetworkInputs,
  { document, applied }: Made,
  running: Element,
): boolean {
  const isDropped = (actual: Element): boolean =>
    droppedFrom(actual, inputs, applied).some((each) => each.path === path);
  return isDropped(document) && !isDropped(running);
}

/** A definition, and the inputs that it was made by. */
export interface Made {
  readonly document: Element;
  readonly applied?: object | undefined;
}

function droppedFrom(actual: Element, inputs: NetworkInputs, applied: object | undefined): Difference[] {
  if (applied === undefined) return [];
  const before = toXml(applied as NetworkInputs, actual).document;
  return dropped(before, toXml(inputs, actual).document, actual, ownedPaths(inputs, applied), libvirtLanguage);
}

interface Parents {
  readonly before: Element;
  readonly after: Element;
  readonly parentIndex: number | undefined;
}

function parentsOf(from: Element, to: Element, within: "ip" | undefined): Parents[] {
  if (within === undefined) return [{ before: from, after: to, parentIndex: undefined }];
  const others = elementsOf(to, within);
  return elementsOf(from, within).flatMap((before, parentIndex) => {
    const after = others.find((other) => addressOf(other) === addressOf(before));
    return after === undefined ? [] : [{ before, after, parentIndex }];
  });
}

function addressOf(ip: Element): string {
  return `${ip.attributes.family ?? "ipv4"} ${canonicalAddress(ip.attributes.address ?? "")}`;
}

function without(entries: readonly Element[], others: readonly Element[]): Element[] {
  const known = new Set(others.map(serializeXml));
  return entries.filter((entry) => !known.has(serializeXml(entry)));
}

/** All that inputs can say of a network, without what updates reach, as one text. */
function rest(network: Element): string {
  const said = (name: string, ...attributes: string[]): string =>
    elementsOf(network, name)
      .map((each) => [name, ...attributes.map((attribute) => each.attributes[attribute] ?? "")].join(" "))
      .join(",");
  const dns = firstElement(network, "dns");
  const forwarders = dns === undefined ? [] : elementsOf(dns, "forwarder").map(serializeXml);
  return [
    said("forward", "mode"),
    elementsOf(network, "forward")
      .flatMap((forward) => elementsOf(forward, "pf").map(({ attributes }) => attributes.dev ?? ""))
      .join(","),
    said("bridge", "name"),
    said("mtu", "size"),
    said("domain", "name", "localOnly"),
    dns?.attributes.enable ?? "",
    ...forwarders,
    elementsOf(network, "ip")
      .map((ip) => `${addressOf(ip)}/${prefixOf(ip)}`)
      .join(","),
  ].join(";");
}
