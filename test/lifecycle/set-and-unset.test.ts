/**
 * An input that is stated and then dropped leaves the definition as it is without it (law 2 of the design): what libvirt or we
 * brought because of it goes along. Controllers stay: they are room, and the next device of anybody may be on them.
 */

import type { Values } from "../../provider/lifecycle/lifecycle";
import { parseXml, serializeXml } from "../../provider/libvirt/xml";
import { type Element, elementsOf } from "../../provider/reconcile/tree";
import { type PrivateHost, startPrivateHost } from "../support/private-host";
import { disconnect, Stack } from "../support/stack";

const disk = (bus: string, target: string): Values => ({ disks: { d: { path: "/var/tmp/test-d.img", bus, target } } });
const raw = (fragment: string): Values => ({ xml: { a: { at: "devices", fragment } } });
const spice = { graphics: { type: "spice" } };

const cases: Readonly<Record<string, Values>> = {
  "graphics, vnc": { graphics: { type: "vnc" } },
  "graphics, spice": spice,
  "graphics and video": { graphics: { type: "vnc" }, video: { model: "vga" } },
  video: { video: { model: "vga" } },
  tablet: { tablet: true },
  channels: { channels: { a: { name: "org.example.a" } } },
  "spice channel": { ...spice, channels: { a: { name: "com.redhat.spice.0", type: "spicevmc" } } },
  agent: { agent: false },
  rng: { rng: false },
  watchdog: { watchdog: {} },
  balloon: { balloon: false },
  "disk, scsi": disk("scsi", "sda"),
  "disk, usb": disk("usb", "sda"),
  "disk, sata": disk("sata", "sda"),
  "disk, virtio": disk("virtio", "vda"),
  cdrom: { disks: { d: { device: "cdrom" } } },
  nic: { nics: { d: { user: true } } },
  memoryHotplug: { memoryHotplug: { slots: 2, maxMiB: 1024 } },
  memoryDevices: {
    memoryHotplug: { slots: 2, maxMiB: 1024 },
    memoryDevices: { a: { model: "dimm", sizeMiB: 128 } },
  },
  maxMemoryMiB: { maxMemoryMiB: 256 },
  console: { console: { logFile: "/var/log/libvirt/qemu/a.log" } },
  "firmware, efi": { firmware: "efi" },
  "firmware, efi-secure": { firmware: "efi-secure" },
  boot: { boot: { kernel: "/a", initrd: "/b", commandLine: "c" } },
  cputune: { cputune: { shares: 512, vcpuPins: { 0: "0" }, emulatorPin: "0" } },
  cpu: { cpu: { mode: "custom", model: "Nehalem", features: { avx: "disable" } } },
  os: { os: "windows" },
  hideHypervisor: { hideHypervisor: true },
  "hideHypervisor, Windows": { os: "windows", hideHypervisor: true },
  clock: { clock: { offset: "localtime" } },
  spareRootPorts: { spareRootPorts: 8 },
  title: { title: "a", description: "b", metadata: { a: "b" }, restartTrigger: "a" },
  onCrash: { onCrash: "restart", onReboot: "destroy" },
  "raw filesystem": raw("<filesystem><source dir='/var/tmp'/><target dir='t'/></filesystem>"),
  "raw sound": raw("<sound model='ich9'/>"),
  "raw smartcard": raw("<smartcard mode='host'/>"),
  "raw redirection": { ...spice, ...raw("<redirdev bus='usb' type='spicevmc'/>") },
  "raw iommu": raw("<iommu model='intel'/>"),
  "raw huge pages": { xml: { a: { at: "memoryBacking", fragment: "<hugepages/>" } } },
};

let host: PrivateHost;
beforeAll(() => {
  host = startPrivateHost();
});
afterAll(async () => {
  await disconnect();
  host.stop();
});

/** The parts of the definition, without the controllers and what was chosen at random or by the mark. */
function parts({ addresses }: { readonly addresses: boolean }): string[] {
  const document = parseXml(host.virsh("dumpxml", "--inactive", "--security-info", "test-unset"));
  const text = (element: Element): string =>
    addresses ? serializeXml(element) : serializeXml(element).replace(/\s*<address type="?'?(pci|usb)[^>]*>/g, "");
  return elementsOf(document)
    .filter(({ name }) => name !== "metadata")
    .flatMap((each) => (each.name === "devices" ? elementsOf(each) : [each]))
    .filter(({ name }) => name !== "controller")
    .map(text);
}

function left(before: readonly string[], after: readonly string[]): object {
  const without = (all: readonly string[], those: readonly string[]): string[] => all.filter((x) => !those.includes(x));
  return { more: without(after, before), less: without(before, after) };
}

const nothing = { more: [], less: [] };

const args = (): Values => ({ host: { uri: host.uri }, name: "test-unset", vcpus: 1, memoryMiB: 128, running: false });

it.each(["vnc", "none"])("a SPICE screen that becomes %s", async (type) => {
  const [other, stack] = [new Stack("unset"), new Stack("unset")];
  try {
    await other.up("guest", "guest", { ...args(), graphics: { type } });
    const wanted = parts({ addresses: false });
    await other.destroy("guest");
    await stack.up("guest", "guest", { ...args(), ...spice });
    await stack.up("guest", "guest", { ...args(), graphics: { type } });
    expect(left(wanted, parts({ addresses: false }))).toEqual(nothing);
    expect(await stack.up("guest", "guest", { ...args(), graphics: { type } })).toBe("same");
  } finally {
    await stack.destroy("guest").catch(() => undefined);
    await other.destroy("guest").catch(() => undefined);
  }
});

describe.each(Object.entries(cases))("%s", (_, input) => {
  it("stated later, then dropped", async () => {
    const stack = new Stack("unset");
    try {
      await stack.up("guest", "guest", args());
      const before = parts({ addresses: true });
      await stack.up("guest", "guest", { ...args(), ...input });
      expect(await stack.up("guest", "guest", { ...args(), ...input })).toBe("same");
      await stack.up("guest", "guest", args());
      expect(left(before, parts({ addresses: true }))).toEqual(nothing);
      expect(await stack.up("guest", "guest", args())).toBe("same");
    } finally {
      await stack.destroy("guest").catch(() => undefined);
    }
  });

  it("made with it, then dropped", async () => {
    const [bare, stack] = [new Stack("unset"), new Stack("unset")];
    try {
      await bare.up("guest", "guest", args());
      const without = parts({ addresses: false });
      await bare.destroy("guest");
      await stack.up("guest", "guest", { ...args(), ...input });
      await stack.up("guest", "guest", args());
      expect(left(without, parts({ addresses: false }))).toEqual(nothing);
    } finally {
      await stack.destroy("guest").catch(() => undefined);
      await bare.destroy("guest").catch(() => undefined);
    }
  });
});
