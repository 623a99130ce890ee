import type { GuestInputs } from "../../../../schema/guest";
import { guest as schema } from "../../../../schema/guest";
import { kvm } from "../../../../provider/hypervisors/kvm";
import { qemu } from "../../../../provider/hypervisors/qemu";
import { type Element, descend, elementsOf, firstElement } from "../../../../provider/reconcile/tree";
import { instantiate } from "../../../../provider/reconcile/desired";
import { problems } from "../../../../provider/resources/guest/problems";
import { toXml } from "../../../../provider/resources/guest/xml";

const facts = { uuid: "u", architecture: "x86_64", libvirtVersion: 9_000_000, session: false };
const host = { facts, profile: qemu };
const base = { host: { uri: "qemu:///system" }, name: "web", vcpus: 2, memoryMiB: 256 } as GuestInputs;
type Fragments = NonNullable<GuestInputs["xml"]>;

function documentOf(more: Partial<GuestInputs>): Element {
  return instantiate(toXml({ ...base, ...more }, host).document);
}

function devicesOf(document: Element, name: string): Element[] {
  return elementsOf(firstElement(document, "devices") as Element, name);
}

const nics = (...keys: string[]): Partial<GuestInputs> => ({
  nics: Object.fromEntries(keys.map((key) => [key, { user: true }])),
});
const tune = (at: string): Fragments => ({ tune: { at, fragment: "<tune><sndbuf>1600</sndbuf></tune>" } });

describe("a device by its key (8.19)", () => {
  it.each([
    ["the only one", ["lan"]],
    ["the last one", ["dmz", "lan"]],
    ["between others", ["admin", "lan", "zone"]],
  ])("gets the fragment wherever it stands: %s", (_name, keys) => {
    const cards = devicesOf(documentOf({ ...nics(...keys), xml: tune("nics.lan") }), "interface");
    expect(cards.map((card) => firstElement(card, "tune") !== undefined)).toEqual(keys.map((key) => key === "lan"));
  });

  it.each<[string, Partial<GuestInputs>, string, string]>([
    ["disks.root", { disks: { data: { path: "/srv/a" }, root: { path: "/srv/b" } } }, "disk", "ua-disk-root"],
    ["channels.one", { channels: { one: { name: "org.one" }, two: { name: "org.two" } } }, "channel", "ua-channel-one"],
    [
      "memoryDevices.b",
      {
        memoryHotplug: { slots: 2, maxMiB: 1024 },
        memoryDevices: { a: { model: "dimm", sizeMiB: 128 }, b: { model: "dimm", sizeMiB: 128 } },
      },
      "memory",
      "ua-memory-b",
    ],
  ])("%s", (at, more, name, alias) => {
    const inputs = { ...base, ...more, xml: { acpi: { at, fragment: "<acpi index='7'/>" } } };
    expect(problems(inputs)).toEqual([]);
    const found = devicesOf(documentOf(inputs), name).filter((device) => firstElement(device, "acpi") !== undefined);
    expect(found.map((device) => firstElement(device, "alias")?.attributes.name)).toEqual([alias]);
  });

  it("and what is in it: the fragment's words win there, the rest stays", () => {
    const xml = { io: { at: "disks.root", fragment: "<driver iothread='1' cache='none'/>" } };
    const [disk] = devicesOf(documentOf({ disks: { root: { path: "/srv/a", format: "qcow2" } }, xml }), "disk");
    expect(firstElement(disk, "driver")?.attributes).toMatchObject({ type: "qcow2", cache: "none", iothread: "1" });
    const label = { label: { at: "disks.root/source", fragment: "<seclabel relabel='no'/>" } };
    const [labelled] = devicesOf(documentOf({ disks: { root: { path: "/srv/a" } }, xml: label }), "disk");
    expect(descend(labelled, "source", "seclabel")?.attributes.relabel).toBe("no");
  });

  it.each([
    ["nics.lam", nics("lan", "dmz"), 'xml.tune.at: there is no device "nics.lam" in the program. There are "nics.lan"'],
    ["disks.root", {}, 'xml.tune.at: there is no device "disks.root" in the program. It has no devices with a key.'],
  ])("that is none is refused: %s", (at, more, sentence) => {
    expect(problems({ ...base, ...more, xml: tune(at) }).join()).toContain(sentence);
  });

  it.each(["nics.lan", "nics.lan/driver", "devices/interface", "cpu/numa"])("the schema takes %s", (at) => {
    expect(schema.safeParse({ ...base, xml: { a: { at, fragment: "<a/>" } } }).success).toBe(true);
  });
  it.each(["nics.lan.mac", "nics.", "video.a", "devices/nics.lan", "/devices"])("and not %s", (at) => {
    expect(schema.safeParse({ ...base, xml: { a: { at, fragment: "<a/>" } } }).success).toBe(false);
  });
});

describe("a place that is not one place (8.19)", () => {
  it("works with one, and is refused with several, which have keys", () => {
    const one = { ...base, ...nics("lan"), xml: tune("devices/interface") };
    expect(problems(one)).toEqual([]);
    expect(firstElement(devicesOf(documentOf(one), "interface")[0], "tune")).toBeDefined();
    expect(problems({ ...one, ...nics("lan", "dmz") })).toEqual([
      'xml.tune.at: "devices/interface" is ambiguous: there are 2 <interface> elements in <devices>. Say which one by its key: "nics.lan" or "nics.dmz".',
    ]);
  });

  it("also where another fragment adds the second one, whichever key comes first", () => {
    for (const key of ["a", "z"]) {
      const second = { at: "devices", fragment: "<interface type='user'/>" };
      const inputs = { ...base, ...nics("lan"), xml: { ...tune("devices/interface"), [key]: second } };
      expect(problems(inputs).join()).toContain('Say which one by its key: "nics.lan".');
    }
  });

  it("and where nothing of it has a key, the whole element is asked for", () => {
    const xml = { late: { at: "clock/timer", fragment: "<catchup/>" } };
    const inputs: Partial<GuestInputs> = { os: "windows", xml };
    expect(() => toXml({ ...base, ...inputs }, { facts, profile: kvm })).toThrow(
      'xml.late.at: "clock/timer" is ambiguous: there are 2 <timer> elements in <clock>. Give the whole <timer>',
    );
  });
});

describe("elements that may stand several times are told apart, in every place (8.19)", () => {
  const of = (parent: readonly string[], name: string, xml: Fragments, more: Partial<GuestInputs> = {}): unknown[] => {
    const found = descend(documentOf({ ...more, xml }), ...parent) as Element;
    return elementsOf(found, name).map(({ attributes, children }) => ({
      ...attributes,
      ...(children.length && { children }),
    }));
  };

  it.each<[string, readonly string[], string, readonly string[]]>([
    ["vcpupin", ["cputune"], "cputune", ["<vcpupin vcpu='0' cpuset='0'/>", "<vcpupin vcpu='1' cpuset='1'/>"]],
    [
      "vcpusched",
      ["cputune"],
      "cputune",
      ["<vcpusched vcpus='0' scheduler='fifo'/>", "<vcpusched vcpus='1' scheduler='rr'/>"],
    ],
    [
      "memnode",
      ["numatune"],
      "numatune",
      ["<memnode cellid='0' mode='strict' nodeset='0'/>", "<memnode cellid='1' mode='strict' nodeset='0'/>"],
    ],
    [
      "page",
      ["memoryBacking", "hugepages"],
      "memoryBacking/hugepages",
      ["<page size='2048' nodeset='0'/>", "<page size='1048576' nodeset='1'/>"],
    ],
    [
      "device",
      ["blkiotune"],
      "blkiotune",
      ["<device><path>/dev/a</path></device>", "<device><path>/dev/b</path></device>"],
    ],
    [
      "sibling",
      ["cpu", "numa", "cell", "distances"],
      "cpu/numa/cell/distances",
      ["<sibling id='0' value='10'/>", "<sibling id='1' value='20'/>"],
    ],
    ["boot", ["os"], "os", ["<boot dev='network'/>"]],
    ["initarg", ["os"], "os", ["<initarg>a</initarg>", "<initarg>a</initarg>"]],
    ["event", ["perf"], "perf", ["<event name='cmt' enabled='no'/>", "<event name='mbmt' enabled='no'/>"]],
    ["qemu:arg", ["qemu:commandline"], "", ["<c/>"]],
  ])("%s", (name, parent, at, fragments) => {
    if (name === "qemu:arg") {
      const line = (value: string): string =>
        `<qemu:commandline xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'><qemu:arg value='${value}'/></qemu:commandline>`;
      expect(of(parent, name, { a: { fragment: line("-one") }, b: { fragment: line("-two") } })).toHaveLength(2);
      return;
    }
    const xml = Object.fromEntries(fragments.map((fragment, index) => [`f${index}`, { at, fragment }]));
    const before = name === "boot" ? 1 : 0;
    expect(of(parent, name, xml)).toHaveLength(fragments.length + before);
  });

  it("the same by its key is one element", () => {
    const pins = of(
      ["cputune"],
      "vcpupin",
      { pin: { fragment: "<cputune><vcpupin vcpu='0' cpuset='3'/></cputune>" } },
      {
        cputune: { vcpuPins: { 0: "0-1", 1: "2" } },
      },
    );
    expect(pins).toEqual([
      { vcpu: "0", cpuset: "3" },
      { vcpu: "1", cpuset: "2" },
    ]);
  });

  it("what stands once is one, also among the devices", () => {
    const document = documentOf({ xml: { none: { at: "devices", fragment: "<memballoon model='none'/>" } } });
    expect(devicesOf(document, "memballoon").map(({ attributes }) => attributes.model)).toEqual(["none"]);
  });
});

describe("NUMA cells of a fragment are the memory (8.14)", () => {
  const cells = (...sizes: string[]): Partial<GuestInputs> => ({
    xml: {
      nodes: {
        at: "cpu",
        fragment: `<numa>${sizes.map((size, id) => `<cell id='${id}' cpus='${id}' memory='${size}'/>`).join("")}</numa>`,
      },
    },
  });
  const kib = (mebibytes: number): string => `${mebibytes * 1024}`;

  it("and another number is said, with both", () => {
    expect(problems({ ...base, ...cells(kib(128), kib(64)) })).toEqual([
      "memoryMiB: 256 MiB are wanted, and the NUMA cells of xml.nodes have 192 MiB; libvirt takes the sum of the cells. Let both be the same.",
    ]);
    expect(problems({ ...base, maxMemoryMiB: 512, ...cells(kib(128), kib(128)) }).join()).toContain(
      "maxMemoryMiB: 512 MiB",
    );
  });

  it.each([
    ["in KiB", cells(kib(128), kib(128))],
    ["in other units", cells("131072", "128' unit='MiB")],
    [
      "one within the other",
      { xml: { a: { fragment: "<cpu><numa><cell cpus='0-1' memory='262144'/></numa></cpu>" } } },
    ],
    [
      "cell by cell",
      {
        xml: {
          a: { at: "cpu/numa", fragment: "<cell id='0' cpus='0' memory='128' unit='MiB'/>" },
          b: { at: "cpu/numa", fragment: "<cell id='1' cpus='1' memory='128' unit='MiB'/>" },
        },
      },
    ],
  ])("the same sum is right: %s", (_name, more) => {
    expect(problems({ ...base, ...more })).toEqual([]);
  });
});
