import fc from "fast-check";
import { libvirtLanguage } from "../../../provider/libvirt/language";
import { parseXml, serializeXml } from "../../../provider/libvirt/xml";
import { type DesiredElement, element, instantiate, stated } from "../../../provider/reconcile/desired";
import { type Plan, plan } from "../../../provider/reconcile/plan";
import { elementsOf } from "../../../provider/reconcile/tree";

const held = parseXml(`<domain><name>a</name><memory unit='KiB'>163840</memory><title>old</title>
  <devices>
    <disk><source file='/a'/><target dev='vda' bus='virtio'/><alias name='ua-disk-root'/><address type='pci' bus='0x01'/></disk>
    <disk><source file='/theirs'/><target dev='vdb' bus='virtio'/></disk>
    <sound model='ich9'/>
  </devices></domain>`);

function domain(bus: string, memory: number, title?: string): DesiredElement {
  return element("domain", "", {}, [
    element("memory", "memoryMiB", { unit: "MiB" }, memory),
    title === undefined ? undefined : element("title", "title", {}, title),
    element("devices", "", {}, [
      element("disk", "disks.root", {}, [
        element("target", "disks.root", { dev: "vda", bus: stated("disks.root.bus", bus) }),
        element("alias", "disks.root", { name: "ua-disk-root" }),
      ]),
    ]),
  ]);
}

function planned(desired: DesiredElement, before?: DesiredElement, owned = (_path: string): boolean => true): Plan {
  return plan({
    desired: { document: desired, settings: {} },
    lastApplied: before === undefined ? undefined : { document: before, settings: {} },
    actual: { document: held, settings: {} },
    owned,
    dependants: (path) => (path === "disks.root.bus" ? ["address"] : []),
    language: libvirtLanguage,
  });
}

it("has nothing to do where the host holds what is wanted, in whatever unit", () => {
  const { changes, document } = planned(domain("virtio", 160));
  expect(changes).toEqual([]);
  expect(document).toBe(held);
});

it("names each change by its input path, in the input's unit", () => {
  expect(planned(domain("virtio", 192)).changes).toEqual([
    { path: "memoryMiB", from: "160", to: "192", requiresRestart: false },
  ]);
});

it("what goes under one path is not taken for what comes under another one (8.19)", () => {
  const sound = (path: string, alias: string): DesiredElement =>
    element("domain", "", {}, [
      element("devices", "", {}, [
        element("sound", path, { model: "ich9" }, [element("alias", path, { name: alias })]),
      ]),
    ]);
  const { document, changes } = planned(sound("xml.two", "ua-xml-two"), sound("xml.one", "ua-xml-one"));
  expect(changes.map(({ path }) => path).sort()).toEqual(["xml.one", "xml.two"]);
  expect(serializeXml(document).match(/<sound/g)).toHaveLength(1);
  expect(serializeXml(document)).toContain("ua-xml-two");
});

it("edits the nodes of the change and its dependants, and nothing else", () => {
  const { document, changes } = planned(domain("scsi", 160));
  expect(changes).toEqual([{ path: "disks.root.bus", from: "virtio", to: "scsi", requiresRestart: false }]);
  const [old, now] = [held, document].map((each) => elementsOf(elementsOf(each, "devices")[0] as never));
  expect(elementsOf(now?.[0] as never).map(({ name }) => name)).toEqual(["source", "target", "alias"]);
  expect(now?.slice(1)).toEqual(old?.slice(1));
});

it("a device waits where anything in it waits", () => {
  const live = parseXml(`<domain><devices><video><model type='cirrus' primary='yes'/></video></devices></domain>`);
  const video = element("domain", "", {}, [
    element("devices", "", {}, [
      element("video", "video", {}, [
        element("model", "video", { type: stated("video.model", "bochs"), primary: true }),
        element("alias", "video", { name: "ua-video" }),
      ]),
    ]),
  ]);
  const { changes, pendingRestart } = plan({
    desired: { document: video, settings: {} },
    lastApplied: undefined,
    actual: { document: parseXml("<domain><devices/></domain>"), settings: {}, live },
    owned: () => true,
    language: libvirtLanguage,
    split: (differences) => ({
      now: [],
      requiresRestart: differences.filter(({ elements }) => elements.at(-1) !== "alias"),
      pendingInGuest: [],
      met: [],
    }),
  });
  expect(pendingRestart.map(({ path }) => path)).toEqual(["video.model"]);
  expect(changes).toEqual([expect.objectContaining({ path: "video", requiresRestart: true })]);
});

it("takes away what was stated before and is dropped now, and leaves alone what never was", () => {
  expect(planned(domain("virtio", 160), domain("virtio", 160, "old")).changes).toEqual([
    { path: "title", from: "old", to: undefined, requiresRestart: false },
  ]);
  expect(planned(domain("virtio", 160), domain("virtio", 160)).changes).toEqual([]);
});

it("compares owned paths only", () => {
  expect(planned(domain("scsi", 999), undefined, (path) => path === "title").changes).toEqual([]);
});

it("is done after one time: planning against its own result finds nothing", () => {
  fc.assert(
    fc.property(
      fc.constantFrom("virtio", "scsi", "sata"),
      fc.integer({ min: 1, max: 9999 }),
      fc.option(fc.lorem()),
      (bus, memory, title) => {
        const desired = domain(bus, memory, title ?? undefined);
        const { document } = planned(desired, domain("virtio", 160, "old"));
        const again = plan({
          desired: { document: desired, settings: {} },
          lastApplied: undefined,
          actual: { document, settings: {} },
          owned: () => true,
          language: libvirtLanguage,
        });
        expect(again.changes).toEqual([]);
        expect(again.document).toBe(document);
      },
    ),
  );
});

it("sees every single change of a value: the matcher is not blind", () => {
  const desired = domain("virtio", 160, "old");
  const whole = instantiate(desired);
  const find = (document: typeof whole): readonly unknown[] =>
    plan({
      desired: { document: desired, settings: {} },
      lastApplied: undefined,
      actual: { document, settings: {} },
      owned: () => true,
      language: libvirtLanguage,
    }).changes;
  expect(find(whole)).toEqual([]);
  const text = JSON.stringify(whole);
  for (const [value, other] of [
    ["160", "161"],
    ['"old"', '"new"'],
    ["virtio", "scsi"],
    ["vda", "vdb"],
    ["ua-disk-root", "ua-disk-other"],
  ] as const) {
    expect(find(JSON.parse(text.replace(value, other)) as typeof whole)).not.toEqual([]);
  }
});

describe("where it is not certain what was applied last (8.4)", () => {
  const range = (from: string, to = "10.0.0.99"): DesiredElement =>
    element("network", "", {}, [
      element("ip", "ipv4.gateway", { family: "ipv4", address: "10.0.0.1", prefix: "24" }, [
        element("dhcp", "ipv4.dhcp", {}, [
          element("range", "ipv4.dhcp", { start: stated("ipv4.dhcp.from", from), end: stated("ipv4.dhcp.to", to) }),
        ]),
      ]),
    ]);
  const xml = (...ranges: string[]): string =>
    `<network><ip family='ipv4' address='10.0.0.1' prefix='24'><dhcp>${ranges.join("")}</dhcp></ip></network>`;
  const entry = (from: string, to = "10.0.0.99"): string => `<range start='${from}' end='${to}'/>`;
  const theirs = entry("10.0.0.200", "10.0.0.210");
  const resultOf = (
    present: string,
    wanted: DesiredElement,
    recorded: DesiredElement,
    madeBy: DesiredElement,
  ): string =>
    serializeXml(
      plan({
        desired: { document: wanted, settings: {} },
        lastApplied: { document: recorded, settings: {} },
        madeBy: { document: madeBy, settings: {} },
        actual: { document: parseXml(present), settings: {} },
        owned: () => true,
        language: libvirtLanguage,
      }).document,
    );

  it.each([
    ["the one", "10.0.0.10"],
    ["the other", "10.0.0.20"],
  ])("what a range began with may be %s", (_which, present) => {
    const [one, other] = [range("10.0.0.10"), range("10.0.0.20")];
    for (const [recorded, madeBy] of [
      [one, other],
      [other, one],
    ] as const) {
      for (const wanted of ["10.0.0.10", "10.0.0.20", "10.0.0.30"]) {
        const result = resultOf(xml(entry(present), theirs), range(wanted), recorded, madeBy);
        expect(result).toBe(serializeXml(parseXml(xml(entry(wanted), theirs))));
      }
    }
  });

  it("what any of them stated goes where nobody wants it now", () => {
    const bare = element("network", "", {}, [
      element("ip", "ipv4.gateway", { family: "ipv4", address: "10.0.0.1", prefix: "24" }),
    ]);
    expect(resultOf(xml(entry("10.0.0.10")), bare, bare, range("10.0.0.10"))).not.toContain("range");
  });
});
