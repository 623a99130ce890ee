/** A guest that a person made is taken over as it is: stating what it has brings along nothing that the program does not say (6). */

import { kvm } from "../../../../provider/hypervisors/kvm";
import type { HostFacts } from "../../../../provider/libvirt/host-facts";
import type { Virsh } from "../../../../provider/libvirt/virsh";
import { parseXml, serializeXml } from "../../../../provider/libvirt/xml";
import { planFor } from "../../../../provider/lifecycle/plans";
import { guest } from "../../../../provider/resources/guest/handler";
import type { Observed } from "../../../../provider/resources/resource";
import type { GuestInputs } from "../../../../schema/guest";
import { seenAs } from "../../../support/read-back";

const facts: HostFacts = {
  uuid: "00000000-0000-4000-8000-000000000001",
  libvirtVersion: 9_000_000,
  architecture: "x86_64",
  session: false,
};
const host = { virsh: undefined as unknown as Virsh, facts, profile: kvm };

/** As libvirt holds it; none of our defaults is in it. */
const held = `<domain type='kvm'><name>web</name><uuid>4ad27fef-68f2-4ea6-8ba2-4d0e4f2e2f3b</uuid>
  <memory unit='KiB'>524288</memory><currentMemory unit='KiB'>524288</currentMemory><vcpu placement='static'>2</vcpu>
  <os><type arch='x86_64' machine='pc-q35-7.2'>hvm</type><boot dev='hd'/></os>
  <features><acpi/></features>
  <cpu mode='custom' match='exact' check='none'><model fallback='forbid'>qemu64</model></cpu>
  <clock offset='utc'/><on_poweroff>destroy</on_poweroff><on_reboot>restart</on_reboot><on_crash>destroy</on_crash>
  <devices><emulator>/usr/bin/qemu-system-x86_64</emulator>
    <disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='/a.img'/><target dev='vda' bus='virtio'/></disk>
    <interface type='user'><mac address='52:54:00:11:22:33'/><model type='virtio'/></interface>
    <serial type='pty'><target type='isa-serial' port='0'><model name='isa-serial'/></target></serial>
    <console type='pty'><target type='serial' port='0'/></console>
    <input type='mouse' bus='ps2'/><input type='keyboard' bus='ps2'/>
    <graphics type='vnc' port='-1' autoport='yes' listen='127.0.0.1'><listen type='address' address='127.0.0.1'/></graphics>
    <video><model type='cirrus' vram='16384' heads='1' primary='yes'/></video>
    <watchdog model='i6300esb' action='reset'/>
    <memballoon model='virtio'/>
    <rng model='virtio-transitional'><backend model='random'>/dev/urandom</backend></rng>
  </devices></domain>`;

type Stated = Partial<Omit<GuestInputs, "host">>;

function planned(stated: Stated, xml = held): ReturnType<typeof planFor> {
  const inputs = guest.derive(
    {
      host: { uri: "qemu:///system", id: "qemu:///system" },
      name: "web",
      adopt: true,
      vcpus: 2,
      memoryMiB: 512,
      ...stated,
    },
    undefined,
    { urn: "urn:pulumi:test::project::virt:guest::web", resourceName: "web" },
  );
  const document = parseXml(xml, "the test's guest");
  const observed: Observed = {
    id: "4ad27fef-68f2-4ea6-8ba2-4d0e4f2e2f3b",
    document,
    live: document,
    settings: { autostart: false, running: true },
    ownership: "foreign",
    adopted: true,
    creation: undefined,
    release: "",
    facts: { state: "running" },
  };
  return planFor(guest, host, inputs, undefined, observed);
}

const asHeld: readonly Stated[] = [
  { machine: "q35" },
  { machine: "pc-q35-7.2" },
  { os: "linux" },
  { firmware: "bios" },
  { clock: { offset: "utc" } },
  { cpu: { model: "qemu64", mode: "custom" } },
  { disks: { root: { path: "/a.img", format: "raw", bus: "virtio" } } },
  { nics: { lan: { user: true, model: "virtio" } } },
  { console: {} },
  { graphics: { type: "vnc" } },
  { graphics: { type: "vnc", listen: "127.0.0.1" }, video: { model: "cirrus" } },
  { watchdog: { model: "i6300esb", action: "reset" } },
  { balloon: true },
  { rng: { source: "/dev/urandom" } },
  { agent: false },
  { tablet: false },
  { disks: { root: { path: "/a.img", readOnly: false, shareable: false } } },
];

it.each(asHeld.map((stated) => [JSON.stringify(stated), stated] as const))("%s as it has it", (_, stated) => {
  const { changes, live, pendingRestart } = planned(stated);
  expect(changes).toEqual([]);
  expect(pendingRestart).toEqual([]);
  expect(live.filter(({ elements }) => elements.at(-1) !== "alias")).toEqual([]);
});

const brings: readonly (readonly [string, Stated, { readonly changed: readonly string[]; readonly not: RegExp }])[] = [
  [
    "memory that can be plugged needs a node, and no other CPU",
    { memoryHotplug: { maxMiB: 1024, slots: 2 } },
    { changed: ["memoryHotplug", "memoryHotplug.maxMiB"], not: /host-model|tablet|<apic/ },
  ],
  ["Windows brings its clocks", { os: "windows" }, { changed: ["os"], not: /<apic|vmport/ }],
  ["a mouse of its own", { tablet: true }, { changed: ["tablet"], not: /<apic/ }],
];

it.each(brings)("%s", (_title, stated, { changed, not }) => {
  const { changes, document } = planned(stated);
  expect(changes.map(({ path }) => path)).toEqual(changed);
  expect(serializeXml(document)).not.toMatch(not);
});

const image = "<source file='/a.img'/>";
const uefi = "<loader readonly='yes' type='pflash'>/code.fd</loader><nvram>/v.fd</nvram>";
const agent =
  "<channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel><channel type='spicevmc'><target type='virtio' name='com.redhat.spice.0'/></channel>";

/** What the program says is not to be: with what has it, and what is gone then. */
const denied: readonly (readonly [Stated, string, string, RegExp])[] = [
  [{ rng: false }, held, "rng", /<rng/],
  [{ agent: false }, held.replace("<memballoon", `${agent}<memballoon`), "agent", /guest_agent/],
  [{ tablet: false }, held.replace("type='mouse' bus='ps2'", "type='tablet' bus='virtio'"), "tablet", /tablet/],
  [{ graphics: { type: "none" } }, held, "graphics.type", /<graphics/],
  [
    { disks: { root: { path: "/a.img", readOnly: false } } },
    held.replace(image, `${image}<readonly/>`),
    "disks.root.readOnly",
    /<readonly/,
  ],
  [
    { disks: { root: { path: "/a.img", shareable: false } } },
    held.replace(image, `${image}<shareable/>`),
    "disks.root.shareable",
    /<shareable/,
  ],
  [{ firmware: "bios" }, held.replace("<boot dev='hd'/>", uefi), "firmware", /<(loader|nvram)/],
  [
    { firmware: "bios" },
    held.replace("<os>", "<os firmware='efi'>").replace("<boot dev='hd'/>", uefi),
    "firmware",
    /firmware="efi"|<(loader|nvram)/,
  ],
];

it.each(denied.map(([stated, ...rest]) => [JSON.stringify(stated), stated, ...rest] as const))(
  "%s where it has it: it goes",
  (_, stated, xml, path, gone) => {
    const { changes, document } = planned(stated, xml);
    expect(serializeXml(document)).not.toMatch(gone);
    expect(changes.map((each) => each.path)).toEqual([path]);
    // What else is there of the same name stays.
    expect(serializeXml(document).includes("com.redhat.spice.0")).toBe(xml.includes("com.redhat.spice.0"));
  },
);

it.each([
  [{ agent: false, channels: { qga: { name: "org.qemu.guest_agent.0" } } }, agent],
  [{ rng: false, xml: { own: { at: "devices", fragment: "<rng model='virtio-transitional'/>" } } }, ""],
] as const)("what the program says elsewhere is there all the same: %j", (stated, more) => {
  const { changes, document } = planned(stated, held.replace("<memballoon", `${more}<memballoon`));
  expect(serializeXml(document)).toMatch(/guest_agent|<rng/);
  expect(changes.filter(({ to }) => to === undefined)).toEqual([]);
});

it("a screen that the program brings has a tablet, also where the guest is there", () => {
  const { document } = planned({ graphics: { type: "vnc" } }, held.replace(/<graphics[\s\S]*<\/graphics>/, ""));
  expect(serializeXml(document)).toContain('<input type="tablet" bus="usb">');
});

it("a device that no field describes is not read as one that is not to be", () => {
  const egd =
    "<rng model='virtio'><backend model='egd' type='udp'><source mode='bind' service='1234'/></backend></rng>";
  const document = parseXml(held.replace(/<rng[\s\S]*<\/rng>/, egd), "the test's guest");
  const read = guest.inputsOf(seenAs("foreign", document, { autostart: false, running: false }), host);
  expect(read).not.toHaveProperty("rng");
  const without = parseXml(held.replace(/<rng[\s\S]*<\/rng>/, ""), "the test's guest");
  expect(guest.inputsOf(seenAs("foreign", without, { autostart: false, running: false }), host)).toMatchObject({
    rng: false,
  });
});
