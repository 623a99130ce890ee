/**
 * What of the differences from the live XML a running guest can take at once: the table of live changes, met with the
 * room that this guest was started with (vCPU maximum, memory, slots) and with the state it is in. Pure.
 */

import type { Difference } from "../reconcile/match";
import type { Splitter } from "../reconcile/plan";
import { contains, descend, type Element, elementsOf, firstElement, textOf } from "../reconcile/tree";
import { definedDevices } from "./defined-devices";
import type { HostFacts, Hypervisor } from "./host-facts";
import { type DeviceRule, type LiveChange, liveChanges, takesVcpusAway } from "./live-table";
import { triggerName } from "./mark";
import { freeSlots, hasRootPorts, isConventional, needsSlot, slotOf } from "./pci";
import { bytesOf } from "./spellings";
import type { StateRules } from "./states";

export interface LiveGuest {
  readonly facts: Pick<HostFacts, "libvirtVersion">;
  readonly state: StateRules;
  /** The persistent XML as it is now. */
  readonly definition: Element;
  /** The XML that is wanted. */
  readonly desired: Element;
  /** It is being adopted: it takes what it is to be restarted for as it runs. */
  readonly isForeign?: boolean;
}

/**
 * What becomes of one difference; `met`: the guest has what was asked for, and more than that. `lacks`: what it would need
 * to have it at once.
 */
type Verdict = "now" | "waiting" | "asked" | "met" | { readonly lacks: string };

export function liveSplitter(guest: LiveGuest): Splitter {
  return (differences, live, stale) => {
    const lacks = lackOf(live, guest.definition, differences);
    const verdicts = differences.map((each) => [each, verdictOn(each, live, stale(each.path), guest, lacks)] as const);
    const all = (wanted: Verdict): Difference[] => verdicts.filter(([, is]) => is === wanted).map(([each]) => each);
    const lacking = verdicts.flatMap(([each, is]) => (typeof is === "object" ? [[each, is.lacks] as const] : []));
    return {
      now: all("now"),
      waiting: verdicts.filter(([, is]) => is === "waiting" || typeof is === "object").map(([each]) => each),
      asked: all("asked"),
      reasons: new Map(lacking.map(([{ path }, reason]) => [path, reason])),
    };
  };
}

/**
 * The live XML with the CPU that the guest was started with: where that was `host-model`, libvirt shows what became of it
 * on this host, a custom model that, unlike a person's, names its vendor.
 */
export function asStarted(live: Element): Element {
  const cpu = firstElement(live, "cpu");
  if (cpu === undefined || firstElement(cpu, "vendor") === undefined) return live;
  const children = cpu.children.filter((child) => typeof child === "string" || !/^(model|vendor)$/.test(child.name));
  const started = { ...cpu, attributes: { mode: "host-model" }, children };
  return { ...live, children: live.children.map((child) => (child === cpu ? started : child)) };
}

/** Where a difference stands, as the table spells it. */
export function placeOf(difference: Difference): string {
  const path = difference.elements.slice(1).join("/");
  if (difference.kind === "attribute") return `${path}@${difference.attribute}`;
  return path + { text: "", insert: "+", remove: "-" }[difference.kind];
}

/** The rows of the table that a difference falls under; a container that comes or goes falls under those of its parts. */
export function rowsFor(difference: Difference, live: Element, { libvirtVersion }: LiveGuest["facts"]): LiveChange[] {
  const hypervisor = hypervisorOf(live);
  const devices = [deviceOf(live, difference), difference.elements.length === 3 ? difference.wanted : undefined];
  const find = (place: string): LiveChange | undefined =>
    liveChanges.find(
      (row) =>
        row.place.test(place) &&
        (row.since[hypervisor] ?? Infinity) <= libvirtVersion &&
        devices.every((device) => device === undefined || follows(device, row.device)),
    );
  const place = placeOf(difference);
  const row = find(place);
  if (row !== undefined) return [row];
  if (difference.kind !== "insert" && difference.kind !== "remove") return [];
  const parts = elementsOf(difference.element).map(({ name }) =>
    find(`${place.slice(0, -1)}/${name}${place.slice(-1)}`),
  );
  return parts.length > 0 && parts.every((part) => part !== undefined) ? parts : [];
}

/** The device that a difference is in, comes as, or goes as; undefined outside `<devices>`. */
export function deviceOf(live: Element, difference: Difference): Element | undefined {
  if (difference.elements[1] !== "devices" || difference.elements.length < 3) return undefined;
  if (difference.elements.length === 3 && "element" in difference) return difference.element;
  const devices = firstElement(live, "devices");
  return devices && elementsOf(devices).find((device) => contains(device, difference.at));
}

function follows(device: Element, rule: DeviceRule = []): boolean {
  return rule.every(({ at, is }) => {
    const [child = "", attribute = ""] = at.split("@");
    return is.includes((child === "" ? device : firstElement(device, child))?.attributes[attribute]);
  });
}

function verdictOn(
  difference: Difference,
  live: Element,
  stale: boolean,
  guest: LiveGuest,
  lacksFor: (device: Element) => string | undefined,
): Verdict {
  const place = placeOf(difference);
  // A name of ours that a running device lacks is no change to the guest, and cannot be given to it.
  if (place.endsWith("/alias+") || place.endsWith("/alias@name")) return "met";
  if (isTrigger(difference)) {
    // What it was restarted for is history, also where the program no longer says it.
    if (difference.kind === "remove") return "met";
    return guest.isForeign === true ? "now" : "waiting";
  }
  const rows = rowsFor(difference, live, guest.facts);
  if (rows.length === 0 || !guest.state.takesChanges) return "waiting";
  if (place === "vcpu" || place === "vcpu@current") return verdictOnCpus(difference, live, guest);
  if (/^(memory|currentMemory)(@unit)?$/.test(place)) return verdictOnMemory(difference, live, stale, guest);
  if (rows.some(({ guestHelps }) => guestHelps === true) && !guest.state.answers) return "waiting";
  if (rows.some(({ method }) => method === "desc") && "element" in difference) {
    return isOneLine(textOf(difference.element)) ? "now" : "waiting";
  }
  if (place === "description" || place === "title") return isOneLine(difference.to ?? "") ? "now" : "waiting";
  if (rows.some(({ method }) => method === "attach-device") && difference.kind === "insert") {
    const lacks = lacksFor(difference.element);
    return lacks === undefined ? "now" : { lacks };
  }
  return "now";
}

/** What the guest is to be restarted for; within our mark, where what runs has none of it. */
function isTrigger(difference: Difference): boolean {
  const within = (element: Element): boolean => element.name === triggerName || elementsOf(element).some(within);
  const { elements } = difference;
  return (
    elements.at(-1) === triggerName ||
    (elements[1] === "metadata" && "element" in difference && within(difference.element))
  );
}

/** A line break cannot pass through virsh. */
function isOneLine(text: string): boolean {
  return !text.includes("\n");
}

function verdictOnCpus({ kind, wanted }: Difference, live: Element, { state }: LiveGuest): Verdict {
  const present = firstElement(live, "vcpu");
  if (present === undefined || wanted === undefined) return "waiting";
  const [has, wants] = [present, wanted].map((vcpu) => {
    const max = Number(textOf(vcpu));
    return { max, current: Number(vcpu.attributes.current ?? max) };
  }) as [{ max: number; current: number }, { max: number; current: number }];
  // A plain number asks for so many, and not that there be no room for more.
  const isPlain = wants.max === wants.current && wants.max <= has.max;
  if (isPlain && wants.current === has.current) return "met";
  if (wants.current > has.max || (kind === "text" && !isPlain)) return "waiting";
  if (wants.current > has.current) return "now";
  const can = state.answers && takesVcpusAway.has(hypervisorOf(live)) && wants.current >= bootVcpus(live, has.current);
  return can ? "now" : "waiting";
}

/** vCPUs that the guest was started with stay until it is started again (formatdomain, `vcpus`: hotpluggable). */
function bootVcpus(live: Element, current: number): number {
  const vcpus = firstElement(live, "vcpus");
  if (vcpus === undefined) return current;
  return elementsOf(vcpus, "vcpu").filter(
    ({ attributes }) => attributes.enabled === "yes" && attributes.hotpluggable !== "yes",
  ).length;
}

/** What the guest really runs on: an emulated guest may run on a host that has KVM. */
function hypervisorOf(live: Element): Hypervisor {
  return live.attributes.type as Hypervisor;
}

function verdictOnMemory(
  { elements, wanted }: Difference,
  live: Element,
  stale: boolean,
  { desired, state }: LiveGuest,
): Verdict {
  const [most, asked] = [firstElement(desired, "memory"), firstElement(desired, "currentMemory")];
  const present = firstElement(live, "memory");
  if (present === undefined || wanted === undefined) return "waiting";
  // Where memory is plugged, libvirt counts the devices into both sums by itself.
  if (firstElement(live, "maxMemory") !== undefined)
    return withoutDevices(live) === withoutDevices(desired) ? "met" : "waiting";
  const fits = bytesOf(wanted) <= bytesOf(present);
  if (elements.at(-1) === "memory") {
    const isPlain = most !== undefined && asked !== undefined && bytesOf(most) === bytesOf(asked);
    return isPlain && fits ? "met" : "waiting";
  }
  if (!fits) return "waiting";
  return stale && state.answers ? "now" : "asked";
}

/** Memory in bytes that is not plugged. */
function withoutDevices(document: Element): number {
  const all = firstElement(document, "memory");
  const devices = firstElement(document, "devices");
  const sizes = (devices === undefined ? [] : elementsOf(devices, "memory")).map((device) =>
    descend(device, "target", "size"),
  );
  return sizes.reduce(
    (rest, size) => rest - (size === undefined ? 0 : bytesOf(size)),
    all === undefined ? 0 : bytesOf(all),
  );
}

/** Tells of one device after the other what the guest lacks for it; each that fits takes its place. */
function lackOf(
  live: Element,
  definition: Element,
  differences: readonly Difference[],
): (device: Element) => string | undefined {
  const taken = { slots: 0, memory: 0 };
  const defined = definedDevices(differences, live, definition);
  const devices = firstElement(live, "devices");
  const coming = differences.flatMap((each) =>
    each.kind === "insert" && each.elements.length === 3 ? each.element : [],
  );
  const count = (name: string, type: string): number =>
    [...(devices === undefined ? [] : elementsOf(devices)), ...coming].filter(
      (device) => device.name === name && device.attributes.type === type,
    ).length;
  const memoryDevices = devices === undefined ? 0 : elementsOf(devices, "memory").length;
  return (device) => {
    const bus = firstElement(device, "target")?.attributes.bus ?? device.attributes.bus;
    if ((bus === "scsi" || bus === "usb") && count("controller", bus) === 0) return `it has no ${bus} controller`;
    if (device.name === "channel" && count("controller", "virtio-serial") === 0)
      return "it has no virtio-serial controller";
    if (device.name === "memory") {
      const slots = Number(descend(live, "maxMemory")?.attributes.slots ?? 0);
      if (memoryDevices + (taken.memory += 1) > slots) return "no memory slot is free";
    }
    if (!needsSlot(device)) return undefined;
    const conventional = isConventional(device);
    // What is in the definition already has its address there, and has the same one live.
    const place = slotOf(defined.get(device) ?? device);
    if (place !== undefined) {
      const isFree = freeSlots(live, live, conventional).some(
        ({ bus, slot }) => bus === place.bus && slot === place.slot,
      );
      return isFree ? undefined : "its PCI address is not free before the next start";
    }
    if (freeSlots(live, definition, conventional).length > taken.slots++) return undefined;
    if (!hasRootPorts(live)) return "no PCI slot is free";
    return conventional ? "it has no conventional PCI bus to plug this into" : "no PCIe root port is free";
  };
}
