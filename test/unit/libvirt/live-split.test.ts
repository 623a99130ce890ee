import { kvm } from "../../../provider/hypervisors/kvm";
import { xen } from "../../../provider/hypervisors/xen";
import { libvirtLanguage } from "../../../provider/libvirt/language";
import { liveSplitter } from "../../../provider/libvirt/live-split";
import { liveSteps } from "../../../provider/libvirt/live-commands";
import { freeSlots } from "../../../provider/libvirt/pci";
import { type GuestState, stateRules } from "../../../provider/libvirt/states";
import { parseXml, serializeXml } from "../../../provider/libvirt/xml";
import { desiredFromXml } from "../../../provider/reconcile/desired";
import { dropped, match } from "../../../provider/reconcile/match";
import type { Split } from "../../../provider/reconcile/plan";
import type { Element } from "../../../provider/reconcile/tree";
import { liveRules } from "../../../provider/resources/guest/devices";

const ports = [1, 2, 3].map((index) => `<controller type='pci' index='${index}' model='pcie-root-port'/>`).join("");
const running = (inside: string, type = "kvm", machine = "pc-q35-7.2"): string =>
  `<domain type='${type}'><memory unit='KiB'>262144</memory><currentMemory unit='KiB'>196608</currentMemory>
   <vcpu current='2'>4</vcpu><vcpus><vcpu id='0' enabled='yes' hotpluggable='no'/><vcpu id='1' enabled='yes' hotpluggable='yes'/></vcpus><os><type machine='${machine}'>hvm</type></os><devices>${ports}${inside}</devices></domain>`;

/** Splits what differs between the live XML and the wanted one, all of which is owned. */
function split(
  wanted: string,
  live: string,
  {
    state = "running",
    version = 9_000_000,
    defined = "",
    profile = kvm,
  }: { state?: GuestState; version?: number; defined?: string; profile?: typeof kvm } = {},
): Split {
  const [desired, actual] = [desiredFromXml(parseXml(wanted), "x"), parseXml(live)];
  const all = (): boolean => true;
  const differences = [
    ...match(desired, actual, all, libvirtLanguage),
    ...dropped(desiredFromXml(actual, "x"), desired, actual, all, libvirtLanguage),
  ];
  const guest = {
    facts: { libvirtVersion: version },
    rules: liveRules(profile, actual),
    state: stateRules[state],
    definition: defined === "" ? actual : parseXml(live.replace("</devices>", `${defined}$&`)),
    desired: parseXml(wanted),
  };
  return liveSplitter(guest)(differences, actual, all);
}

const counts = ({ now, requiresRestart, pendingInGuest }: Split): readonly number[] =>
  [now, requiresRestart, pendingInGuest].map(({ length }) => length);
const disk = (key: string, bus = "virtio", more = ""): string =>
  `<disk type='file' device='disk'><source file='/${key}'/><target dev='${key}' bus='${bus}'/><alias name='ua-disk-${key}'/>${more}</disk>`;
const at = (bus: number): string => `<address type='pci' bus='0x0${bus}' slot='0x00'/>`;

it("has nothing to say of what is as it should be", () => {
  expect(counts(split(running(""), running("")))).toEqual([0, 0, 0]);
});

it.each([
  ["up, within the room", "current='3'>4", "kvm", [1, 0, 0]],
  ["down, on KVM", "current='1'>4", "kvm", [1, 0, 0]],
  ["down, under emulation", "current='1'>4", "qemu", [0, 1, 0]],
  ["beyond the room", "current='8'>8", "kvm", [0, 2, 0]],
  ["a plain number within the room", "current='2'>2", "kvm", [0, 0, 0]],
] as const)("vCPUs %s", (_name, vcpu, type, expected) => {
  expect(counts(split(running("", type).replace("current='2'>4", vcpu), running("", type)))).toEqual(expected);
});

it("has what is asked for already where only the room for more is another one", () => {
  const plain = split(running("").replace("current='2'>4", "current='2'>2"), running(""));
  expect(plain.met.map(({ kind, to }) => [kind, to])).toEqual([["text", "2"]]);
});

it("leaves a guest the vCPUs that it was started with", () => {
  const booted = running("").replace(
    "id='1' enabled='yes' hotpluggable='yes'",
    "id='1' enabled='yes' hotpluggable='no'",
  );
  expect(counts(split(booted.replace("current='2'>4", "current='1'>4"), booted))).toEqual([0, 1, 0]);
});

it("attaches as many devices as there are free ports, and lets the others wait", () => {
  const held = disk("vda", "virtio", at(1));
  expect(counts(split(running(held + disk("vdb") + disk("vdc")), running(held)))).toEqual([2, 0, 0]);
  expect(counts(split(running(held + disk("vdb") + disk("vdc") + disk("vdd")), running(held)))).toEqual([2, 1, 0]);
  expect(counts(split(running(held + disk("sda", "sata")), running(held)))).toEqual([0, 1, 0]);
  expect(counts(split(running(held + disk("sda", "scsi")), running(held)))).toEqual([0, 1, 0]);
});

it("gives ports that are free in both documents, and slots of the bus where there are no ports", () => {
  const [live, definition] = [
    parseXml(running(disk("vda", "virtio", at(1)))),
    parseXml(running(disk("vdb", "virtio", at(2)))),
  ];
  expect(freeSlots(live, definition, false)).toEqual([{ bus: 3, slot: 0 }]);
  expect(freeSlots(live, definition, true)).toEqual([]);
  const pc = parseXml(`<domain><os><type machine='pc-i440fx-7.2'>hvm</type></os><devices/></domain>`);
  expect(freeSlots(pc, pc, true)[0]).toEqual({ bus: 0, slot: 3 });
});

it("says what is lacking for a device that has to wait (8.14)", () => {
  const lacking = (wanted: string, held: string, machine = "pc-q35-7.2"): unknown => {
    const { reasons } = split(running(held + wanted, "kvm", machine), running(held, "kvm", machine));
    return [...(reasons?.values() ?? [])];
  };
  const full = [1, 2, 3].map((bus) => disk(`vd${bus}`, "virtio", at(bus))).join("");
  expect(lacking(disk("vda"), full)).toEqual(["no PCIe root port is free"]);
  expect(lacking(disk("sda", "scsi"), full)).toEqual(["it has no scsi controller"]);
  expect(lacking("<interface type='user'><model type='e1000'/></interface>", "")).toEqual([
    "it has no conventional PCI bus to plug this into",
  ]);
  expect(lacking("<channel type='unix'><target type='virtio' name='a'/></channel>", "")).toEqual([
    "it has no virtio-serial controller",
  ]);
  expect(lacking("<memory model='dimm'><target><size>1</size></target></memory>", "")).toEqual([
    "no memory slot is free",
  ]);
  expect(lacking(disk("vda"), "")).toEqual([]);
});

it("plugs what the definition has already into its own port only (8.14)", () => {
  const held = disk("vda", "virtio", at(1));
  const beside = (bus: number): Split =>
    split(running(held + disk("vdb")), running(held), { defined: disk("vdb", "virtio", at(bus)) });
  expect(counts(beside(2))).toEqual([1, 0, 0]);
  expect(counts(beside(1))).toEqual([0, 1, 0]);
  expect([...(beside(7).reasons?.values() ?? [])]).toEqual(["its PCI address is not free before the next start"]);
});

it("takes nothing away from a guest that does not answer, and changes nothing in one that has crashed", () => {
  const held = disk("vda", "virtio", at(1));
  expect(counts(split(running(""), running(held)))).toEqual([1, 0, 0]);
  for (const state of ["paused", "pmsuspended"] as const) {
    expect(counts(split(running(""), running(held), { state }))).toEqual([0, 1, 0]);
    expect(counts(split(running(held), running(""), { state }))).toEqual([1, 0, 0]);
  }
  expect(counts(split(running(held), running(""), { state: "crashed" }))).toEqual([0, 1, 0]);
});

it("sets a weight at once, and takes it away with the next start only", () => {
  const tuned = running("").replace("<os>", "<cputune><shares>512</shares></cputune><os>");
  expect(counts(split(tuned, running("")))).toEqual([1, 0, 0]);
  expect(counts(split(running(""), tuned))).toEqual([0, 1, 0]);
});

it("knows what a version can do", () => {
  const nic = (vlan: string): string =>
    `<interface type='network'><mac address='52:54:00:00:00:01'/><source network='a'/>${vlan}</interface>`;
  const [tagged, plain] = [running(nic("<vlan><tag id='42'/></vlan>")), running(nic(""))];
  expect(counts(split(tagged, plain))).toEqual([0, 1, 0]);
  expect(counts(split(tagged, plain, { version: 11_000_000 }))).toEqual([1, 0, 0]);
});

it("brings what needs no help first, controllers before their devices, and takes away last", () => {
  const before = running(disk("vda", "virtio", at(1)));
  const after = running(`<controller type='scsi' index='0' model='virtio-scsi'/>${disk("sda", "scsi")}`)
    .replace("current='2'", "current='3'")
    .replace("<devices>", "<title>t</title><devices>");
  const { now } = split(after, before);
  const steps = liveSteps("UUID", now, parseXml(before), parseXml(after), {
    facts: { libvirtVersion: 9_000_000 },
    rules: liveRules(kvm, parseXml(before)),
  });
  expect(steps.map(({ method }) => method)).toEqual([
    "desc",
    "attach-device",
    "attach-device",
    "setvcpus",
    "detach-device",
  ]);
  expect(steps.flatMap(({ commands }) => commands.map(({ arguments: words }) => JSON.stringify(words)))[1]).toContain(
    "virtio-scsi",
  );
});

describe("a USB device of the host", () => {
  const stick = (device: number): string =>
    `<hostdev mode='subsystem' type='usb' managed='yes'><source><vendor id='0x46f4'/><product id='0x0001'/><address bus='1' device='${device}'/></source><alias name='ua-hostdev-stick'/></hostdev>`;
  const controller = "<controller type='usb' index='0' model='qemu-xhci'/>";

  it("that was plugged in again goes with its old number, and comes with the new one", () => {
    const [live, after] = [running(controller + stick(4)), running(controller + stick(5))].map((xml) =>
      parseXml(xml),
    ) as [Element, Element];
    expect(counts(split(serializeXml(after), serializeXml(live)))).toEqual([1, 0, 0]);
    const differences = match(desiredFromXml(after, "x"), live, () => true, libvirtLanguage);
    const steps = liveSteps("UUID", differences, live, after, {
      facts: { libvirtVersion: 9_000_000 },
      rules: liveRules(kvm, live),
    });
    expect(steps.map(({ method }) => method)).toEqual(["replug-device"]);
    expect(steps[0]?.commands.map(({ name, arguments: words }) => [name, JSON.stringify(words)])).toEqual([
      ["detach-device", expect.stringMatching(/device=\\"4\\"/)],
      ["attach-device", expect.stringMatching(/device=\\"5\\"/)],
    ]);
    // Where the new one is refused, the guest has the old one back.
    expect(steps[0]?.back?.map(({ name, arguments: words }) => [name, JSON.stringify(words)])).toEqual([
      ["attach-device", expect.stringMatching(/device=\\"4\\"/)],
    ]);
  });

  it("needs a USB controller, and no PCIe port", () => {
    expect(counts(split(running(controller + stick(4)), running(controller)))).toEqual([1, 0, 0]);
    const lacking = split(running(stick(4)), running(""));
    expect([counts(lacking), [...(lacking.reasons ?? [])]]).toEqual([[0, 1, 0], [["x", "it has no usb controller"]]]);
  });
});

describe("a device of the host comes to a guest of Xen", () => {
  const hostdev = (bus: number): string =>
    `<hostdev mode='subsystem' type='pci' managed='yes'><source><address domain='0x0000' bus='0x0${bus}' slot='0x00' function='0x0'/></source><alias name='ua-hostdev-d${bus}'/></hostdev>`;
  const pv = (inside: string, features = ""): string =>
    `<domain type='xen'><os><type machine='xenpv'>linux</type></os>${features}<devices>${inside}</devices></domain>`;
  const passthrough = "<features><xen><passthrough state='on'/></xen></features>";

  it.each<readonly [string, string, string, readonly number[]]>([
    ["that was started without any: with the next start", pv(""), pv(hostdev(1)), [0, 1, 0]],
    ["that was started with one: at once", pv(hostdev(1)), pv(hostdev(1) + hostdev(2)), [1, 0, 0]],
    ["that was started for it: at once", pv("", passthrough), pv(hostdev(1), passthrough), [1, 0, 0]],
  ])("%s", (_, live, wanted, expected) => {
    expect(counts(split(wanted, live, { profile: xen }))).toEqual(expected);
  });
});
