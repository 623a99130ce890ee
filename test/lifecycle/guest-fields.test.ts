/**
 * Every field of a guest, changed on a guest that holds what others added: only the field's own nodes and its declared
 * dependants move (laws 2 and 3 of the design).
 */

import { writeFileSync } from "node:fs";
import { parseXml } from "../../provider/libvirt/xml";
import { type Element, elementsOf, firstElement, textOf } from "../../provider/reconcile/tree";
import type { Values } from "../../provider/lifecycle/lifecycle";
import { guest as schema } from "../../schema/guest";
import { leavesOf } from "../../schema/walk";
import { type PrivateHost, startPrivateHost } from "../support/private-host";
import { disconnect, Stack } from "../support/stack";

/** What is stated in the beginning, what is stated then, and the parts of the XML that may move. */
type Case = readonly [before: Values, after: Values, moved: readonly string[]];

const disk = (more: Values = {}): Values => ({ disks: { root: { path: "/var/tmp/test-root.img", ...more } } });
const nic = (more: Values = {}): Values => ({ nics: { lan: { user: true, ...more } } });
const vnc = (more: Values = {}): Values => ({ graphics: { type: "vnc", ...more } });
const vda = ["devices/disk vda"];
const card = ["devices/interface"];

const cases: Readonly<Record<string, Case>> = {
  name: [{}, { name: "test-other" }, ["name"]],
  title: [{ title: "a" }, { title: "b" }, ["title"]],
  description: [{ description: "a" }, { description: "b" }, ["description"]],
  "metadata.*": [{ metadata: { a: "1" } }, { metadata: { a: "2" } }, ["metadata"]],
  restartTrigger: [{ restartTrigger: "a" }, { restartTrigger: "b" }, ["metadata"]],
  os: [{}, { os: "windows" }, ["clock"]],
  hideHypervisor: [{ hideHypervisor: false }, { hideHypervisor: true }, ["features"]],
  architecture: [{}, { architecture: "x86_64" }, []],
  domainType: [{}, { domainType: "qemu" }, []],
  virtualization: [{}, { virtualization: "full" }, []],
  machine: [{ machine: "q35" }, { machine: "pc" }, ["os", "devices/controller", "devices/*"]],
  firmware: [{ firmware: "bios" }, { firmware: "efi" }, ["os"]],
  vcpus: [{ vcpus: 1 }, { vcpus: 2 }, ["vcpu"]],
  "vcpus.current": [{ vcpus: { current: 1, max: 4 } }, { vcpus: { current: 2, max: 4 } }, ["vcpu"]],
  "vcpus.max": [{ vcpus: { current: 1, max: 4 } }, { vcpus: { current: 1, max: 8 } }, ["vcpu"]],
  memoryMiB: [{ memoryMiB: 128 }, { memoryMiB: 256 }, ["memory", "currentMemory"]],
  maxMemoryMiB: [{ maxMemoryMiB: 256 }, { maxMemoryMiB: 512 }, ["memory"]],
  "memoryHotplug.slots": [plugged({}), plugged({ memoryHotplug: { slots: 4, maxMiB: 1024 } }), ["maxMemory"]],
  "memoryHotplug.maxMiB": [plugged({}), plugged({ memoryHotplug: { slots: 2, maxMiB: 2048 } }), ["maxMemory"]],
  "memoryDevices.*.model": [
    plugged({ memoryDevices: { a: { model: "dimm", sizeMiB: 128 } } }),
    plugged({ memoryDevices: { a: { model: "virtio-mem", sizeMiB: 128 } } }),
    ["devices/memory"],
  ],
  "memoryDevices.*.sizeMiB": [
    plugged({ memoryDevices: { a: { model: "dimm", sizeMiB: 128 } } }),
    plugged({ memoryDevices: { a: { model: "dimm", sizeMiB: 256 } } }),
    ["memory", "currentMemory", "devices/memory"],
  ],
  "memoryDevices.*.requestedMiB": [
    plugged({ memoryDevices: { a: { model: "virtio-mem", sizeMiB: 128, requestedMiB: 32 } } }),
    plugged({ memoryDevices: { a: { model: "virtio-mem", sizeMiB: 128, requestedMiB: 64 } } }),
    ["currentMemory", "devices/memory"],
  ],
  "cputune.shares": [{ cputune: { shares: 512 } }, { cputune: { shares: 256 } }, ["cputune"]],
  "cputune.vcpuPins.*": [{ cputune: { vcpuPins: { 0: "0" } } }, { cputune: { vcpuPins: { 0: "0-1" } } }, ["cputune"]],
  "cputune.emulatorPin": [{ cputune: { emulatorPin: "0" } }, { cputune: { emulatorPin: "0-1" } }, ["cputune"]],
  "cpu.mode": [{ cpu: { mode: "maximum" } }, { cpu: { mode: "custom", model: "qemu64" } }, ["cpu"]],
  "cpu.model": [{ cpu: { mode: "custom", model: "qemu64" } }, { cpu: { mode: "custom", model: "Nehalem" } }, ["cpu"]],
  "cpu.topology.sockets": [topology(2, 2, 1), topology(4, 1, 1), ["cpu"]],
  "cpu.topology.cores": [topology(2, 2, 1), topology(1, 4, 1), ["cpu"]],
  "cpu.topology.threads": [topology(2, 2, 1), topology(2, 1, 2), ["cpu"]],
  "cpu.features.*": [features("require"), features("disable"), ["cpu"]],
  "boot.kernel": [{ boot: { kernel: "/a" } }, { boot: { kernel: "/b" } }, ["os"]],
  "boot.initrd": [{ boot: { kernel: "/a", initrd: "/i" } }, { boot: { kernel: "/a", initrd: "/j" } }, ["os"]],
  "boot.commandLine": [
    { boot: { kernel: "/a", commandLine: "x" } },
    { boot: { kernel: "/a", commandLine: "y" } },
    ["os"],
  ],
  "disks.*.disk": [
    disk(),
    {
      disks: {
        root: { disk: { host: { uri: "HOST" }, pool: "p", name: "n", path: "/var/tmp/test-n.img", format: "raw" } },
      },
    },
    vda,
  ],
  "disks.*.path": [disk(), { disks: { root: { path: "/var/tmp/test-other.img" } } }, vda],
  "disks.*.device": [
    disk({ bus: "scsi", target: "sda" }),
    disk({ bus: "scsi", target: "sda", device: "cdrom" }),
    ["devices/disk sda"],
  ],
  "disks.*.bus": [disk(), disk({ bus: "scsi" }), [...vda, "devices/disk sda", "devices/controller scsi"]],
  "disks.*.target": [disk({ target: "vda" }), disk({ target: "vdc" }), [...vda, "devices/disk vdc"]],
  "disks.*.format": [disk({ format: "raw" }), disk({ format: "qcow2" }), vda],
  "disks.*.cache": [disk({ cache: "writeback" }), disk({ cache: "none" }), vda],
  "disks.*.io": [disk({ cache: "none", io: "threads" }), disk({ cache: "none", io: "native" }), vda],
  "disks.*.discard": [disk({ discard: "unmap" }), disk({ discard: "ignore" }), vda],
  "disks.*.readOnly": [disk({ readOnly: true }), disk({ readOnly: false }), vda],
  "disks.*.shareable": [disk({ shareable: true }), disk({ shareable: false }), vda],
  "disks.*.serial": [disk({ serial: "a" }), disk({ serial: "b" }), vda],
  "disks.*.iotune.totalBytesSec": [
    disk({ iotune: { totalBytesSec: 1048576 } }),
    disk({ iotune: { totalBytesSec: 2097152 } }),
    vda,
  ],
  "disks.*.iotune.readBytesSec": [
    disk({ iotune: { readBytesSec: 1048576 } }),
    disk({ iotune: { readBytesSec: 2097152 } }),
    vda,
  ],
  "disks.*.iotune.writeBytesSec": [
    disk({ iotune: { writeBytesSec: 1048576 } }),
    disk({ iotune: { writeBytesSec: 2097152 } }),
    vda,
  ],
  "disks.*.iotune.totalIopsSec": [
    disk({ iotune: { totalIopsSec: 100 } }),
    disk({ iotune: { totalIopsSec: 200 } }),
    vda,
  ],
  "disks.*.iotune.readIopsSec": [disk({ iotune: { readIopsSec: 100 } }), disk({ iotune: { readIopsSec: 200 } }), vda],
  "disks.*.iotune.writeIopsSec": [
    disk({ iotune: { writeIopsSec: 100 } }),
    disk({ iotune: { writeIopsSec: 200 } }),
    vda,
  ],
  "disks.*.bootOrder": [disk(), disk({ bootOrder: 1 }), [...vda, "os"]],
  "nics.*.network": [
    { nics: { lan: { network: { name: "a" } } } },
    { nics: { lan: { network: { name: "b" } } } },
    card,
  ],
  "nics.*.bridge": [{ nics: { lan: { bridge: "br0" } } }, { nics: { lan: { bridge: "br1" } } }, card],
  "nics.*.user": [nic(), { nics: { lan: { bridge: "br1" } } }, card],
  "nics.*.mac": [nic({ mac: "52:54:00:00:00:01" }), nic({ mac: "52:54:00:00:00:02" }), card],
  "nics.*.model": [nic(), nic({ model: "e1000" }), [...card, "devices/controller"]],
  "nics.*.linkState": [nic({ linkState: "up" }), nic({ linkState: "down" }), card],
  "nics.*.mtu": [
    { nics: { lan: { bridge: "br0", mtu: 1500 } } },
    { nics: { lan: { bridge: "br0", mtu: 9000 } } },
    card,
  ],
  "nics.*.queues": [
    { nics: { lan: { bridge: "br0", queues: 1 } } },
    { nics: { lan: { bridge: "br0", queues: 2 } } },
    card,
  ],
  "nics.*.vlan": [{ nics: { lan: { bridge: "br0", vlan: 42 } } }, { nics: { lan: { bridge: "br0", vlan: 43 } } }, card],
  "nics.*.bandwidth.inbound.averageKBs": [
    shaped({ inbound: { averageKBs: 1000 } }),
    shaped({ inbound: { averageKBs: 2000 } }),
    card,
  ],
  "nics.*.bandwidth.inbound.peakKBs": [
    shaped({ inbound: { averageKBs: 100, peakKBs: 1000 } }),
    shaped({ inbound: { averageKBs: 100, peakKBs: 2000 } }),
    card,
  ],
  "nics.*.bandwidth.inbound.burstKB": [
    shaped({ inbound: { averageKBs: 100, burstKB: 1000 } }),
    shaped({ inbound: { averageKBs: 100, burstKB: 2000 } }),
    card,
  ],
  "nics.*.bandwidth.outbound.averageKBs": [
    shaped({ outbound: { averageKBs: 1000 } }),
    shaped({ outbound: { averageKBs: 2000 } }),
    card,
  ],
  "nics.*.bandwidth.outbound.peakKBs": [
    shaped({ outbound: { averageKBs: 100, peakKBs: 1000 } }),
    shaped({ outbound: { averageKBs: 100, peakKBs: 2000 } }),
    card,
  ],
  "nics.*.bandwidth.outbound.burstKB": [
    shaped({ outbound: { averageKBs: 100, burstKB: 1000 } }),
    shaped({ outbound: { averageKBs: 100, burstKB: 2000 } }),
    card,
  ],
  "nics.*.bootOrder": [nic(), nic({ bootOrder: 1 }), [...card, "os"]],
  "console.logFile": [
    { console: { logFile: "/a" } },
    { console: { logFile: "/b" } },
    ["devices/serial", "devices/console"],
  ],
  "graphics.type": [
    vnc(),
    { graphics: { type: "none" } },
    ["devices/graphics", "devices/video", "devices/input", "devices/audio"],
  ],
  "graphics.listen": [vnc(), vnc({ listen: "0.0.0.0" }), ["devices/graphics"]],
  "graphics.port": [vnc({ port: 5901 }), vnc({ port: 5902 }), ["devices/graphics"]],
  "graphics.password": [vnc({ password: "secret-a" }), vnc({ password: "secret-b" }), ["devices/graphics"]],
  "video.model": [{ video: { model: "vga" } }, { video: { model: "virtio" } }, ["devices/video", "devices/controller"]],
  "video.vramMiB": [
    { video: { model: "vga", vramMiB: 16 } },
    { video: { model: "vga", vramMiB: 32 } },
    ["devices/video"],
  ],
  tablet: [{ ...vnc(), tablet: true }, { ...vnc(), tablet: false }, ["devices/input"]],
  "channels.*.type": [
    channel({ type: "unix" }),
    channel({ type: "spicevmc" }),
    ["devices/channel", "devices/graphics"],
  ],
  "channels.*.name": [channel({}), channel({ name: "org.example.b" }), ["devices/channel"]],
  agent: [{ agent: true }, { agent: false }, ["devices/channel"]],
  rng: [{ rng: { source: "/dev/urandom" } }, { rng: false }, ["devices/rng"]],
  "rng.source": [{ rng: { source: "/dev/urandom" } }, { rng: { source: "/dev/random" } }, ["devices/rng"]],
  "watchdog.model": [{ watchdog: { model: "i6300esb" } }, { watchdog: { model: "ib700" } }, ["devices/watchdog"]],
  "watchdog.action": [{ watchdog: { action: "reset" } }, { watchdog: { action: "pause" } }, ["devices/watchdog"]],
  "tpm.model": [{}, {}, []],
  "tpm.version": [{}, {}, []],
  balloon: [{ balloon: true }, { balloon: false }, ["devices/memballoon"]],
  "clock.offset": [{ clock: { offset: "utc" } }, { clock: { offset: "localtime" } }, ["clock"]],
  onPoweroff: [{ onPoweroff: "destroy" }, { onPoweroff: "restart" }, ["on_poweroff"]],
  onReboot: [{ onReboot: "restart" }, { onReboot: "destroy" }, ["on_reboot"]],
  onCrash: [{ onCrash: "destroy" }, { onCrash: "restart" }, ["on_crash"]],
  spareRootPorts: [{ spareRootPorts: 4 }, { spareRootPorts: 6 }, ["devices/controller"]],
  "xml.*.fragment": [fragment("512"), fragment("256"), ["cputune"]],
  "xml.*.at": [fragment("512"), fragment("256"), ["cputune"]],
};

/** Fields that say something to the provider, or to which another test belongs. */
const elsewhere: Readonly<Record<string, string>> = {
  host: "another host is another guest",
  uuid: "the identity itself",
  adopt: "has no effect on the host",
  deleteAdopted: "has no effect on the host",
  restart: "has no effect on the host",
  shutdownTimeoutSeconds: "has no effect on the host",
  forceOff: "has no effect on the host",
  waitFor: "has no effect on the host",
  waitForTimeoutSeconds: "has no effect on the host",
  removeManagedSave: "has no effect on the host",
  running: "no part of the XML",
  "nics.*.device": "needs devices to pass on: test/lab/kvm/function-nics.test.ts",
  "passthrough.*.device": "needs devices to pass on: test/lab/kvm/passthrough-guests.test.ts",
  "passthrough.*.romFile": "needs devices to pass on; written in test/golden/guest/passthrough.xml",
  "passthrough.*.onSlotOf": "needs devices to pass on: test/lab/kvm/passthrough-guests.test.ts",
  autostart: "no part of the XML",
  bootloader: "of paravirtual guests of Xen alone: see the golden case, and unit/hypervisors/xen",
  "tpm.model": "needs swtpm on the host, which this one has not: see the golden case",
  "tpm.version": "needs swtpm on the host, which this one has not: see the golden case",
};

/** What a person with virsh edit added; none of it may move. */
const extras: readonly (readonly [string, string])[] = [
  ["", "<memtune><soft_limit unit='KiB'>999424</soft_limit></memtune>"],
  ["devices", "<sound model='ich9'><alias name='ua-by-hand'/></sound>"],
  [
    "devices",
    "<disk type='file' device='disk'><driver name='qemu' type='raw' iothread='1'/><source file='/var/tmp/test-by-hand.img'/><target dev='vdx' bus='virtio'/></disk>",
  ],
  ["devices", "<interface type='user'><mac address='52:54:00:aa:bb:cc'/><model type='e1000'/></interface>"],
  ["", "<iothreads>1</iothreads>"],
];
const byHand = [
  "memtune",
  "devices/sound ua-by-hand",
  "devices/disk vdx",
  "devices/interface 52:54:00:aa:bb:cc",
  "iothreads",
];

let host: PrivateHost;
beforeAll(() => {
  host = startPrivateHost();
});
afterAll(async () => {
  await disconnect();
  host.stop();
});

it("has a case for every field of the schema", () => {
  const paths = leavesOf(schema).map(({ path }) => path);
  const known = new Set([...Object.keys(cases), ...Object.keys(elsewhere)]);
  expect(paths.filter((path) => !known.has(path))).toEqual([]);
});

describe.each(Object.entries(cases).filter(([path]) => !(path in elsewhere)))("%s", (path, [before, after, moved]) => {
  it("moves its own nodes and leaves those of others", async () => {
    const stack = new Stack(`fields-${path}`);
    const args = (more: Values): Values => ({
      host: { uri: host.uri },
      name: `test-${path.replaceAll("*", "x")}`,
      vcpus: 1,
      memoryMiB: 128,
      running: false,
      ...(JSON.parse(JSON.stringify(more).replaceAll('"HOST"', JSON.stringify(host.uri))) as Values),
    });
    try {
      await stack.up("guest", "guest", args(before));
      const uuid = String(stack.get("guest").id);
      addExtras(host, uuid);
      const old = parts(host, uuid);
      await stack.up("guest", "guest", args(after));
      const now = parts(host, uuid);
      const changed = [...new Set([...old.keys(), ...now.keys()])].filter((key) => old.get(key) !== now.get(key));
      const unexpected = changed.filter(
        (key) => !moved.some((each) => each === "devices/*" || key === each || key.startsWith(`${each} `)),
      );
      expect(unexpected).toEqual([]);
      if (moved.length > 0) expect(changed).not.toEqual([]);
      // Another machine moves addresses, of all devices; nothing else does.
      if (!moved.includes("devices/*")) for (const key of byHand) expect(now.get(key)).toBe(old.get(key));
      for (const key of byHand) expect(now.has(key)).toBe(true);
      // Law 9: a second time there is nothing to do, and what is there is what was asked for.
      expect(await stack.up("guest", "guest", args(after))).toBe("same");
    } finally {
      await stack.destroy("guest").catch(() => undefined);
    }
  });
});

function addExtras(target: PrivateHost, uuid: string): void {
  const text = extras.reduce(
    (xml, [parent, extra]) => xml.replace(parent === "" ? "</domain>" : `</${parent}>`, `${extra}$&`),
    target.virsh("dumpxml", "--inactive", "--security-info", uuid),
  );
  const file = `${target.data}/extras.xml`;
  writeFileSync(file, text);
  target.virsh("define", "--validate", file);
}

/** The parts of a definition by name, devices with what tells them apart. */
function parts(target: PrivateHost, uuid: string): Map<string, string> {
  const document = parseXml(target.virsh("dumpxml", "--inactive", "--security-info", uuid));
  const found = new Map<string, string>();
  const add = (key: string, element: Element): void => {
    // What a definition was made by stands in its mark.
    const text = JSON.stringify(element).replace(/"applied":"[^"]*"/, "");
    found.set(key, (found.get(key) ?? "") + text);
  };
  for (const element of elementsOf(document)) {
    if (element.name !== "devices") add(element.name, element);
    else for (const device of elementsOf(element)) add(`devices/${device.name}${tag(device)}`, device);
  }
  return found;
}

function tag(device: Element): string {
  if (device.name === "disk") return ` ${firstElement(device, "target")?.attributes.dev}`;
  if (device.name === "sound") return ` ${firstElement(device, "alias")?.attributes.name}`;
  if (device.name === "controller") return ` ${device.attributes.type} ${device.attributes.index}`;
  if (device.name === "interface") {
    const mac = firstElement(device, "mac")?.attributes.address;
    return mac === "52:54:00:aa:bb:cc" ? ` ${mac}` : " lan";
  }
  return textOf(device);
}

function topology(sockets: number, cores: number, threads: number): Values {
  return { vcpus: 4, cpu: { mode: "maximum", topology: { sockets, cores, threads } } };
}

function shaped(bandwidth: Values): Values {
  return { nics: { lan: { bridge: "br0", bandwidth } } };
}

function plugged(more: Values): Values {
  return { memoryHotplug: { slots: 2, maxMiB: 1024 }, ...more };
}

function features(policy: string): Values {
  return { cpu: { mode: "custom", model: "qemu64", features: { sse3: policy } } };
}

function channel(more: Values): Values {
  return { graphics: { type: "spice" }, channels: { a: { name: "org.example.a", ...more } } };
}

function fragment(shares: string): Values {
  return { xml: { tune: { fragment: `<cputune><shares>${shares}</shares></cputune>` } } };
}
