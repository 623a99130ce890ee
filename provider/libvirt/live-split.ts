/**
 * What of the differences from the live XML a running guest can take at once: the rows of its hypervisor, met with the
 * room that this guest was started with (vCPU maximum, memory, slots) and with the state it is in. Pure.
 */

import type { Difference } from "../reconcile/match";
import type { Splitter } from "../reconcile/plan";
import { aliasOf } from "../reconcile/pair";
import { contains, descend, type Element, elementsOf, firstElement, textOf } from "../reconcile/tree";
import { definedDevices } from "./defined-devices";
import { devicesIn } from "./devices";
import type { HostFacts } from "./host-facts";
import type { DeviceRule, LiveChange, LiveRules } from "./live-change";
import { triggerName } from "./mark";
import { freeSlots, hasRootPorts, slotOf } from "./pci";
import { inTheWay, isSameDevice } from "./siblings";
import { bytesOf } from "./equivalences";
import type { StateRules } from "./states";

export interface LiveGuest {
  readonly facts: Pick<HostFacts, "libvirtVersion">;
  /** Of its own type of domain: a host with KVM emulates guests, too. */
  readonly rules: LiveRules;
  readonly state: StateRules;
  /** The persistent XML as it is now. */
  readonly definition: Element;
  /** The XML that is wanted. */
  readonly desired: Element;
  /** By the alias of now the one that a running device has, where that is another. */
  readonly aliases?: ReadonlyMap<string, string> | undefined;
  /** It is being adopted: it takes what it is to be restarted for as it runs. */
  readonly isForeign?: boolean;
}

/**
 * What becomes of one difference; `met`: the guest has what was asked for, and more than that; `none`: it is nothing to the
 * guest. `lacks`: what it would need to have it at once.
 */
type Verdict = "now" | "requiresRestart" | "pendingInGuest" | "met" | "none" | { readonly lacks: string };

export function liveSplitter(guest: LiveGuest): Splitter {
  return (differences, live, changedSinceLastApply) => {
    const lacks = lackOf(live, guest, differences);
    const verdicts = differences.map(
      (each) => [each, verdictOn(each, live, changedSinceLastApply(each.path), guest, lacks)] as const,
    );
    const all = (wanted: Verdict): Difference[] => verdicts.filter(([, is]) => is === wanted).map(([each]) => each);
    const lacking = verdicts.flatMap(([each, is]) => (typeof is === "object" ? [[each, is.lacks] as const] : []));
    return {
      now: all("now"),
      requiresRestart: verdicts
        .filter(([, is]) => is === "requiresRestart" || typeof is === "object")
        .map(([each]) => each),
      pendingInGuest: all("pendingInGuest"),
      met: all("met"),
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

/** Where a difference stands, as the rows spell it. */
export function placeOf(difference: Difference): string {
  const path = difference.elements.slice(1).join("/");
  if (difference.kind === "attribute") return `${path}@${difference.attribute}`;
  return path + { text: "", insert: "+", remove: "-" }[difference.kind];
}

/** The rows that a difference falls under; a container that comes or goes falls under those of its parts. */
export function rowsFor(
  difference: Difference,
  live: Element,
  { facts: { libvirtVersion }, rules }: Pick<LiveGuest, "facts" | "rules">,
): LiveChange[] {
  const devices = [deviceOf(live, difference), difference.elements.length === 3 ? difference.wanted : undefined];
  const find = (place: string): LiveChange | undefined =>
    rules.changes.find(
      (row) =>
        row.place.test(place) &&
        (row.since ?? 0) <= libvirtVersion &&
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
  return devicesIn(live).find((device) => contains(device, difference.at));
}

/** Whether a running guest of these rules takes the device while it runs. */
export function canBePlugged(device: Element, { changes }: LiveRules): boolean {
  return changes.some(
    ({ method, place, device: rule }) =>
      method === "attach-device" && place.test(`devices/${device.name}+`) && follows(device, rule),
  );
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
  isChanged: boolean,
  guest: LiveGuest,
  lacksFor: (device: Element) => string | undefined,
): Verdict {
  const place = placeOf(difference);
  // A name of ours that a running device lacks or still has is no change to the guest, and cannot be given to it or taken.
  if (/\/alias([+-]|@name)$/.test(place)) return "none";
  if (isTrigger(difference)) {
    // What it was restarted for is history, also where the program no longer says it.
    if (difference.kind === "remove") return "none";
    return guest.isForeign === true ? "now" : "requiresRestart";
  }
  const rows = rowsFor(difference, live, guest);
  if (rows.length === 0 || !guest.state.takesChanges) return "requiresRestart";
  if (place === "vcpu" || place === "vcpu@current") return verdictOnCpus(difference, live, guest);
  if (/^(memory|currentMemory)(@unit)?$/.test(place)) return verdictOnMemory(difference, live, isChanged, guest);
  if (rows.some(({ guestHelps }) => guestHelps === true) && !guest.state.answers) return "requiresRestart";
  if (rows.some(({ method }) => method === "desc") && "element" in difference) {
    return difference.kind === "remove" || isOneLine(textOf(difference.element)) ? "now" : "requiresRestart";
  }
  if (place === "description" || place === "title") return isOneLine(difference.to ?? "") ? "now" : "requiresRestart";
  if (difference.kind === "remove" && isStatedElsewhere(difference, live, guest.desired)) return "requiresRestart";
  if (rows.some(({ method }) => method === "attach-device") && difference.kind === "insert") {
    const lacks = lacksFor(difference.element);
    return lacks === undefined ? "now" : { lacks };
  }
  return "now";
}

/** What another device is to have from the next start on, an image or an address, stays with the guest until then. */
function isStatedElsewhere(
  { elements, element }: Difference & { kind: "remove" },
  live: Element,
  desired: Element,
): boolean {
  const parents = [live.name, "devices"];
  if (elements.length !== 3 || elements[1] !== "devices") return false;
  const [stated, running] = [devicesIn(desired, element.name), devicesIn(live, element.name)];
  const hasItAlready = (wanted: Element): boolean =>
    running.some((each) => aliasOf(each) === aliasOf(wanted) && isSameDevice(wanted, each, parents));
  return stated.some((wanted) => isSameDevice(wanted, element, parents) && !hasItAlready(wanted));
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

/**
 * A line break cannot pass through a session, which reads commands by lines; as an argument of a virsh of its own the text,
 * which may be a secret, would stand in the host's list of processes.
 */
function isOneLine(text: string): boolean {
  return !text.includes("\n");
}

function verdictOnCpus({ kind, wanted }: Difference, live: Element, { state, rules }: LiveGuest): Verdict {
  const present = firstElement(live, "vcpu");
  if (present === undefined || wanted === undefined) return "requiresRestart";
  const [has, wants] = [present, wanted].map((vcpu) => {
    const max = Number(textOf(vcpu));
    return { max, current: Number(vcpu.attributes.current ?? max) };
  }) as [{ max: number; current: number }, { max: number; current: number }];
  // A plain number asks for so many, and not that there be no room for more.
  const isPlain = wants.max === wants.current && wants.max <= has.max;
  if (isPlain && wants.current === has.current) return "met";
  if (wants.current > has.max || (kind === "text" && !isPlain)) return "requiresRestart";
  if (wants.current > has.current) return "now";
  const { vcpusCanGo } = rules;
  const canGo = vcpusCanGo === "all" || (vcpusCanGo === "plugged" && wants.current >= bootVcpus(live, has.current));
  return state.answers && canGo ? "now" : "requiresRestart";
}

/** How many the guest was started with. */
function bootVcpus(live: Element, current: number): number {
  const vcpus = firstElement(live, "vcpus");
  if (vcpus === undefined) return current;
  return elementsOf(vcpus, "vcpu").filter(
    ({ attributes }) => attributes.enabled === "yes" && attributes.hotpluggable !== "yes",
  ).length;
}

function verdictOnMemory(
  { elements, wanted }: Difference,
  live: Element,
  isChanged: boolean,
  { desired, state }: LiveGuest,
): Verdict {
  const [most, asked] = [firstElement(desired, "memory"), firstElement(desired, "currentMemory")];
  const present = firstElement(live, "memory");
  if (present === undefined || wanted === undefined) return "requiresRestart";
  // Where memory is plugged, libvirt counts the devices into both sums by itself.
  if (firstElement(live, "maxMemory") !== undefined)
    return withoutDevices(live) === withoutDevices(desired) ? "met" : "requiresRestart";
  const fits = bytesOf(wanted) <= bytesOf(present);
  if (elements.at(-1) === "memory") {
    const isPlain = most !== undefined && asked !== undefined && bytesOf(most) === bytesOf(asked);
    return isPlain && fits ? "met" : "requiresRestart";
  }
  if (!fits) return "requiresRestart";
  return isChanged && state.answers ? "now" : "pendingInGuest";
}

/** Memory in bytes that is not plugged. */
function withoutDevices(document: Element): number {
  const all = firstElement(document, "memory");
  const sizes = devicesIn(document, "memory").map((device) => descend(device, "target", "size"));
  return sizes.reduce(
    (rest, size) => rest - (size === undefined ? 0 : bytesOf(size)),
    all === undefined ? 0 : bytesOf(all),
  );
}

/** One that has a device of the host was started for it. */
function mayBeGivenDevices(live: Element, { startedForDevices: place }: LiveRules): boolean {
  if (place === undefined || devicesIn(live, "hostdev").some(({ attributes }) => attributes.type === "pci"))
    return true;
  return descend(live, ...place)?.attributes.state === "on";
}

/** Tells of one device after the other what the guest lacks for it; each that fits takes its place. */
function lackOf(
  live: Element,
  { definition, rules }: Pick<LiveGuest, "definition" | "rules">,
  differences: readonly Difference[],
): (device: Element) => string | undefined {
  const taken = { slots: 0, memory: 0 };
  const defined = definedDevices(differences, live, definition);
  const coming = differences.flatMap((each) =>
    each.kind === "insert" && each.elements.length === 3 ? each.element : [],
  );
  const count = (name: string, type: string): number =>
    [...devicesIn(live), ...coming].filter((device) => device.name === name && device.attributes.type === type).length;
  const memoryDevices = devicesIn(live, "memory").length;
  return (device) => {
    for (const other of devicesIn(live, device.name)) {
      const needed = inTheWay(device, other, [live.name, "devices"]);
      if (needed !== undefined) return `it has another ${device.name} with ${needed}`;
    }
    const { slot, controller, memorySlot = false, passedOn = false } = rules.needs(device);
    if (passedOn && !mayBeGivenDevices(live, rules)) return "it was started without any device of the host";
    if (controller !== undefined && count("controller", controller) === 0) return `it has no ${controller} controller`;
    if (memorySlot) {
      const slots = Number(descend(live, "maxMemory")?.attributes.slots ?? 0);
      if (memoryDevices + (taken.memory += 1) > slots) return "no memory slot is free";
    }
    if (!rules.showsSlots || slot === undefined || firstElement(device, "address") !== undefined) return undefined;
    const conventional = slot === "conventional";
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
