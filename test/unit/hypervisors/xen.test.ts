/** What a program that runs on KVM is told where it is given a Xen host, before anything is touched (10.2). */

import { namesOnXen } from "../../../provider/hypervisors/disk-names";
import { refusalsOf } from "../../../provider/hypervisors/refusal";
import { xen } from "../../../provider/hypervisors/xen";
import type { Virsh } from "../../../provider/libvirt/virsh";
import { instantiate } from "../../../provider/reconcile/desired";
import { plan } from "../../../provider/reconcile/plan";
import { elementsOf } from "../../../provider/reconcile/tree";
import { guest } from "../../../provider/resources/guest/handler";
import type { GuestInputs } from "../../../schema/guest";
import { unknown } from "../../../schema/unknown";

const identity = { urn: "urn:pulumi:test::project::virt:guest::web", resourceName: "web" };
const uri = "xen+ssh://root@xen1/system";

type Stated = Partial<Omit<GuestInputs, "host">>;

function problems(stated: Stated, host = uri): readonly string[] {
  const inputs = { host: { uri: host, id: host }, vcpus: 1, memoryMiB: 256, ...stated };
  return guest.problems(guest.derive(inputs, undefined, identity), undefined);
}

const disk = (more: object): Stated => ({ disks: { root: { path: "/a.img", ...more } } });
const nic = (more: object): Stated => ({ nics: { lan: { bridge: "br0", ...more } } });
const kernel = { kernel: "/boot/vmlinuz" };

const refused: readonly (readonly [string, Stated])[] = [
  ["disks.root.bus", disk({ bus: "virtio" })],
  ["disks.root.bus", disk({ bus: "sata" })],
  ["disks.root.bus", { ...disk({ bus: "ide" }), virtualization: "paravirtual" }],
  ["disks.root.target", disk({ target: "vda" })],
  ["disks.root.target", disk({ target: "hde", bus: "ide" })],
  ["disks.root.device", disk({ device: "floppy" })],
  ["disks.root.device", { ...disk({ device: "cdrom" }), virtualization: "pvh", boot: kernel }],
  ["disks.root.readOnly", disk({ readOnly: true })],
  ...["cache", "discard", "serial", "bootOrder"].map(
    (field) => [`disks.root.${field}`, disk({ [field]: field === "bootOrder" ? 1 : "none" })] as const,
  ),
  ["disks.root.readOnly", { ...disk({ readOnly: true }), virtualization: "paravirtual" }],
  ["disks.root.iotune", disk({ iotune: { totalIopsSec: 100 } })],
  ["nics.lan.user", { nics: { lan: { user: true } } }],
  ["nics.lan.model", nic({ model: "virtio" })],
  ["nics.lan.vlan", nic({ vlan: 7 })],
  ["nics.lan.mtu", nic({ mtu: 9000 })],
  ["nics.lan.linkState", nic({ linkState: "down" })],
  ["nics.lan.bandwidth.inbound", nic({ bandwidth: { inbound: { averageKBs: 1 } } })],
  ["nics.lan.bandwidth.outbound.peakKBs", nic({ bandwidth: { outbound: { averageKBs: 1, peakKBs: 2 } } })],
  ["hideHypervisor", { hideHypervisor: true }],
  ["rng", { rng: { source: "/dev/random" } }],
  ["spareRootPorts", { spareRootPorts: 1 }],
  [
    "passthrough",
    {
      virtualization: "pvh",
      boot: kernel,
      passthrough: { gpu: { device: { host: { uri }, address: "0000:01:00.0" } } },
    },
  ],
  ...["046d:c52b", "046d:c52b@001:004", "@001:004"].map(
    (address) => ["passthrough.key.device", { passthrough: { key: { device: { host: { uri }, address } } } }] as const,
  ),
  ...[{ usb: { bus: 1, port: "1" } }, { mdev: { type: "t", parent: "p" } }].map(
    (words) =>
      [
        "passthrough.key.device",
        { passthrough: { key: { device: { host: { uri }, address: unknown, ...words } } } },
      ] as const,
  ),
  ["maxMemoryMiB", { maxMemoryMiB: 512, passthrough: { gpu: { device: { host: { uri }, address: "0000:01:00.0" } } } }],
  ["memoryHotplug", { memoryHotplug: { maxMiB: 512, slots: 1 } }],
  ["agent", { agent: true }],
  ["video.model", { video: { model: "virtio" } }],
  ["firmware", { firmware: "efi-secure" }],
  ["firmware", { firmware: "efi", virtualization: "pvh", boot: kernel }],
  ["firmware", { firmware: "efi-secure", virtualization: "paravirtual" }],
  ["video", { video: { model: "vga" }, virtualization: "paravirtual" }],
  ["nics.lan.model", { ...nic({ model: "e1000" }), virtualization: "paravirtual" }],
  ["machine", { machine: "q35" }],
  ["cpu", { cpu: { mode: "host-passthrough" } }],
  ["console.logFile", { console: { logFile: "/var/log/web.log" } }],
  ["watchdog", { watchdog: {} }],
  ["tpm", { tpm: {} }],
  ["boot", { virtualization: "pvh" }],
];

it.each(refused)("%s is refused offline, by its path: %j", (path, stated) => {
  const found = problems(stated);
  expect(found).toHaveLength(1);
  expect(found[0]).toMatch(new RegExp(`^${path.replaceAll(".", "\\.")}: .*\\.$`, "s"));
  // Only there.
  const there = JSON.parse(JSON.stringify(stated).replaceAll(uri, "qemu:///system")) as Stated;
  const elsewhere = problems(there, "qemu:///system").filter((each) => each.startsWith(`${path}: `));
  expect(elsewhere).toEqual([]);
});

it("a VNC password is told, since some builds of QEMU for Xen know none, and refused nowhere", () => {
  const graphics = { type: "vnc", password: "secret" } as const;
  expect(refusalsOf(xen.refusals, { graphics } as object)).toEqual([
    { path: "graphics.password", reason: expect.stringMatching(/DES.*\.$/) as string, onlyTold: true },
  ]);
  expect(problems({ graphics })).toEqual([]);
  expect(refusalsOf(xen.refusals, { graphics: { ...graphics, type: "spice" } } as object)).toEqual([]);
  expect(refusalsOf(xen.refusals, { graphics: { type: "vnc" } } as object)).toEqual([]);
});

it("a bootloader is Xen's alone", () => {
  const stated: Stated = { bootloader: "pygrub" };
  expect(problems({ ...stated, virtualization: "paravirtual" })).toEqual([]);
  expect(problems(stated, "qemu:///system")).toEqual([expect.stringMatching(/^bootloader: only paravirtual/)]);
});

it.each<readonly [string, Stated]>([
  ["paravirtual, from its own disk", { virtualization: "paravirtual", ...disk({}) }],
  ["PVH with a kernel", { virtualization: "pvh", boot: kernel, ...disk({}), ...nic({}) }],
  [
    "paravirtual, with a block device to read from",
    {
      virtualization: "paravirtual",
      disks: { root: { path: "/dev/vg0/root", readOnly: true }, cd: { device: "cdrom" } },
    },
  ],
  ["full, with UEFI and a drive", { firmware: "efi", disks: { cd: { device: "cdrom" }, root: { path: "/a.img" } } }],
  ["one that is taken over as it is", { virtualization: "pvh", adopt: true }],
  [
    "what is not had anyway",
    { agent: false, balloon: true, rng: false, spareRootPorts: 0, ...nic({ linkState: "up" }) },
  ],
  [
    "a device whose address is not known yet",
    { passthrough: { gpu: { device: { host: { uri }, address: unknown } } } },
  ],
  ["a PCI device", { passthrough: { gpu: { device: { host: { uri }, address: "10000:01:00.0" } } } }],
])("takes a guest of it: %s", (_, stated) => {
  expect(problems(stated)).toEqual([]);
});

it("a bootloader that comes stands right before <os>, as libvirt's schema wants it", () => {
  const host = {
    virsh: undefined as unknown as Virsh,
    profile: xen,
    facts: { uuid: "", libvirtVersion: 9_000_000, architecture: "x86_64", session: false },
  };
  const inputs = (more: Stated): GuestInputs =>
    guest.derive(
      { host: { uri, id: uri }, vcpus: 1, memoryMiB: 256, virtualization: "paravirtual", ...more },
      undefined,
      identity,
    );
  const [before, after] = [inputs({ boot: kernel }), inputs({ bootloader: "/usr/bin/pygrub" })];
  const [made, wanted] = [guest.desired(before, host), guest.desired(after, host)];
  const { document } = plan({
    desired: wanted,
    lastApplied: made,
    actual: { document: instantiate(made.document), settings: made.settings },
    owned: () => true,
    language: xen.language,
  });
  const names = elementsOf(document).map(({ name }) => name);
  expect(names.indexOf("bootloader")).toBe(names.indexOf("os") - 1);
  expect(names).toContain("bootloader");
});

it("names disks so that no two are one drive of the emulated controller", () => {
  const taken = new Set<string>();
  const named = (disk: object, virtualization: "full" | "paravirtual" = "full"): string => {
    const name = namesOnXen(disk, taken, virtualization);
    taken.add(name);
    return name;
  };
  const drive = { device: "cdrom" };
  expect([named({}), named(drive), named({}), named({}), named({ bus: "ide" }), named({})]).toEqual([
    "xvda",
    "hdc",
    "xvdb",
    "xvdd",
    "hde",
    "xvdf",
  ]);
  taken.clear();
  expect([named({}, "paravirtual"), named(drive, "paravirtual")]).toEqual(["xvda", "xvdb"]);
});
