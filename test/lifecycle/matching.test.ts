/** Devices that are there already are recognised, not plugged again; raw fragments find their device. */

import { writeFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { parseXml, serializeXml } from "../../provider/libvirt/xml";
import type { Values } from "../../provider/lifecycle/lifecycle";
import { planFor } from "../../provider/lifecycle/plans";
import { connected } from "../../provider/lifecycle/reached";
import { aliasOf } from "../../provider/reconcile/pair";
import { type Element, elementsOf, firstElement } from "../../provider/reconcile/tree";
import { guest } from "../../provider/resources/guest/handler";
import { changeLive } from "../../provider/resources/guest/live-apply";
import type { Observed } from "../../provider/resources/resource";
import { type PrivateHost, startPrivateHost } from "../support/private-host";
import { disconnect, Stack } from "../support/stack";
import { hosts } from "../support/hosts";

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

function live(uuid: string): Element {
  return parseXml(host.virsh("dumpxml", uuid));
}

function defined(uuid: string): Element {
  return parseXml(host.virsh("dumpxml", "--inactive", uuid));
}

function devicesNamed(document: Element, name: string): Element[] {
  return elementsOf(firstElement(document, "devices") as Element, name);
}

const macsOf = (document: Element): (string | undefined)[] =>
  devicesNamed(document, "interface").map((card) => firstElement(card, "mac")?.attributes.address);

describe("raw fragments", () => {
  const card = (model = "virtio"): Values => ({
    at: "devices",
    fragment: `<interface type='user'><model type='${model}'/></interface>`,
  });
  let stack: Stack;
  const up = (more: Values): Promise<string> =>
    stack.up("guest", "raw", {
      host: { uri: host.uri },
      name: "test-raw",
      vcpus: 1,
      memoryMiB: 128,
      forceOff: true,
      shutdownTimeoutSeconds: 1,
      ...more,
    });
  const uuid = (): string => host.virsh("domuuid", "test-raw").trim();
  beforeEach(() => {
    stack = new Stack("raw");
  });
  afterEach(() => stack.destroy("raw"));

  it("what libvirt chose at the first define stays: MAC addresses and the generation's id (8.19)", async () => {
    const first = { card: card(), generation: { fragment: "<genid/>" } };
    await up({ xml: first });
    expect(macsOf(live(uuid()))).toHaveLength(1);
    expect(macsOf(live(uuid()))).toEqual(macsOf(defined(uuid())));
    expect(firstElement(live(uuid()), "genid")).toEqual(firstElement(defined(uuid()), "genid"));
    // Plugged in while it runs, and with the next start.
    await up({ xml: { ...first, second: card() } });
    expect(macsOf(live(uuid()))).toHaveLength(2);
    expect(macsOf(live(uuid()))).toEqual(macsOf(defined(uuid())));
    const before = macsOf(defined(uuid()));
    await up({ xml: { ...first, second: card("e1000e") }, restart: "ifNeeded" });
    expect(macsOf(live(uuid()))).toEqual(before);
    expect(macsOf(defined(uuid()))).toEqual(before);
    expect(await up({ xml: { ...first, second: card("e1000e") }, restart: "ifNeeded" })).toBe("same");
  });

  it("a device is addressed by its key, also after another one was added (8.19)", async () => {
    const [nic, off] = [{ user: true }, { running: false }];
    writeFileSync(`${host.data}/raw.img`, Buffer.alloc(1 << 20));
    const disks = { root: { path: `${host.data}/raw.img` } };
    const xml = {
      rom: { at: "nics.lan", fragment: "<rom bar='off'/>" },
      sectors: { at: "disks.root", fragment: "<blockio physical_block_size='4096'/>" },
    };
    await up({ ...off, nics: { lan: nic }, disks, xml });
    const withRom = (): (string | undefined)[] =>
      devicesNamed(defined(uuid()), "interface").flatMap((each) => (firstElement(each, "rom") ? [aliasOf(each)] : []));
    expect(withRom()).toEqual(["ua-nic-lan"]);
    await up({ ...off, nics: { admin: nic, lan: nic }, disks, xml });
    expect(withRom()).toEqual(["ua-nic-lan"]);
    expect(await up({ ...off, nics: { admin: nic, lan: nic }, disks, xml })).toBe("same");
    const [disk] = devicesNamed(defined(uuid()), "disk");
    expect(firstElement(disk, "blockio")?.attributes.physical_block_size).toBe("4096");
    const byPath = { rom: { at: "devices/interface", fragment: "<rom bar='off'/>" } };
    await expect(up({ ...off, nics: { admin: nic, lan: nic }, xml: byPath })).rejects.toThrow(
      'Say which one by its key: "nics.admin" or "nics.lan".',
    );
    await up({ ...off, nics: { lan: nic }, disks, xml: { ...byPath, sectors: xml.sectors } });
    expect(withRom()).toEqual(["ua-nic-lan"]);
  });

  it("a card of a model that libvirt has no word for is had by raw XML (8.34)", async () => {
    const given = {
      nics: { lan: { user: true } },
      xml: { card: { at: "nics.lan", fragment: "<model type='e1000-82545em'/>" } },
    };
    await up(given);
    const [card] = devicesNamed(live(uuid()), "interface");
    expect(firstElement(card, "model")?.attributes.type).toBe("e1000-82545em");
    expect(await up(given)).toBe("same");
  });

  it("what the host adds makes a place ambiguous, too, and that is said at the preview (8.19)", async () => {
    await up({ running: false });
    const xml = { log: { at: "devices/channel", fragment: "<log file='/var/tmp/a'/>" } };
    await expect(up({ channels: { mine: { name: "org.mine" } }, xml })).rejects.toThrow(/ambiguous.*"channels\.mine"/);
  });

  it("NUMA cells whose sum is the memory are no difference for ever (8.14)", async () => {
    const xml = {
      nodes: {
        at: "cpu",
        fragment: "<numa><cell id='0' cpus='0' memory='64' unit='MiB'/><cell id='1' cpus='1' memory='65536'/></numa>",
      },
    };
    const args = { vcpus: 2, xml, restart: "ifNeeded" };
    await up(args);
    const before = host.virsh("domid", uuid());
    expect(await up(args)).toBe("same");
    await up({ ...args, title: "another" });
    expect(host.virsh("domid", uuid())).toBe(before);
    await expect(up({ ...args, memoryMiB: 256 })).rejects.toThrow(/^memoryMiB: 256 MiB .* 128 MiB/);
  });

  it("a device that is gone already need not go: no error (8.19)", async () => {
    const pointer = { at: "devices", fragment: "<input type='tablet' bus='usb'/>" };
    const args = { host: { uri: host.uri }, name: "test-raw", vcpus: 1, memoryMiB: 128, forceOff: true };
    await up({ xml: { one: pointer, two: pointer } });
    const reached = await connected(hosts, { uri: host.uri });
    const inputs = await stack.check("guest", "raw", { ...args, xml: {} });
    const observed = await guest.observe(reached, inputs as never);
    const steps = planFor(guest, reached, inputs as never, stack.get("raw").inputs as never, observed as Observed);
    expect(steps.live.map(({ path }) => path)).toEqual(["xml.one", "xml.two"]);
    const device = `${host.data}/tablet.xml`;
    writeFileSync(
      device,
      serializeXml(devicesNamed(live(uuid()), "input").find((each) => aliasOf(each) === "ua-xml-one") as Element),
    );
    host.virsh("detach-device", uuid(), device, "--live");
    for (let tries = 0; tries < 50 && devices(uuid()).aliases.includes("ua-xml-one"); tries += 1) await delay(100);
    const outcome = await changeLive(reached, observed as Observed, steps.live, defined(uuid()));
    expect(outcome.failures).toEqual([]);
    expect(devices(uuid()).aliases).not.toContain("ua-xml-two");
  });
});
