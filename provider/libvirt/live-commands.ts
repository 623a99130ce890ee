/** The virsh commands that bring changes to a running guest, in an order in which one does not stand in another's way. Pure. */

import { edit } from "../reconcile/edit";
import type { Difference } from "../reconcile/match";
import { aliasOf } from "../reconcile/pair";
import { type Element, elementsOf, firstElement, textOf } from "../reconcile/tree";
import { definedDevices } from "./defined-devices";
import { withAlias, withoutAlias } from "./device-aliases";
import { devicesIn } from "./devices";
import { deviceOf, type LiveGuest, rowsFor } from "./live-split";
import type { LiveMethod } from "./live-change";
import { markElement, markNamespace, markPrefix, withoutApplied } from "./mark";
import { bytesOf } from "./equivalences";
import type { Command } from "./virsh";
import { serializeXml } from "./xml";

export interface LiveStep {
  readonly method: LiveMethod;
  /** Input paths that it serves, for messages. */
  readonly paths: readonly string[];
  readonly differences: readonly Difference[];
  readonly commands: readonly Command[];
  /** Where one of them is refused, what brings back what those before it took. */
  readonly back?: readonly Command[];
  /** Whether the live XML shows it: for what returns before the guest has done its part. */
  readonly done?: (live: Element) => boolean;
}

/** What needs no help from the guest comes first, what takes something away from it last. */
const order: readonly LiveMethod[] = [
  "desc",
  "metadata",
  "set-lifecycle-action",
  "schedinfo",
  "blkdeviotune",
  "update-device",
  "replug-device",
  "attach-device",
  "setvcpus",
  "vcpupin",
  "emulatorpin",
  "update-memory-device",
  "detach-device",
  "setmem",
];

/**
 * `definition`: the persistent XML after it was changed, with the addresses that new devices have there; `aliases`: by the
 * alias of now the one that a running device has.
 */
export function liveSteps(
  uuid: string,
  differences: readonly Difference[],
  live: Element,
  definition: Element,
  { facts, rules, aliases = new Map() }: Pick<LiveGuest, "facts" | "rules" | "aliases">,
): LiveStep[] {
  const groups = new Map<string, { method: LiveMethod; differences: Difference[] }>();
  const ids = new Map<Element, number>();
  for (const difference of differences) {
    for (const { method } of rowsFor(difference, live, { facts, rules })) {
      // One command for all that differs in one device, or in one place outside of the devices.
      const device = deviceOf(live, difference) ?? live;
      if (!ids.has(device)) ids.set(device, ids.size);
      const key = `${method} ${ids.get(device)}`;
      const group = groups.get(key) ?? { method, differences: [] };
      group.differences.push(difference);
      groups.set(key, group);
    }
  }
  const after = edit(live, differences);
  const defined = definedDevices(differences, live, definition);
  return [...groups.values()]
    .map(({ method, differences: own }): LiveStep => ({
      method,
      paths: [...new Set(own.map(({ path }) => path))],
      differences: own,
      ...makers[method]({ uuid, own, live, after, definition, defined, aliases }),
    }))
    .filter(({ commands }) => commands.length > 0)
    .map((step, index) => ({ step, index }))
    .sort((one, other) => inOrder(one.step, other.step) || inTurn(one, other))
    .map(({ step }) => step);
}

function inOrder(one: LiveStep, other: LiveStep): number {
  return order.indexOf(one.method) - order.indexOf(other.method);
}

/** A controller comes before the devices on it, and goes after them. */
function inTurn(one: { step: LiveStep; index: number }, other: { index: number }): number {
  return one.step.method === "detach-device" ? other.index - one.index : one.index - other.index;
}

interface Making {
  readonly uuid: string;
  /** The differences that this step is for. */
  readonly own: readonly Difference[];
  readonly live: Element;
  /** The live XML as it is wanted. */
  readonly after: Element;
  readonly definition: Element;
  /** For each device that comes, how the definition has it. */
  readonly defined: ReadonlyMap<Element, Element>;
  readonly aliases: ReadonlyMap<string, string>;
}

type Maker = (making: Making) => Pick<LiveStep, "commands" | "back" | "done">;

const makers: Readonly<Record<LiveMethod, Maker>> = {
  setvcpus: ({ uuid, own }) => {
    const wanted = own.find((each) => each.kind === "attribute")?.to ?? textOf(own[0]?.wanted);
    return { commands: [{ name: "setvcpus", arguments: [uuid, wanted, "--live"] }] };
  },

  setmem: ({ uuid, own }) => {
    const wanted = own[0]?.wanted;
    if (wanted === undefined) return { commands: [] };
    const kibibytes = bytesOf(wanted) / 1024;
    return {
      commands: [{ name: "setmem", arguments: [uuid, kibibytes, "--live"] }],
      done: (live) => {
        const now = firstElement(live, "currentMemory");
        return now !== undefined && bytesOf(now) / 1024 === kibibytes;
      },
    };
  },

  "update-memory-device": ({ uuid, own, live, aliases }) => {
    const device = own[0] === undefined ? undefined : deviceOf(live, own[0]);
    const wanted = own[0]?.wanted;
    if (device === undefined || wanted === undefined) return { commands: [] };
    const alias = firstElement(asRunning(device, aliases), "alias")?.attributes.name ?? "";
    const size = `${bytesOf(wanted) / 1024}KiB`;
    const args = [uuid, "--live", "--alias", alias, "--requested-size", size];
    return { commands: [{ name: "update-memory-device", arguments: args }] };
  },

  desc: ({ uuid, own, after }) => ({
    commands: [...new Set(own.map(({ elements }) => elements[1] ?? ""))].map((name) => ({
      name: "desc",
      arguments: [
        uuid,
        "--live",
        ...(name === "title" ? ["--title"] : []),
        "--new-desc",
        textOf(firstElement(after, name)),
      ],
    })),
  }),

  metadata: ({ uuid, definition }) => {
    const mark = markElement(definition);
    if (mark === undefined) return { commands: [] };
    const xml = serializeXml(withoutPrefix(withoutApplied(mark))).replaceAll(/\n\s*/g, "");
    const options = ["--uri", markNamespace, "--key", markPrefix, "--set", xml];
    return { commands: [{ name: "metadata", arguments: [uuid, "--live", ...options] }] };
  },

  "set-lifecycle-action": ({ uuid, own }) => ({
    commands: own.map(({ elements, to = "" }) => ({
      name: "set-lifecycle-action",
      arguments: [uuid, (elements[1] ?? "").replace("on_", ""), to, "--live"],
    })),
  }),

  schedinfo: ({ uuid, own, after }) => {
    const parameters = { shares: "cpu_shares", period: "vcpu_period", quota: "vcpu_quota" };
    const tune = firstElement(after, "cputune");
    return {
      commands: changedParts(own, Object.keys(parameters)).map((name) => ({
        name: "schedinfo",
        arguments: [
          uuid,
          "--live",
          "--set",
          `${parameters[name as keyof typeof parameters]}=${textOf(tune && firstElement(tune, name))}`,
        ],
      })),
    };
  },

  vcpupin: ({ uuid, own, after }) => {
    const pins = new Set(
      own.flatMap(partsOf).flatMap(({ name, attributes }) => (name === "vcpupin" ? (attributes.vcpu ?? []) : [])),
    );
    const tune = firstElement(after, "cputune");
    return {
      commands: [...pins].map((vcpu) => {
        const pin = tune && elementsOf(tune, "vcpupin").find(({ attributes }) => attributes.vcpu === vcpu);
        return { name: "vcpupin", arguments: [uuid, vcpu, pin?.attributes.cpuset ?? "r", "--live"] };
      }),
    };
  },

  emulatorpin: ({ uuid, after }) => {
    const pin = firstElement(firstElement(after, "cputune"), "emulatorpin");
    return { commands: [{ name: "emulatorpin", arguments: [uuid, pin?.attributes.cpuset ?? "r", "--live"] }] };
  },

  blkdeviotune: ({ uuid, own, live }) => {
    const disk = changedDevice(own, live);
    const target = firstElement(disk, "target")?.attributes.dev ?? "";
    const limits = firstElement(disk, "iotune");
    // All of them, since what is left out stays as it was; 0 is no limit.
    const options = iotuneLimits.flatMap((name) => [
      `--${name.replaceAll("_", "-")}`,
      textOf(limits && firstElement(limits, name)) || "0",
    ]);
    return { commands: [{ name: "blkdeviotune", arguments: [uuid, target, ...options, "--live"] }] };
  },

  "update-device": ({ uuid, own, live, aliases }) => {
    const device = changedDevice(own, live);
    if (device === undefined) return { commands: [] };
    return { commands: [deviceCommand("update-device", uuid, asRunning(device, aliases))] };
  },

  "attach-device": ({ uuid, own, defined, aliases }) => ({
    commands: own.flatMap((each) => {
      const device = each.kind === "insert" ? defined.get(each.element) : undefined;
      return device === undefined ? [] : [deviceCommand("attach-device", uuid, withFreeAlias(device, aliases))];
    }),
  }),

  "replug-device": ({ uuid, own, live, aliases }) => {
    const [leaving, coming] = [own[0] && deviceOf(live, own[0]), changedDevice(own, live)];
    if (leaving === undefined || coming === undefined) return { commands: [] };
    const [was, is] = [leaving, coming].map((device) => asRunning(device, aliases)) as [Element, Element];
    return {
      commands: [deviceCommand("detach-device", uuid, was), deviceCommand("attach-device", uuid, is)],
      back: [deviceCommand("attach-device", uuid, was)],
    };
  },

  "detach-device": ({ uuid, own, aliases }) => {
    const leaving = own.flatMap((each) => (each.kind === "remove" ? [asRunning(each.element, aliases)] : []));
    return {
      commands: leaving.map((device) => deviceCommand("detach-device", uuid, device)),
      // libvirt answers when QEMU has asked the guest, which lets go of a device in its own time.
      done: (now) => leaving.every((device) => !isThere(now, device)),
    };
  },
};

/** formatdomain, "Hard drives, floppy disks, CDROMs": iotune. */
const iotuneLimits = [
  "total_bytes_sec",
  "read_bytes_sec",
  "write_bytes_sec",
  "total_iops_sec",
  "read_iops_sec",
  "write_iops_sec",
];

function deviceCommand(name: string, uuid: string, device: Element): Command {
  return { name, arguments: [uuid, { xml: serializeXml(device) }, "--live"] };
}

/** The elements that differ: the one that comes or goes with what is in it, or the one in which a value differs. */
function partsOf(difference: Difference): Element[] {
  const element = "element" in difference ? difference.element : difference.at;
  return [element, ...elementsOf(element)];
}

function changedParts(own: readonly Difference[], names: readonly string[]): string[] {
  const changed = new Set(own.flatMap(partsOf).map(({ name }) => name));
  return names.filter((name) => changed.has(name));
}

/** The live device with all that differs in it mended, and without what only libvirt says of it. */
function changedDevice(own: readonly Difference[], live: Element): Element | undefined {
  const device = own[0] === undefined ? undefined : deviceOf(live, own[0]);
  if (device === undefined) return undefined;
  const changed = edit(device, own);
  // A NIC on a network is asked for by the network, whatever the network gave it.
  const onNetwork = firstElement(changed, "source")?.attributes.network !== undefined;
  return {
    ...changed,
    attributes: onNetwork ? { ...changed.attributes, type: "network" } : changed.attributes,
    children: changed.children.map((child) => {
      if (typeof child === "string" || child.name !== "source") return child;
      const { portid: _port, index: _index, ...attributes } = child.attributes;
      const { bridge: _bridge, ...ofNetwork } = attributes;
      return { ...child, attributes: onNetwork ? ofNetwork : attributes };
    }),
  };
}

/** The device under the alias that it has in what runs. */
function asRunning(device: Element, aliases: ReadonlyMap<string, string>): Element {
  const held = aliases.get(aliasOf(device) ?? "");
  return held === undefined ? device : withAlias(device, held);
}

/** Its alias may be that of a device which runs under another key now. */
function withFreeAlias(device: Element, aliases: ReadonlyMap<string, string>): Element {
  return [...aliases.values()].includes(aliasOf(device) ?? "") ? withoutAlias(device) : device;
}

/** Whether this very device of the guest is still there: a running guest's devices have names of their own. */
function isThere(live: Element, device: Element): boolean {
  const nameOf = (each: Element): string | undefined => firstElement(each, "alias")?.attributes.name;
  return devicesIn(live, device.name).some((each) => nameOf(each) === nameOf(device));
}

/** libvirt puts the name space and its prefix on what it is given, all the way down. */
function withoutPrefix({ name, attributes, children }: Element): Element {
  const { [`xmlns:${markPrefix}`]: _namespace, ...own } = attributes;
  return {
    name: name.replace(`${markPrefix}:`, ""),
    attributes: own,
    children: children.map((child) => (typeof child === "string" ? child : withoutPrefix(child))),
  };
}
