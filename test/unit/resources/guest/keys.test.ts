/**
 * Devices whose key in the program changes, and images and addresses that move from one key to another, in all short courses
 * of programs over small maps (8.5). libvirt is played by the plan's own edits: what a running guest takes is in its XML.
 */

import { qemu } from "../../../../provider/hypervisors/qemu";
import type { HostFacts } from "../../../../provider/libvirt/host-facts";
import { readMark, withMark } from "../../../../provider/libvirt/mark";
import { liveSteps } from "../../../../provider/libvirt/live-commands";
import type { Virsh } from "../../../../provider/libvirt/virsh";
import { parseXml } from "../../../../provider/libvirt/xml";
import { withDropped } from "../../../../provider/lifecycle/inputs";
import { planFor } from "../../../../provider/lifecycle/plans";
import { instantiate } from "../../../../provider/reconcile/desired";
import { aliasOf } from "../../../../provider/reconcile/pair";
import { type Element, elementsOf, firstElement, isElement, textOf } from "../../../../provider/reconcile/tree";
import { appliedBy, appliedText } from "../../../../provider/resources/applied";
import { liveRules } from "../../../../provider/resources/guest/devices";
import { guest } from "../../../../provider/resources/guest/handler";
import type { ObservedGuest } from "../../../../provider/resources/guest/observed";
import { type GuestInputs, guest as schema } from "../../../../schema/guest";

const facts: HostFacts = {
  uuid: "00000000-0000-4000-8000-000000000001",
  libvirtVersion: 9_000_000,
  architecture: "x86_64",
  session: false,
};
const host = { virsh: undefined as unknown as Virsh, facts, profile: qemu };
const identity = { urn: "urn:pulumi:test::project::virt:guest::web", resourceName: "web" };

/** By key, a letter that stands for an image, and for a MAC address and a channel's name. */
type Devices = Readonly<Record<string, string>>;

const mac = (letter: string): string => `52:54:00:00:00:0${letter.charCodeAt(0) - "W".charCodeAt(0)}`;
const mapped = (devices: Devices, of: (letter: string) => object): object =>
  Object.fromEntries(Object.entries(devices).map(([key, letter]) => [key, of(letter)]));

function inputsOf(devices: Devices, old: GuestInputs | undefined): GuestInputs {
  const inputs = {
    host: { uri: "qemu:///system", id: "qemu:///system" },
    vcpus: 1,
    memoryMiB: 64,
    spareRootPorts: 16,
    disks: mapped(devices, (letter) => ({ path: `/${letter}.img` })),
    nics: mapped(devices, (letter) => ({ user: true, mac: mac(letter) })),
    channels: mapped(devices, (letter) => ({ name: `org.example.${letter}` })),
  } as unknown as GuestInputs;
  return guest.derive(inputs, old, identity);
}

/** The guest on its host. */
interface Held {
  readonly document: Element;
  readonly live: Element;
}

function seen({ document, live }: Held, inputs: GuestInputs, recorded: GuestInputs): ObservedGuest {
  const applied = appliedBy(readMark(document));
  const observed: ObservedGuest = {
    id: inputs.uuid ?? "",
    document,
    live,
    settings: { autostart: false, running: true },
    ownership: "ours",
    adopted: false,
    creation: undefined,
    applied,
    release: "",
    facts: { state: "running" },
  };
  return guest.underKeysOf?.observed(inputs, observed, recorded) ?? observed;
}

const marked = (document: Element, inputs: GuestInputs): Element =>
  withMark(document, { owner: "", state: "finished", applied: appliedText(schema, inputs) });

/** libvirt gives them all a place; what nothing else tells apart is known by that. */
function placed(document: Element): Element {
  const devices = firstElement(document, "devices");
  const place = (device: Element, slot: number): Element => ({
    ...device,
    children: [
      ...device.children,
      { name: "address", attributes: { type: "place", slot: String(slot) }, children: [] },
    ],
  });
  const isPlaced = ({ name }: Element): boolean => name === "memory" || name === "rng";
  const children = devices?.children.map((child, slot) =>
    isElement(child) && isPlaced(child) ? place(child, slot) : child,
  );
  return {
    ...document,
    children: document.children.map((child) => (child === devices ? { ...devices, children: children ?? [] } : child)),
  };
}

function started(inputs: GuestInputs): Held {
  const wanted = placed(instantiate(guest.desired(inputs, host).document));
  const document = { ...marked(wanted, inputs), attributes: { type: "qemu" } };
  return { document, live: document };
}

const devicesOf = (document: Element): Element[] =>
  elementsOf(firstElement(document, "devices") ?? document).filter(
    (device) => /^ua-(disk|nic|channel)-/.test(aliasOf(device) ?? "") || ["disk", "interface"].includes(device.name),
  );

/** What it is, whatever it is called. */
function known(device: Element): string {
  const [source, card, target] = ["source", "mac", "target"].map((name) => firstElement(device, name)?.attributes);
  if (device.name === "disk") return source?.file ?? "";
  return (device.name === "interface" ? card?.address : target?.name) ?? "";
}

const byAlias = (document: Element): Record<string, string> =>
  Object.fromEntries(devicesOf(document).map((device) => [aliasOf(device) ?? "", known(device)]));

function wantedByAlias(devices: Devices): Record<string, string> {
  return Object.fromEntries(
    Object.entries(devices).flatMap(([key, letter]) => [
      [`ua-disk-${key}`, `/${letter}.img`],
      [`ua-nic-${key}`, mac(letter)],
      [`ua-channel-${key}`, `org.example.${letter}`],
    ]),
  );
}

/** virsh, as far as devices come and go. */
function plugged(live: Element, commands: readonly { readonly name: string; readonly xml: string }[]): Element {
  return commands.reduce((document, { name, xml }) => {
    const device = parseXml(xml);
    const devices = firstElement(document, "devices") as Element;
    const own = elementsOf(devices, device.name);
    const named = own.find(
      (each) =>
        firstElement(each, "alias")?.attributes.name === firstElement(device, "alias")?.attributes.name &&
        aliasOf(device) !== undefined,
    );
    const put = (children: Element["children"]): Element => ({
      ...document,
      children: document.children.map((child) => (child === devices ? { ...devices, children } : child)),
    });
    if (name === "attach-device") {
      expect(named).toBeUndefined();
      for (const each of own) {
        expect(known(each)).not.toBe(known(device));
        if (device.name === "disk")
          expect(firstElement(each, "target")?.attributes.dev).not.toBe(firstElement(device, "target")?.attributes.dev);
      }
      return put([...devices.children, device]);
    }
    expect(["detach-device", "update-device"]).toContain(name);
    const same = named ?? own.find((each) => known(each) === known(device));
    expect(same).toBeDefined();
    return put(devices.children.flatMap((child) => (child !== same ? child : name === "update-device" ? device : [])));
  }, live);
}

interface Step {
  readonly held: Held;
  readonly inputs: GuestInputs;
}

/** One `pulumi up`: the host and the state after it. */
function apply({ held, inputs: recorded }: Step, inputs: GuestInputs): Step {
  const observed = seen(held, inputs, recorded);
  const plan = planFor(guest, host, inputs, recorded, observed);
  const steps = liveSteps("UUID", plan.live, observed.live as Element, plan.document, {
    facts,
    rules: liveRules(qemu, observed.live as Element),
    aliases: observed.asHeld?.aliases,
  });
  const commands = steps.flatMap(({ commands: all }) =>
    all.map(({ name, arguments: words = [] }) => ({
      name,
      xml: words.flatMap((word) => (typeof word === "object" && "xml" in word ? [word.xml] : []))[0] ?? "",
    })),
  );
  const document = marked(plan.document, inputs);
  return {
    inputs,
    held: {
      document,
      live: plugged(
        held.live,
        commands.filter(({ name }) => name.endsWith("-device")),
      ),
    },
  };
}

function up(before: Step, devices: Devices): Step {
  const inputs = inputsOf(devices, before.inputs);
  const next = apply(before, inputs);

  // What the guest is to have is in its definition, once, under its key.
  expect(byAlias(next.held.document)).toEqual(wantedByAlias(devices));
  const targets = devicesOf(next.held.document).flatMap((each) =>
    each.name === "disk" ? firstElement(each, "target")?.attributes.dev : [],
  );
  expect(new Set(targets).size).toBe(targets.length);

  const serials = devicesOf(next.held.document).flatMap((each) => elementsOf(each, "serial").map(textOf));
  expect(new Set(serials).size).toBe(serials.length);

  // Nothing is taken from what runs that it is to have.
  const wanted = Object.values(wantedByAlias(devices));
  const now = devicesOf(next.held.live).map(known);
  for (const each of devicesOf(before.held.live).map(known)) if (wanted.includes(each)) expect(now).toContain(each);

  // What came free by it may bring one more at once; after that nothing differs but what needs a start.
  const settled = apply(next, inputs);
  const again = planFor(guest, host, inputs, inputs, seen(settled.held, inputs, inputs));
  expect(again.changes).toEqual([]);
  expect(settled.held.document).toEqual(next.held.document);
  expect(again.document).toEqual(next.held.document);
  return settled;
}

/** Somebody takes all names of ours out of the definition; what runs keeps them. */
function stripped({ held, inputs }: Step): Step {
  const without = (element: Element): Element => ({
    ...element,
    children: element.children.flatMap((child) =>
      !isElement(child) ? child : child.name === "alias" ? [] : without(child),
    ),
  });
  return { inputs, held: { ...held, document: without(held.document) } };
}

/** Somebody takes our mark away: what was made by which inputs is known by the record alone. */
function unmarked({ held, inputs }: Step): Step {
  const children = held.document.children.filter((child) => !isElement(child) || child.name !== "metadata");
  return { inputs, held: { ...held, document: { ...held.document, children } } };
}

/** An update that fails before anything is touched, or when all of it is done: what both programs have is recorded. */
function failed(before: Step, devices: Devices, { isDone }: { readonly isDone: boolean }): Step {
  const inputs = inputsOf(devices, before.inputs);
  const { held } = isDone ? apply(before, inputs) : before;
  return { held, inputs: withDropped(inputs, before.inputs) as unknown as GuestInputs };
}

function begun(devices: Devices): Step {
  const inputs = inputsOf(devices, undefined);
  return { inputs, held: started(inputs) };
}

const costly: readonly (readonly Devices[])[] = [
  [{ a: "X" }, { b: "X" }],
  [{ a: "X", b: "Y" }, { b: "X" }],
  [
    { a: "X", b: "Y", c: "Z" },
    { a: "Y", b: "Z" },
  ],
  [
    { a: "X", b: "Y" },
    { a: "Y", b: "X" },
  ],
  [{ a: "X" }, { b: "X" }, { b: "X", a: "Y" }, { b: "X" }],
  [{ a: "X" }, { b: "X" }, { b: "X", a: "Y" }, { a: "Y" }],
  [{ a: "X" }, { b: "X", a: "Y" }, { a: "X" }],
  [
    { a: "X", c: "Y" },
    { b: "X", a: "Y" },
  ],
  [{ a: "X" }, { a: "Y" }, { b: "X" }],
  [{ a: "X" }, { a: "Y" }, { b: "Y" }],
];

describe("courses that cost somebody a disk, or would have", () => {
  it.each(costly)("%j → %j", (...course) => {
    course.slice(1).reduce(up, begun(course[0] as Devices));
  });
});

describe("what else goes by a key", () => {
  const derived = (more: object, old?: GuestInputs): GuestInputs =>
    guest.derive({ ...inputsOf({}, undefined), ...more }, old, identity);
  const changesFrom = (before: object, after: object): readonly string[] => {
    const recorded = derived(before);
    const wanted = derived(after, recorded);
    const plan = planFor(guest, host, wanted, recorded, seen(started(recorded), wanted, recorded));
    return plan.changes.map(({ path }) => path);
  };
  const disk = { path: "/X.img", bus: "virtio", cache: "none" };

  it("a fragment within the device follows it", () => {
    const before = { disks: { a: disk }, xml: { quick: { at: "disks.a", fragment: "<transient/>" } } };
    const after = { disks: { b: disk }, xml: { quick: { at: "disks.b", fragment: "<transient/>" } } };
    expect(changesFrom(before, after)).toEqual([]);
  });

  it("a field that is dropped along with the key is dropped", () => {
    const { cache: _, ...plain } = disk;
    expect(changesFrom({ disks: { a: disk } }, { disks: { b: plain } })).toEqual(["disks.b.cache"]);
  });

  it.each([
    [
      "a USB device by vendor and product",
      "<hostdev mode='subsystem' type='usb'><source><vendor id='0x1'/><product id='0x2'/></source></hostdev>",
    ],
    ["a device that nothing tells apart", "<rng model='virtio'><backend model='random'>/dev/random</backend></rng>"],
  ])("a raw fragment that says the same: %s", (_title, fragment) => {
    const of = (key: string): object => ({ xml: { [key]: { at: "devices", fragment } } });
    expect(changesFrom(of("a"), of("b"))).toEqual([]);
  });

  it("a raw device that is stated again as a part of the document waits for nothing, with the alias or without (8.5)", () => {
    const card = "<interface type='user'><mac address='52:54:00:00:00:01'/></interface>";
    const [within, whole] = [{ at: "devices", fragment: card }, { fragment: `<devices>${card}</devices>` }];
    for (const [before, after] of [
      [within, whole],
      [whole, within],
    ]) {
      const recorded = derived({ xml: { raw: before } });
      const wanted = derived({ xml: { raw: after } }, recorded);
      const start = { held: started(recorded), inputs: recorded };
      for (const { held, inputs } of [start, apply(start, wanted)]) {
        const plan = planFor(guest, host, wanted, inputs, seen(held, wanted, inputs));
        expect(plan).toMatchObject({ changes: [], live: [], pendingRestart: [] });
      }
    }
  });

  it("DIMMs alike", () => {
    const of = (...names: string[]): object => ({
      memoryHotplug: { slots: 4, maxMiB: 1024 },
      memoryDevices: Object.fromEntries(names.map((name) => [name, { model: "dimm", sizeMiB: 128 }])),
    });
    expect(changesFrom(of("a", "b"), of("b", "c"))).toEqual([]);
    expect(changesFrom(of("a", "b"), of("c", "d"))).toEqual([]);
  });

  it("a NIC that is stated by the address it had from its key is the same one, and its former key another one's", () => {
    const address = derived({ nics: { a: { user: true } } }).nics?.a?.mac;
    const after = { nics: { b: { user: true, mac: address }, a: { user: true } } };
    expect(changesFrom({ nics: { a: { user: true } } }, after)).toEqual(["nics.a"]);
  });

  it("a NIC whose MAC address comes from its key is another one", () => {
    expect(changesFrom({ nics: { a: { user: true } } }, { nics: { b: { user: true } } })).toEqual(["nics.a", "nics.b"]);
  });
});

describe("courses whose names somebody took out of the definition each time before", () => {
  it.each(costly)("%j → %j", (...course) => {
    course.slice(1).reduce(
      (before, devices) => {
        // What only lost its name waits for nothing: with leave to restart, the guest would be shut down for it.
        const wanted = inputsOf(devices, before.inputs);
        const pending = ({ held, inputs }: Step): readonly string[] =>
          planFor(guest, host, wanted, inputs, seen(held, wanted, inputs)).pendingRestart.map(({ path }) => path);
        expect(pending(stripped(before))).toEqual(pending(before));
        return up(stripped(before), devices);
      },
      begun(course[0] as Devices),
    );
  });
});

describe("courses whose mark somebody took away each time before", () => {
  it.each([
    ...costly,
    [
      { a: "X", b: "Y" },
      { b: "X", c: "Y" },
    ],
  ])("%j → %j", (...course) => {
    course.slice(1).reduce((before, devices) => up(unmarked(before), devices), begun(course[0] as Devices));
  });
});

describe("cards of an adopted guest, whose addresses no program states", () => {
  const adopted = (nics: object, old?: GuestInputs): GuestInputs => {
    const { uuid: _uuid, ...inputs } = inputsOf({}, undefined);
    return guest.derive({ ...inputs, adopt: true, nics } as GuestInputs, old, identity);
  };
  const net = (name: string): object => ({ network: { name } });
  const addresses = (document: Element): Record<string, string> =>
    Object.fromEntries(devicesOf(document).map((card) => [aliasOf(card) ?? "", known(card)]));

  it.each<readonly [string, before: Record<string, object>, after: object, Record<string, string>]>([
    ["the only one", { a: { user: true } }, { b: { user: true } }, { "ua-nic-b": "X" }],
    [
      "of two, each on its network",
      { a: net("one"), b: net("two") },
      { c: net("two"), d: net("one") },
      { "ua-nic-c": "Y", "ua-nic-d": "X" },
    ],
    [
      "of two on one network",
      { a: net("one"), b: net("one") },
      { c: net("one"), b: net("one") },
      { "ua-nic-b": "Y", "ua-nic-c": "X" },
    ],
    [
      "one whose address the program states from now on",
      { a: net("one") },
      { b: { ...net("one"), mac: mac("X") } },
      { "ua-nic-b": "X" },
    ],
    [
      "one whose address goes with another network",
      { a: net("one") },
      { b: { ...net("two"), mac: mac("X") } },
      { "ua-nic-b": "X" },
    ],
  ])("%s", (_title, before, after, expected) => {
    const recorded = adopted(before);
    const letters = ["X", "Y"];
    const given = Object.fromEntries(
      Object.entries(before).map(([key, nic], index) => [key, { ...nic, mac: mac(letters[index] ?? "") }]),
    );
    // What somebody else gave a card stays with it: it is the same card.
    const roms = Object.keys(before).map((key) => [key, { at: `nics.${key}`, fragment: "<rom bar='off'/>" }] as const);
    const { live, document } = started({ ...recorded, nics: given, xml: Object.fromEntries(roms) });
    const held = { live, document: marked(document, recorded) };
    const next = apply({ held, inputs: recorded }, adopted(after, recorded));
    const wanted = Object.fromEntries(Object.entries(expected).map(([alias, letter]) => [alias, mac(letter)]));
    expect(addresses(next.held.document)).toEqual(wanted);
    for (const each of [next.held.document, next.held.live].flatMap(devicesOf))
      expect(firstElement(each, "rom")).toBeDefined();
    expect(devicesOf(next.held.live).map(known).sort()).toEqual(Object.values(wanted).sort());
  });
});

const keys = ["a", "b", "c"];
const one = keys.flatMap((key) => ["X", "Y", "Z"].map((letter) => [key, letter] as const));
const programs = [
  ...one.map((each) => [each]),
  ...one.flatMap((each) =>
    one.filter(([key, letter]) => key > each[0] && letter !== each[1]).map((other) => [each, other]),
  ),
].map((entries): Devices => Object.fromEntries(entries));
// Which letter is which makes no difference.
const first = programs.filter((each) => ["X", "XY"].includes(Object.values(each).join("")));

/** All of them are 4,374, and were tried; a test has time for some. */
const every = Number(process.env.KEYS_EVERY ?? 11);

/** What happens on the way, each in its turn. */
const ways: Readonly<Record<string, (start: Step, second: Devices) => Step>> = {
  "all of them are carried out": up,
  "names are taken out of the definition before": (start, second) => stripped(up(stripped(start), second)),
  "the mark is taken away before": (start, second) => unmarked(up(unmarked(start), second)),
  "the second one fails before anything is touched": (start, second) => failed(start, second, { isDone: false }),
  "the second one fails when all is done": (start, second) => failed(start, second, { isDone: true }),
};

it.each(Object.keys(ways))("courses of three programs with one or two of three devices under three keys: %s", (way) => {
  const courses = first.flatMap((start) =>
    programs.flatMap((second) => programs.map((third) => [start, second, third] as const)),
  );
  const wrong = courses
    .filter((_, index) => index % (every * 3) === Object.keys(ways).indexOf(way))
    .flatMap(([start, second, third]) => {
      try {
        up((ways[way] as typeof up)(begun(start), second), third);
        return [];
      } catch (error) {
        return [
          `${[start, second, third].map((each) => JSON.stringify(each)).join(" → ")}: ${(error as Error).message}`,
        ];
      }
    });
  expect(wrong).toEqual([]);
});
