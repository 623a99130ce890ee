/** Devices that are there already are recognised, not plugged again; and texts are what people wrote. */

import { writeFileSync } from "node:fs";
import type { Values } from "../../provider/pulumi/lifecycle";
import { parseXml } from "../../provider/libvirt/xml";
import { aliasOf } from "../../provider/reconcile/pair";
import { type Element, elementsOf, firstElement } from "../../provider/reconcile/tree";
import { type PrivateHost, startPrivateHost } from "../support/private-host";
import { disconnect, Stack } from "../support/stack";

let host: PrivateHost;
beforeAll(() => {
  host = startPrivateHost();
});
afterAll(async () => {
  await disconnect();
  host.stop();
});

const macs = ["52:54:00:aa:00:01", "52:54:00:aa:00:02"] as const;

/** A guest that a person made, without any name of ours in it, and no operating system: it needs none here. */
function byHand(name: string): string {
  const image = (key: string): string => {
    const path = `${host.data}/${name}-${key}.img`;
    writeFileSync(path, Buffer.alloc(1 << 20));
    return path;
  };
  const disk = (key: string, target: string, bus: string): string =>
    `<disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='${image(key)}'/><target dev='${target}' bus='${bus}'/></disk>`;
  const xml = `<domain type='qemu'><name>${name}</name><memory unit='MiB'>128</memory><maxMemory slots='4' unit='MiB'>1024</maxMemory><vcpu>1</vcpu>
    <os><type machine='q35'>hvm</type></os><features><acpi/></features>
    <cpu mode='maximum'><numa><cell id='0' cpus='0' memory='128' unit='MiB'/></numa></cpu>
    <devices>${disk("root", "sda", "scsi")}${disk("data", "vdb", "virtio")}
    <disk type='file' device='cdrom'><target dev='sdd' bus='sata'/><readonly/></disk>
    <controller type='scsi' index='0' model='virtio-scsi'/>
    <interface type='user'><mac address='${macs[0]}'/><model type='virtio'/></interface>
    <interface type='user'><mac address='${macs[1]}'/><model type='e1000'/></interface>
    <channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>
    <channel type='unix'><target type='virtio' name='org.example.a'/></channel>
    <input type='tablet' bus='usb'/><graphics type='vnc' port='-1' autoport='yes'/><video><model type='vga'/></video>
    <rng model='virtio'><backend model='random'>/dev/random</backend></rng>
    <watchdog model='ib700' action='reset'/><sound model='ich9'/>
    <memory model='dimm'><target><size unit='MiB'>128</size><node>0</node></target></memory>
    </devices></domain>`;
  const file = `${host.data}/${name}.xml`;
  writeFileSync(file, xml);
  host.virsh("define", "--validate", file);
  return host.virsh("domuuid", name).trim();
}

/** All that the guest has and a program can state, spelled as people spell it. */
function allOf(name: string): Values {
  const { data } = host;
  return {
    disks: {
      system: { path: `${data}/${name}-root.img`, bus: "scsi" },
      more: { path: `${data}/${name}-data.img`, target: "vdb" },
      drive: { device: "cdrom" },
    },
    nics: { lan: { user: true, mac: macs[0].toUpperCase().replaceAll(":", "-") }, wan: { user: true, model: "e1000" } },
    channels: { mine: { name: "org.example.a" }, agent: { name: "org.qemu.guest_agent.0" } },
    graphics: { type: "vnc" },
    video: { model: "vga" },
    tablet: true,
    rng: { source: "/dev/random" },
    watchdog: { action: "reset" },
    memoryDevices: { dimm: { model: "dimm", sizeMiB: 128 } },
    xml: { sound: { at: "devices", fragment: "<sound model='ich9'/>" } },
  };
}

interface Devices {
  readonly all: readonly string[];
  readonly aliases: readonly string[];
}

function devices(uuid: string, ...flags: string[]): Devices {
  const document = parseXml(host.virsh("dumpxml", ...flags, uuid));
  const list = elementsOf(firstElement(document, "devices") as Element);
  const name = (each: Element): string => {
    const [target, mac] = [firstElement(each, "target"), firstElement(each, "mac")];
    return [each.name, target?.attributes.dev, target?.attributes.name, mac?.attributes.address]
      .filter(Boolean)
      .join(" ");
  };
  return {
    all: list
      .filter(({ name: kind }) => kind !== "controller")
      .map((each) => name(each).replace(/interface vnet\d+/, "interface"))
      .sort(),
    aliases: list.flatMap((each) => aliasOf(each) ?? []).sort(),
  };
}

const keyed = [
  "ua-channel-agent",
  "ua-channel-mine",
  "ua-disk-drive",
  "ua-disk-more",
  "ua-disk-system",
  "ua-memory-dimm",
  "ua-nic-lan",
  "ua-nic-wan",
  "ua-rng",
  "ua-tablet",
  "ua-video",
  "ua-watchdog",
  "ua-xml-sound",
];

describe.each([
  ["off", "at once"],
  ["off", "later"],
  ["running", "at once"],
  ["running", "later"],
])("an adopted guest that is %s, its devices stated %s (8.5)", (state, when) => {
  it("keeps the devices that it has, which get our names", async () => {
    const name = `test-${state}-${when.replace(" ", "-")}`;
    const uuid = byHand(name);
    const running = state === "running";
    if (running) host.virsh("start", uuid);
    const before = devices(uuid, "--inactive");
    const stack = new Stack(name);
    const base = {
      host: { uri: host.uri },
      name,
      adopt: true,
      running,
      vcpus: 1,
      memoryMiB: 128,
      memoryHotplug: { slots: 4, maxMiB: 1024 },
    };
    try {
      if (when === "later") await stack.up("guest", "guest", base);
      await stack.up("guest", "guest", { ...base, ...allOf(name) });
      const after = devices(uuid, "--inactive");
      expect(after.all).toEqual(before.all);
      expect(after.aliases).toEqual(keyed);
      if (running) expect(devices(uuid).all).toEqual(before.all);
      if (running) expect(await stack.pendingOf("guest")).toEqual([]);
      expect(await stack.up("guest", "guest", { ...base, ...allOf(name) })).toBe("same");
      // That it was adopted once need not be said for ever.
      const { adopt: _adopt, ...rest } = base;
      await stack.up("guest", "guest", { ...rest, ...allOf(name) });
      expect(await stack.up("guest", "guest", { ...rest, ...allOf(name) })).toBe("same");
      expect(devices(uuid, "--inactive")).toEqual(after);
    } finally {
      if (running) host.virsh("destroy", uuid);
      host.virsh("undefine", uuid);
    }
  });
});
