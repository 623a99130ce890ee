/** What a preview of a guest refuses or warns of, asked of a real daemon: one row a mistake, from the inputs to the sentence. */

import { mkdirSync, writeFileSync } from "node:fs";
import { inventory } from "../../provider/libvirt/inventory";
import { ResourceLifecycle } from "../../provider/lifecycle/resource-lifecycle";
import type { Checked, Values } from "../../provider/lifecycle/lifecycle";
import { guest } from "../../provider/resources/guest/handler";
import { plainly } from "../support/plainly";
import { type PrivateHost, startPrivateHost } from "../support/private-host";
import { disconnect } from "../support/stack";
import { hosts } from "../support/hosts";

jest.setTimeout(120_000);

let host: PrivateHost;
beforeAll(() => {
  host = startPrivateHost();
  host.virsh("net-define", networkFile("internal", "virbr-t1"));
  host.virsh("net-start", "internal");
  host.virsh("net-define", networkFile("sleeping", "virbr-t2"));
  mkdirSync(`${host.data}/closed`, { mode: 0o700 });
  writeFileSync(`${host.data}/closed/vmlinuz`, "");
  writeFileSync(`${host.data}/open.img`, "");
});
afterAll(async () => {
  await disconnect();
  host.stop();
});

function networkFile(name: string, bridge: string): string {
  const path = `${host.data}/${name}.xml`;
  writeFileSync(path, `<network><name>${name}</name><bridge name="${bridge}"/></network>`);
  return path;
}

const lifecycle = new ResourceLifecycle(hosts, guest);

async function check(inputs: Values, name = "test-objections", recorded?: Values): Promise<Checked> {
  const common = { host: { uri: host.uri }, vcpus: 1, memoryMiB: 64 };
  const urn = `urn:pulumi:test::objections::pulumi-nodejs:dynamic/virt:Guest::${name}`;
  const checked = await lifecycle.check({ ...common, ...inputs }, recorded, { urn, resourceName: name });
  if (checked.failures.length > 0) return checked;
  const { failures = [], warnings = [] } = await lifecycle.preview({ checked, recorded, ...plainly });
  return { ...checked, failures, warnings };
}

const device = (fragment: string): Values => ({ xml: { mine: { at: "devices", fragment } } });
const disk = (more: Values): Values => ({ disks: { root: { path: `${host.data}/open.img`, ...more } } });

type Row = readonly [mistake: string, inputs: () => Values, sentences: readonly RegExp[]];

const refused: readonly Row[] = [
  [
    "a bus that the machine lacks",
    () => disk({ bus: "ide" }),
    [/^disks\.root\.bus: "ide" is no bus of .*"q35".*it has .*sata/],
  ],
  ["a mistyped bus", () => disk({ bus: "virtoi" }), [/^disks\.root\.bus: .*did you mean "virtio"\?$/]],
  ["another hypervisor's bus", () => disk({ bus: "xen" }), [/^disks\.root\.bus: "xen" is no bus/]],
  ["a disk on the floppy's bus", () => disk({ bus: "fdc" }), [/^disks\.root\.bus: fdc is for floppy drives only/]],
  [
    "an architecture that the host cannot run",
    () => ({ architecture: "sparc64" }),
    [/^architecture: .*"sparc64": it has .*x86_64/],
  ],
  ["a mistyped architecture", () => ({ architecture: "x86-64" }), [/^architecture: .*did you mean "x86_64"\?/]],
  [
    "a machine type of another version",
    () => ({ machine: "pc-q35-99.0" }),
    [/^machine: "pc-q35-99.0" is no machine type .*pc-q35-/],
  ],
  ["a mistyped machine type", () => ({ machine: "q36" }), [/^machine: "q36" .* near it are q35\.$/]],
  [
    "a CPU model that nobody knows",
    () => ({ cpu: { mode: "custom", model: "Skylake-Servr" } }),
    [/^cpu\.model: .*did you mean "Skylake-Server"\?/],
  ],
  [
    "more vCPUs than the machine takes",
    () => ({ vcpus: 300 }),
    [/^vcpus: 300 vCPUs are more than the machine type "q35" takes \(\d+\)/],
  ],
  [
    "room for more vCPUs than it takes",
    () => ({ vcpus: { current: 1, max: 300 }, machine: "pc" }),
    [/^vcpus\.max: 300 .*"pc"/],
  ],
  [
    "an attribute that is none, in a fragment",
    () => device("<input type='keyboard' buss='usb'/>"),
    [/^xml\.mine: .*the attribute buss of <input>/],
  ],
  [
    "an element that is none, deep in a fragment",
    () => device("<interface type='user'><model type='virtio'/><drivers/></interface>"),
    [/^xml\.mine: .*<drivers> in <interface>/],
  ],
  [
    "two wrong fragments beside a right one",
    () => ({
      xml: {
        tune: { fragment: "<memtune><hard_limit>much</hard_limit></memtune>" },
        bogus: { fragment: "<bogus/>" },
        right: { at: "features", fragment: "<pae/>" },
      },
    }),
    [/^xml\.tune: .*<hard_limit> in <memtune>/, /^xml\.bogus: .*<bogus> as it stands below <domain>/],
  ],
  [
    "a fragment that the schema takes and the parser does not",
    () => device("<interface type='bridge'/>"),
    [/^xml\.mine: the host says: XML error/],
  ],
  ["a fragment that is not well-formed", () => device("<disk type='file'"), [/^xml\.mine\.fragment: /]],
  ["a fragment of two elements", () => device("<rng/><rng/>"), [/^xml\.mine\.fragment: .*one/]],
  [
    "paravirtual on KVM",
    () => ({ virtualization: "paravirtual" }),
    [/asks for virtualization "paravirtual", which KVM and QEMU cannot give/],
  ],
];

it.each(refused)("refuses %s (8.34)", async (_mistake, inputs, sentences) => {
  const { failures } = await check(inputs());
  expect(failures).toHaveLength(sentences.length);
  sentences.forEach((sentence, index) => expect(failures[index]).toMatch(sentence));
});

const warned: readonly Row[] = [
  [
    "more memory than the host has",
    () => ({ memoryMiB: 50_000_000 }),
    [/^memoryMiB: 50000000 MiB are more than the host has/],
  ],
  [
    "a network that is not there",
    () => ({ nics: { lan: { network: { name: "intrenal" } } } }),
    [/^nics\.lan\.network: .*"intrenal".*did you mean "internal"\?/],
  ],
  [
    "a network that does not run",
    () => ({ nics: { lan: { network: { name: "sleeping" } } } }),
    [/^nics\.lan\.network: .*"sleeping" does not run/],
  ],
  [
    "a bridge that is not there",
    () => ({ nics: { lan: { bridge: "virbr-t9" } } }),
    [/^nics\.lan\.bridge: .*"virbr-t9"; did you mean "virbr-t1"\?/],
  ],
  [
    "kernel and initrd that are not there",
    () => ({ boot: { kernel: "/nowhere/vmlinuz", initrd: "/nowhere/initrd" } }),
    [/^boot\.kernel: there is no \/nowhere\/vmlinuz/, /^boot\.initrd: there is no/],
  ],
  [
    "a disk's path that is not there",
    () => disk({ path: "/nowhere/root.img" }),
    [/^disks\.root\.path: there is no \/nowhere\/root\.img/],
  ],
  [
    "a folder that QEMU's user may not pass",
    () => ({ boot: { kernel: `${host.data}/closed/vmlinuz` } }),
    [/^boot\.kernel: QEMU's user \(\d+\) cannot reach .*the folder \S+\/closed does not let it through.*setfacl/],
  ],
  [
    "a fragment that the host cannot carry out today",
    () => device("<watchdog model='diag288' action='reset'/>"),
    [/^xml\.mine: the host says: .*diag288.*s390/],
  ],
  [
    "a CPU model that nobody knows, of a guest that is not to run",
    () => ({ running: false, cpu: { mode: "custom", model: "Skylake-Servr" } }),
    [/^cpu\.model: /],
  ],
];

it.each(warned)("warns of %s (8.34)", async (_mistake, inputs, sentences) => {
  const { failures, warnings = [] } = await check(inputs());
  expect(failures).toEqual([]);
  expect(warnings).toHaveLength(sentences.length);
  sentences.forEach((sentence, index) => expect(warnings[index]).toMatch(sentence));
});

const right: readonly (readonly [string, () => Values])[] = [
  ["nothing special", () => ({})],
  [
    "every bus of q35",
    () => ({
      disks: Object.fromEntries(
        ["virtio", "scsi", "sata", "usb"].map((bus) => [bus, { path: `${host.data}/${bus}.img`, bus }]),
      ),
      running: false,
    }),
  ],
  ["ide on pc", () => ({ machine: "pc", ...disk({ bus: "ide" }) })],
  ["a versioned machine", () => ({ machine: "pc-q35-5.2" })],
  [
    "a network and a bridge that are there",
    () => ({ nics: { a: { network: { name: "internal" } }, b: { bridge: "virbr-t1" } } }),
  ],
  [
    "a network that does not run, for a guest that does not either",
    () => ({ running: false, nics: { a: { network: { name: "sleeping" } } } }),
  ],
  [
    "a fragment that says another machine",
    () => ({ xml: { machine: { at: "os", fragment: "<type machine='pc'>hvm</type>" } }, ...disk({ bus: "ide" }) }),
  ],
  [
    "another emulator, of which libvirt tells nothing",
    () => ({ machine: "mine-1.0", ...device("<emulator>/opt/mine/qemu</emulator>") }),
  ],
  ["i686 on x86_64", () => ({ architecture: "i686", machine: "pc" })],
];

it.each(right)("has nothing against %s (8.34)", async (_what, inputs) => {
  const { failures, warnings = [] } = await check(inputs());
  const found = warnings.filter((warning) => !/there is no .*\.img/.test(warning));
  expect({ failures, found }).toEqual({ failures: [], found: [] });
});

it("a name that another guest has is refused, and a guest that has odd things already is left alone (8.34)", async () => {
  const xml = `<domain type='qemu'><name>odd</name><memory>65536</memory><vcpu>1</vcpu><os><type machine='pc'>hvm</type></os>
    <cpu mode='custom' match='exact'><model fallback='forbid'>Nobody-Knows</model></cpu><devices>
    <disk type='file' device='disk'><source file='/nowhere/odd.img'/><target dev='hda' bus='ide'/></disk></devices></domain>`;
  writeFileSync(`${host.data}/odd.xml`, xml);
  host.virsh("define", `${host.data}/odd.xml`);
  const uuid = host.virsh("domuuid", "odd").trim();
  inventory(hosts.connect(host.uri)).forget();
  const { failures } = await check({ name: "odd" });
  expect(failures).toEqual([expect.stringMatching(/^name: there is a guest "odd" already.*adopt: true/)]);
  const old = { host: { uri: host.uri }, name: "odd", uuid, adopt: true, vcpus: 1, memoryMiB: 64, running: false };
  const stated = { ...old, machine: "pc", cpu: { mode: "custom", model: "Nobody-Knows" } };
  const same = await check(
    { ...stated, disks: { a: { path: "/nowhere/odd.img", bus: "ide", target: "hda" } } },
    "odd",
    old,
  );
  expect(same.failures).toEqual([]);
});

describe("a card with the MAC address of another guest that runs (8.34)", () => {
  const mac = "52:54:00:aa:bb:cc";
  const sentence =
    /^nics\.lan: the running guest "twin" has a NIC of the address 52:54:00:aa:bb:cc on the same network/;
  const nics = (lan: Values): Values => ({ nics: { lan } });
  const internal = { network: { name: "internal" } };

  beforeAll(() => {
    const xml = `<domain type='qemu'><name>twin</name><memory>65536</memory><vcpu>1</vcpu><os><type machine='q35'>hvm</type></os>
      <devices><interface type='network'><mac address='${mac}'/><source network='internal'/></interface></devices></domain>`;
    writeFileSync(`${host.data}/twin.xml`, xml);
    host.virsh("define", `${host.data}/twin.xml`);
    host.virsh("start", "twin");
    inventory(hosts.connect(host.uri)).forget();
  });
  afterAll(() => void host.virsh("destroy", "twin"));

  it.each<[string, Values]>([
    ["on its network", { ...internal, mac }],
    ["in another spelling", { ...internal, mac: "52-54-00-AA-BB-CC" }],
    ["on the network's bridge", { bridge: "virbr-t1", mac }],
  ])("%s is refused", async (_what, lan) => {
    const { failures } = await check(nics(lan));
    expect(failures).toEqual([expect.stringMatching(sentence) as string]);
  });

  it.each<[string, Values]>([
    ["another address", { ...internal, mac: "52:54:00:aa:bb:cd" }],
    ["no address", internal],
    ["a card that is alone behind the host", { user: true, mac }],
    ["another network", { network: { name: "sleeping" }, mac }],
  ])("has nothing against %s", async (_what, lan) => {
    const { failures } = await check({ ...nics(lan), autostart: true });
    expect(failures.filter((each) => sentence.test(each))).toEqual([]);
  });

  it("is only told of a guest that is to be off, and not of the guest itself", async () => {
    const off = await check({ running: false, ...nics({ ...internal, mac }) });
    expect(off.failures).toEqual([]);
    expect(off.warnings).toEqual([expect.stringMatching(sentence) as string]);
    const uuid = host.virsh("domuuid", "twin").trim();
    const adopted = { name: "twin", adopt: true, ...nics({ ...internal, mac, model: "e1000e" }) };
    expect((await check(adopted)).failures).toEqual([]);
    const old = { host: { uri: host.uri }, vcpus: 1, memoryMiB: 64, uuid, ...adopted };
    expect((await check({ ...adopted, ...nics({ ...internal, mac, vlan: 7 }) }, "twin", old)).failures).toEqual([]);
  });
});
