/** What the profile says of Xen's driver is what a Xen host answered (test/lab/xen/probe, probe.txt). */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Virtualization } from "../../../provider/hypervisors/guest-defaults";
import { refusalsOf } from "../../../provider/hypervisors/refusal";
import { xen } from "../../../provider/hypervisors/xen";
import { liveRules } from "../../../provider/resources/guest/devices";
import { canBePlugged } from "../../../provider/libvirt/live-split";
import { parseXml } from "../../../provider/libvirt/xml";
import type { GuestInputs } from "../../../schema/guest";

type Stated = Partial<Omit<GuestInputs, "host">>;

const rows = readFileSync(join(__dirname, "../../lab/xen/probe.txt"), "utf8").split("\n");

/** The answer to the first question that begins so. */
function answer(question: string): string {
  const row = rows.find((each) => each.startsWith(`${question} `));
  if (row === undefined) throw new Error(`the probe did not ask ${question}`);
  return row.slice(question.length).replace(/^.*?\s{2,}/, "");
}

it.each([...(xen.words.lacks ?? []), ...(xen.words.empty ?? [])])("has no word for %s", (command) => {
  expect(answer(command)).toMatch(/^no: .*(not supported by the connection driver|supported page sizes)/);
});

it("knows no variables of firmware when a guest is undefined", () => {
  expect(xen.words.withoutOptions?.undefine).toContain("--nvram");
  expect(answer("undefine pv --nvram")).toMatch(/^no: .*unsupported flags/);
});

it.each([
  ["pv", "linux", "all"],
  ["pvh", "xenpvh", "all"],
  // libvirt answers for the guest, which lets none go.
  ["hvm", "hvm", "never"],
] as const)("a running guest takes what its rows say: %s", (name, osType, letsGo) => {
  const guest = parseXml(`<domain type='xen'><os><type>${osType}</type></os></domain>`);
  const { changes, vcpusCanGo } = liveRules(xen, guest);
  expect(vcpusCanGo).toBe(letsGo);
  const takes = (place: string): boolean => changes.some((row) => row.place.test(place));
  const asked: readonly (readonly [string, string])[] = [
    [`setvcpus ${name} 2 --live`, "vcpu@current"],
    [`setmem ${name} 160M --live`, "currentMemory"],
    [`desc ${name} --live words`, "description"],
    [`vcpupin ${name} 0 1 --live`, "cputune/vcpupin@cpuset"],
    [`attach-device ${name} disk.xml --live`, "devices/disk+"],
    [`attach-device ${name} card.xml --live`, "devices/interface+"],
  ];
  for (const [question, place] of asked)
    expect([question, answer(question), takes(place)]).toEqual([question, "yes", true]);
  // A device of the host comes only to a guest that was started for it.
  expect(answer(`attach-device ${name} hostdev.xml --live`)).toMatch(/^no: .*failed to attach pci device/);
});

/** `a card, model e1000:`, and what the next row answers. */
const plugs = rows.flatMap((row, index) => {
  const [, disk, card] = /^a (?:disk, bus (\w+), target \w+|card, model ([\w ]+)):/.exec(row) ?? [];
  const [, name = ""] = /^attach-device (\w+) /.exec(rows[index + 1] ?? "") ?? [];
  if (name === "" || (disk ?? card) === undefined) return [];
  const device =
    disk === undefined
      ? `<interface type='bridge'>${card === "not said" ? "" : `<model type='${card}'/>`}</interface>`
      : `<disk type='file' device='disk'><target dev='x' bus='${disk}'/></disk>`;
  return [[name, row.trim(), device, / yes$/.test(rows[index + 1] ?? "")] as const];
});

it.each(plugs)("what comes to a running guest is what its rows say: %s, %s", (name, _, device, isTaken) => {
  const osType = { pv: "linux", pvh: "xenpvh" }[name] ?? "hvm";
  const rules = liveRules(xen, parseXml(`<domain type='xen'><os><type>${osType}</type></os></domain>`));
  // An emulated NIC is no input of the other two: it is refused before.
  if (!isTaken && device.includes("e1000") && osType !== "hvm") return;
  expect(canBePlugged(parseXml(device), rules)).toBe(isTaken);
});

it("only a drive of a guest of full virtualization takes another medium", () => {
  const takes = (osType: string): boolean => {
    const { changes } = liveRules(xen, parseXml(`<domain type='xen'><os><type>${osType}</type></os></domain>`));
    return changes.some(({ place }) => place.test("devices/disk/source@file"));
  };
  for (const change of ["--eject", "/srv/probe/more.img --insert"])
    expect(answer(`change-media hvm hdc ${change} --live`)).toBe("yes");
  expect(["hvm", "linux", "xenpvh"].map(takes)).toEqual([true, false, false]);
});

const disk = (more: object): Stated => ({ disks: { root: { path: "/a.img", ...more } } });
const card = (more: object): Stated => ({ nics: { lan: { bridge: "br0", ...more } } });
const graphics = (more: object): Stated => ({ graphics: { type: "vnc", ...more } });

/** What a program says for the field that the probe put into its guests. */
const fields: Readonly<Record<string, Stated>> = {
  ...Object.fromEntries(
    ["vda virtio", "sda scsi", "sda sata", "sda usb", "hda ide", "vda xen", "xvda xen"].map((words) => {
      const [target, bus] = words.split(" ");
      return [`disk ${target}, bus ${bus}`, disk({ target, bus })];
    }),
  ),
  "disk, read only": disk({ readOnly: true }),
  "disk, serial": disk({ serial: "12" }),
  "disk, iotune": disk({ iotune: { totalIopsSec: 100 } }),
  "disk, boot order": disk({ bootOrder: 1 }),
  "disk, cache none": disk({ cache: "none" }),
  "disk, io native": disk({ io: "native", cache: "none" }),
  "disk, discard unmap": disk({ discard: "unmap" }),
  "card, model virtio": card({ model: "virtio" }),
  "card, model e1000": card({ model: "e1000" }),
  "card, vlan": card({ vlan: 7 }),
  "card, mtu": card({ mtu: 1400 }),
  "card, link down": card({ linkState: "down" }),
  "card, queues": card({ queues: 2 }),
  "card, boot order": card({ bootOrder: 1 }),
  "card, of the user": { nics: { lan: { user: true } } },
  "machine q35": { machine: "q35" },
  "memory hotplug": { memoryHotplug: { maxMiB: 512, slots: 2 } },
  "emulator pin": { cputune: { emulatorPin: "0" } },
  "CPU host-passthrough": { cpu: { mode: "host-passthrough" } },
  channel: { agent: true },
  rng: { rng: { source: "/dev/urandom" } },
  watchdog: { watchdog: {} },
  tpm: { tpm: {} },
  "no balloon": { balloon: false },
  tablet: { tablet: true },
  floppy: disk({ device: "floppy" }),
  "console log": { console: { logFile: "/srv/log" } },
  ...Object.fromEntries(
    (["virtio", "bochs", "vga", "qxl", "none"] as const).map((model) => [`video ${model}`, { video: { model } }]),
  ),
  graphics: graphics({}),
  "graphics with a password": graphics({ password: "secret" }),
  "graphics spice": graphics({ type: "spice" }),
  "graphics spice with a password": graphics({ type: "spice", password: "secret" }),
  "firmware efi": { firmware: "efi" },
  "firmware efi, secure": { firmware: "efi-secure" },
};
const modes: Readonly<Record<string, Virtualization>> = { pv: "paravirtual", pvh: "pvh", hvm: "full" };

/** `hvm: floppy   refused by start: …` */
const refused = rows.flatMap((row) => {
  const [, name = "", field = "", why = ""] = /^(pv|pvh|hvm): (.*?)\s{2,}refused by (.*)$/.exec(row) ?? [];
  return name === "" || fields[field] === undefined ? [] : [[name, field, why] as const];
});

it.each(refused)("%s: %s is refused, or told, before it fails to start", (name, field) => {
  const boot = name === "hvm" ? {} : { boot: { kernel: "/boot/vmlinuz" } };
  const inputs = { virtualization: modes[name], ...boot, ...fields[field] };
  expect(refusalsOf(xen.refusals, inputs)).not.toEqual([]);
});
