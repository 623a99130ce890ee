/** Which element is which: what stands several times is told apart, and what is new is recognised or left alone. */

import { libvirtLanguage } from "../../../provider/libvirt/language";
import { parseXml, serializeXml } from "../../../provider/libvirt/xml";
import { type DesiredElement, desiredFromXml, element, stated } from "../../../provider/reconcile/desired";
import { type Plan, plan } from "../../../provider/reconcile/plan";

const domain = (inside: string): DesiredElement => desiredFromXml(parseXml(`<domain>${inside}</domain>`), "x");

function planned(wanted: string, held: string, before?: string, dependants: readonly string[] = []): Plan {
  return plan({
    desired: { document: domain(wanted), settings: {} },
    lastApplied: before === undefined ? undefined : { document: domain(before), settings: {} },
    actual: { document: parseXml(`<domain>${held}</domain>`), settings: {} },
    owned: () => true,
    dependants: () => dependants,
    language: libvirtLanguage,
  });
}

/** The document after the plan, on one line. */
const after = (...of: Parameters<typeof planned>): string =>
  serializeXml(planned(...of).document)
    .replaceAll(/\n\s*/g, "")
    .replace(/^<domain>(.*)<\/domain>$/, "$1");

const lists: readonly (readonly [place: string, ours: string, theirs: string, other: string])[] = [
  [
    "seclabel",
    "<seclabel type='none' model='dac'/>",
    "<seclabel type='none' model='selinux'/>",
    "<seclabel type='none' model='apparmor'/>",
  ],
  ["os", "<os><boot dev='hd'/></os>", "<os><boot dev='network'/></os>", "<os><boot dev='cdrom'/></os>"],
  ["os/initarg", "<os><initarg>a</initarg></os>", "<os><initarg>b</initarg></os>", "<os><initarg>c</initarg></os>"],
  [
    "oemStrings",
    "<sysinfo><oemStrings><entry>a</entry></oemStrings></sysinfo>",
    "<sysinfo><oemStrings><entry>b</entry></oemStrings></sysinfo>",
    "<sysinfo><oemStrings><entry>c</entry></oemStrings></sysinfo>",
  ],
  [
    "redirdev",
    "<devices><redirdev bus='usb' type='spicevmc'/></devices>",
    "<devices><redirdev bus='usb' type='tcp'/></devices>",
    "<devices><redirdev bus='usb' type='unix'/></devices>",
  ],
  [
    "redirfilter",
    "<devices><redirfilter><usbdev class='0x08'/></redirfilter></devices>",
    "<devices><redirfilter><usbdev class='0x03'/></redirfilter></devices>",
    "<devices><redirfilter><usbdev class='0x01'/></redirfilter></devices>",
  ],
  [
    "qemu:arg",
    "<qemu:commandline xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'><qemu:arg value='-a'/></qemu:commandline>",
    "<qemu:commandline xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'><qemu:arg value='-b'/></qemu:commandline>",
    "<qemu:commandline xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'><qemu:arg value='-c'/></qemu:commandline>",
  ],
  [
    "filterref",
    "<devices><interface><mac address='52:54:00:00:00:01'/><filterref filter='f'><parameter name='IP' value='1.1.1.1'/></filterref></interface></devices>",
    "<devices><interface><mac address='52:54:00:00:00:01'/><filterref filter='f'><parameter name='IP' value='1.1.1.2'/></filterref></interface></devices>",
    "<devices><interface><mac address='52:54:00:00:00:01'/><filterref filter='f'><parameter name='IP' value='1.1.1.3'/></filterref></interface></devices>",
  ],
];

/** The innermost element of one of the lists, as it is written back. */
const inner = (xml: string): string =>
  ([...xml.matchAll(/<(?:[\w:]+)(?: (?!xmlns)[^<>]*)?(?:\/>|>[^<>]+<\/[\w:]+>)/g)].at(-1)?.[0] ?? "").replaceAll(
    "'",
    '"',
  );

describe.each(lists)("several of a kind: %s (8.19)", (_place, ours, theirs, other) => {
  it("puts ours beside theirs, and changes ours alone", () => {
    const both = after(ours, theirs, theirs.replace(inner(theirs).replaceAll('"', "'"), ""));
    expect(both).toContain(inner(theirs));
    expect(both).toContain(inner(ours));
    const changed = after(other, both, ours);
    expect(changed).toContain(inner(theirs));
    expect(changed).toContain(inner(other));
    expect(changed).not.toContain(inner(ours));
  });

  it("takes ours away and leaves theirs", () => {
    const both = after(ours, theirs);
    const without = ours.replace(inner(ours).replaceAll('"', "'"), "");
    const left = after(without, both, ours);
    expect(left).toContain(inner(theirs));
    expect(left).not.toContain(inner(ours));
    expect(planned(without, left, ours).changes).toEqual([]);
  });
});

it.each([
  [
    "USB companions that share an index",
    "<controller type='usb' index='0' model='ich9-uhci2'/><controller type='usb' index='0' model='ich9-ehci1'/>",
    "<controller type='usb' index='0' model='ich9-ehci1'/><controller type='usb' index='0' model='ich9-uhci1'/><controller type='usb' index='0' model='ich9-uhci2'/>",
  ],
  [
    "a USB device whose address a running guest shows",
    "<hostdev mode='subsystem' type='usb'><source><vendor id='0x46d'/><product id='0xc52b'/></source></hostdev>",
    "<hostdev mode='subsystem' type='usb'><source><vendor id='0x046d'/><product id='0xc52b'/><address bus='1' device='4'/></source></hostdev>",
  ],
  [
    "a SCSI device by its adapter",
    "<hostdev mode='subsystem' type='scsi'><source><adapter name='scsi_host0'/><address bus='0' target='1' unit='0'/></source></hostdev>",
    "<hostdev mode='subsystem' type='scsi'><source><adapter name='scsi_host0'/><address type='scsi' bus='0' target='0' unit='0'/></source></hostdev><hostdev mode='subsystem' type='scsi'><source><adapter name='scsi_host0'/><address bus='0' target='1' unit='0'/></source></hostdev>",
  ],
  [
    "an iSCSI device",
    "<hostdev mode='subsystem' type='scsi'><source protocol='iscsi' name='iqn.a'><host name='h'/></source></hostdev>",
    "<hostdev mode='subsystem' type='scsi'><source protocol='iscsi' name='iqn.a/0'><host name='h' port='3260'/></source></hostdev>",
  ],
  [
    "a tap that a running guest was given",
    "<interface type='user'><mac address='52:54:00:00:00:01'/><target dev='vnet3'/></interface>",
    "<interface type='user'><mac address='52:54:00:00:00:01'/></interface>",
  ],
  [
    "cards that share a MAC address",
    "<interface type='user'><mac address='52:54:00:00:00:01'/><model type='e1000'/></interface>",
    "<interface type='user'><mac address='52:54:00:00:00:01'/><model type='virtio'/></interface><interface type='user'><mac address='52:54:00:00:00:01'/><model type='e1000'/></interface>",
  ],
])("knows %s", (_what, wanted, held) => {
  expect(planned(`<devices>${wanted}</devices>`, `<devices>${held}</devices>`).changes).toEqual([]);
});

const named = (device: string, alias: string): string =>
  `<devices>${device.replace(/<\/(\w+)>$/, `<alias name='${alias}'/></$1>`)}</devices>`;

it.each([
  [
    "a card by its MAC",
    "<interface type='user'><mac address='52:54:00:00:00:0A'/></interface>",
    "<interface type='user'><mac address='52:54:00:00:00:0a'/><model type='e1000'/></interface>",
    true,
  ],
  [
    "another card",
    "<interface type='user'><mac address='52:54:00:00:00:0b'/></interface>",
    "<interface type='user'><mac address='52:54:00:00:00:0a'/></interface>",
    false,
  ],
  [
    "a disk by its image",
    "<disk><source file='/a//b'/><target dev='sda'/></disk>",
    "<disk><source file='/a/b'/><target dev='sda'/></disk>",
    true,
  ],
  [
    "a disk of the same name with another image",
    "<disk><source file='/a'/><target dev='vdb'/></disk>",
    "<disk><source file='/theirs'/><target dev='vdb'/></disk>",
    false,
  ],
  [
    "a channel by its name",
    "<channel type='unix'><target type='virtio' name='a'/></channel>",
    "<channel type='unix'><target type='virtio' name='a'/></channel>",
    true,
  ],
  [
    "another channel of the same type",
    "<channel type='unix'><target type='virtio' name='a'/></channel>",
    "<channel type='unix'><target type='virtio' name='A'/></channel>",
    false,
  ],
  [
    "memory by what it is",
    "<memory model='dimm'><target><size unit='MiB'>128</size></target></memory>",
    "<memory model='dimm'><target><size unit='KiB'>131072</size></target><address type='dimm' slot='0'/></memory>",
    true,
  ],
  [
    "a passed-through device by its address",
    "<hostdev mode='subsystem' type='pci'><source><address bus='3' slot='0'/></source></hostdev>",
    "<hostdev mode='subsystem' type='pci'><source><address bus='0x03' slot='0x00'/></source></hostdev>",
    true,
  ],
])("a key of the program for a device that has none: %s (8.5)", (_what, device, held, isKnown) => {
  for (const before of [undefined, "<devices/>"]) {
    const { document } = planned(named(device, "ua-x-key"), `<devices>${held}</devices>`, before);
    expect(serializeXml(document).match(new RegExp(`<${/<(\w+)/.exec(device)?.[1]}[ >]`, "g"))).toHaveLength(
      isKnown ? 1 : 2,
    );
  }
});

const place = "<address type='pci' bus='0x01'/>";

describe.each([
  ["a disk", "<disk><source file='/a'/><target dev='vda'/></disk>"],
  ["a card", "<interface type='user'><mac address='52:54:00:00:00:01'/></interface>"],
  [
    "a passed-through device",
    "<hostdev mode='subsystem' type='usb'><source><vendor id='0x1'/><product id='0x2'/></source></hostdev>",
  ],
  ["a sound card", "<sound model='ich9'></sound>"],
  ["an input", "<input type='mouse' bus='usb'></input>"],
])("%s that is stated again", (_what, device) => {
  const without = `<devices>${device}</devices>`;
  const held = (document: string): string => document.replace(/<\/\w+><\/devices>/, `${place}$&`);
  const ours = named(device, "ua-xml-raw");

  it.each([
    ["without the alias that it had", ours, without],
    ["with an alias that it had not", without, ours],
  ])("%s is the same one (8.5)", (_how, before, wanted) => {
    const plan = planned(wanted, held(before), before);
    const document = serializeXml(plan.document);
    expect(document.match(new RegExp(`<${/<(\w+)/.exec(device)?.[1]}[ >]`, "g"))).toHaveLength(1);
    expect(document).toContain('<address type="pci" bus="0x01"/>');
    expect(document.includes("ua-xml-raw")).toBe(wanted === ours);
    expect(plan.changes).toEqual([]);
  });

  it.each([
    ["before", [ours, without]],
    ["behind", [without, ours]],
  ])("goes by its alias where one like it stays that has none, and stands %s (8.5)", (_where, two) => {
    const joined = (each: readonly string[]): string => each.join("").replace("</devices><devices>", "");
    const there = joined(two.map((each) => (each === without ? held(each) : each)));
    const { document, changes } = planned(without, there, joined(two));
    expect(changes).toHaveLength(1);
    const left = serializeXml(document).replaceAll(/\n\s*/g, "");
    expect(left).toBe(serializeXml(parseXml(`<domain>${held(without)}</domain>`)).replaceAll(/\n\s*/g, ""));
  });
});

it("falls back to our own default wherever a dependant stood, owned or not (8.13)", () => {
  const feature = (enabled: string): string =>
    `<firmware><feature enabled='${enabled}' name='secure-boot'/></firmware>`;
  const wanted = element("domain", "", {}, [
    element("os", "", { firmware: stated("firmware", "efi") }, [
      desiredFromXml(parseXml(feature("yes")), "firmware"),
      element("nvram", "", {}, "/ours-secure"),
    ]),
  ]);
  const { document } = plan({
    desired: { document: wanted, settings: {} },
    lastApplied: undefined,
    actual: {
      document: parseXml(
        `<domain><os firmware='efi'>${feature("no")}<loader>/code</loader><nvram template='/t'>/ours</nvram></os></domain>`,
      ),
      settings: {},
    },
    owned: (path) => path === "firmware",
    dependants: () => ["/os/firmware", "/os/loader", "/os/nvram"],
    language: libvirtLanguage,
  });
  expect(serializeXml(document).replaceAll(/\n\s*/g, "")).toBe(
    '<domain><os firmware="efi"><firmware><feature enabled="yes" name="secure-boot"/></firmware><nvram>/ours-secure</nvram></os></domain>',
  );
});

it("knows what is gone, and what the definition or the guest still has (8.11)", () => {
  const disk = (source: string): string =>
    `<devices><disk device='cdrom'>${source}<target dev='sda'/></disk></devices>`;
  const gone = (held: string, live: string): readonly string[] =>
    plan({
      desired: { document: domain(disk("<source file='/iso'/>")), settings: {} },
      lastApplied: undefined,
      actual: {
        document: parseXml(`<domain>${disk(held)}</domain>`),
        live: parseXml(`<domain>${disk(live)}</domain>`),
        settings: {},
      },
      owned: () => true,
      language: libvirtLanguage,
    }).gone;
  expect(gone("", "")).toEqual(["x"]);
  expect(gone("<source file='/iso'/>", "")).toEqual([]);
  expect(gone("", "<source file='/iso'/>")).toEqual([]);
});
