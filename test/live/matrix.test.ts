/**
 * The matrix of changes on running guests: for each, what the preview says of it, and what then happens, seen from
 * outside (the guest's process, its boot id, its live XML, its own words).
 */

import type { Values } from "../../provider/lifecycle/lifecycle";
import { inLab, startTestHost, type TestHost } from "../support/test-host";
import { disconnect, Stack } from "../support/stack";
import { WatchedGuest } from "../support/watched-guest";

jest.setTimeout(inLab ? 600_000 : 180_000);

let host: TestHost;
let stack: Stack;
beforeAll(async () => {
  host = startTestHost();
  host.installGuestImage();
  for (const size of [1, 2]) host.enter("truncate", "-s", `${size}M`, `${host.data}/cd${size}.iso`);
  stack = new Stack();
  await stack.up("host", "host", { uri: host.uri });
  await stack.up("pool", "pool", { host: stack.host(), type: "dir", path: `${host.data}/pool` });
  for (const [name, sizeGiB] of [
    ["root", 0.01],
    ["data", 0.02],
    ["more", 0.03],
  ] as const) {
    await stack.up("disk", name, { pool: stack.pool("pool"), sizeGiB });
  }
  for (const [name, subnet] of [
    ["lan", 41],
    ["dmz", 42],
  ] as const) {
    const ipv4 = { gateway: `10.${subnet}.0.1/24`, dhcp: { from: `10.${subnet}.0.100`, to: `10.${subnet}.0.200` } };
    await stack.up("network", name, { host: stack.host(), mode: "nat", ipv4 });
  }
  host.enter("sh", "-c", "ip link show br-test 2>/dev/null || ip link add br-test type bridge; ip link set br-test up");
  await stack.up("network", "bridged", { host: stack.host(), mode: "bridge", bridge: "br-test" });
});
afterAll(async () => {
  for (const name of ["bridged", "dmz", "lan", "more", "data", "root", "pool"]) await stack.destroy(name);
  await disconnect();
  host.stop();
});

type Class = "live" | "nextStart" | "powerCycle";

/** What a host can do that not every one can. */
const abilities = {
  "the kernel's traffic shaper sfq": inLab,
  "a cgroup for CPU shares": inLab,
  "VLANs on Linux bridges (libvirt 11)": inLab,
  "KVM, which can take vCPUs away": inLab,
  "KVM's host-model": inLab,
};

interface Step {
  readonly name: string;
  /** What the program says now, beside what it said before; `undefined` takes a field away. */
  readonly change: () => Values;
  /** Class by input path. */
  readonly is: Readonly<Record<string, Class>>;
  /** What not every host has: said loudly where it is missing. */
  readonly needs?: keyof typeof abilities;
  /** What the guest must say itself. */
  readonly sees?: RegExp;
}

interface Course {
  readonly name: string;
  /** Most of its steps start the guest anew, which is one thing on every host, and takes half a minute on an emulated one. */
  readonly restarts?: true;
  readonly needs?: keyof typeof abilities;
  readonly args: () => Values;
  readonly steps: readonly Step[];
}

const disk = (name: string, more: Values = {}): Values => ({ disk: stack.disk(name), ...more });
const drive = (path?: string): Values => ({
  device: "cdrom",
  target: "sdb",
  ...(path === undefined ? {} : { path: `${host.data}/${path}` }),
});
const live = (...paths: string[]): Record<string, Class> => Object.fromEntries(paths.map((path) => [path, "live"]));
const next = (...paths: string[]): Record<string, Class> =>
  Object.fromEntries(paths.map((path) => [path, "nextStart"]));

const first = { root: (): Values => disk("root") };
const lan = (more: Values = {}): Values => ({ network: stack.network("lan"), ...more });

const courses: readonly Course[] = [
  {
    name: "texts of several lines",
    args: () => ({
      description: "two\nlines",
      metadata: { note: "one\n  two" },
      disks: { root: first.root() },
      nics: { lan: lan() },
    }),
    steps: [
      { name: "metadata", change: () => ({ metadata: { note: "one\n  two\nthree <&>" } }), is: live("metadata.note") },
      { name: "description gone", change: () => ({ description: undefined }), is: live("description") },
    ],
  },
  {
    name: "within the room that it was started with",
    args: () => ({
      vcpus: { current: 1, max: 4 },
      memoryMiB: 192,
      maxMemoryMiB: 256,
      disks: { root: first.root(), cd: drive("cd1.iso"), small: { ...disk("more"), bus: "scsi" } },
      nics: { lan: lan() },
      graphics: { type: "vnc", password: "first" },
    }),
    steps: [
      { name: "vCPUs", change: () => ({ vcpus: { current: 3, max: 4 } }), is: live("vcpus.current"), sees: /cpus=3/ },
      { name: "memory down", change: () => ({ memoryMiB: 176 }), is: live("memoryMiB") },
      { name: "memory up", change: () => ({ memoryMiB: 240 }), is: live("memoryMiB") },
      { name: "title", change: () => ({ title: "a title" }), is: live("title") },
      { name: "description", change: () => ({ description: "some words" }), is: live("description") },
      { name: "metadata", change: () => ({ metadata: { team: "blue" } }), is: live("metadata.team") },
      { name: "metadata changed", change: () => ({ metadata: { team: "red" } }), is: live("metadata.team") },
      { name: "title gone", change: () => ({ title: undefined }), is: live("title") },
      { name: "description over two lines", change: () => ({ description: "two\nlines" }), is: next("description") },
      { name: "description on one line", change: () => ({ description: "one line" }), is: live("description") },
      { name: "autostart", change: () => ({ autostart: true }), is: live("autostart") },
      {
        name: "another medium",
        change: () => ({
          disks: { root: first.root(), cd: drive("cd2.iso"), small: { ...disk("more"), bus: "scsi" } },
        }),
        is: live("disks.cd.path"),
      },
      {
        name: "ejected",
        change: () => ({ disks: { root: first.root(), cd: drive(), small: { ...disk("more"), bus: "scsi" } } }),
        is: live("disks.cd.path"),
      },
      {
        name: "a medium put in, and a disk attached",
        change: () => ({
          disks: {
            root: first.root(),
            cd: drive("cd1.iso"),
            small: { ...disk("more"), bus: "scsi" },
            data: disk("data"),
          },
        }),
        is: live("disks.cd.path", "disks.data"),
        sees: /vdb=20MiB/,
      },
      {
        name: "I/O limits",
        change: () => ({ disks: { ...before().disks, data: disk("data", { iotune: { totalIopsSec: 500 } }) } }),
        is: live("disks.data.iotune"),
      },
      {
        name: "other I/O limits",
        change: () => ({
          disks: { ...before().disks, data: disk("data", { iotune: { readIopsSec: 400, writeBytesSec: 1048576 } }) },
        }),
        is: live("disks.data.iotune.readIopsSec", "disks.data.iotune.totalIopsSec", "disks.data.iotune.writeBytesSec"),
      },
      {
        name: "no I/O limits",
        change: () => ({ disks: { ...before().disks, data: disk("data") } }),
        is: live("disks.data.iotune"),
      },
      {
        name: "the disk under another key",
        change: () => ({ disks: { ...before().disks, data: undefined, other: disk("data") } }),
        is: {},
        sees: /vdb=20MiB/,
      },
      {
        name: "the disk detached",
        change: () => ({ disks: { ...before().disks, other: undefined } }),
        is: live("disks.other"),
        sees: /disks:(?!.*vdb)/,
      },
      {
        name: "the SCSI disk detached",
        change: () => ({ disks: { ...before().disks, small: undefined } }),
        is: live("disks.small", "disks.small.bus"),
        sees: /disks:(?!.*sd[a-z]=30)/,
      },
      {
        name: "two disks attached, one of them on SCSI",
        change: () => ({
          disks: { ...before().disks, data: disk("data"), small: disk("more", { bus: "scsi" }) },
        }),
        is: live("disks.data", "disks.small", "disks.small.bus"),
        sees: /sd[a-z]=30MiB.*vdb=20MiB|vdb=20MiB.*sd[a-z]=30MiB/,
      },
      {
        name: "a card attached",
        change: () => ({ nics: { lan: lan(), extra: { network: stack.network("dmz") } } }),
        is: live("nics.extra"),
        sees: /eth1/,
      },
      {
        name: "its link down",
        change: () => ({ nics: { lan: lan(), extra: { network: stack.network("dmz"), linkState: "down" } } }),
        is: live("nics.extra.linkState"),
      },
      {
        name: "its link up",
        change: () => ({ nics: { lan: lan(), extra: { network: stack.network("dmz"), linkState: "up" } } }),
        is: live("nics.extra.linkState"),
      },
      {
        name: "limits of its traffic",
        needs: "the kernel's traffic shaper sfq",
        change: () => ({
          nics: {
            lan: lan(),
            extra: { network: stack.network("dmz"), linkState: "up", bandwidth: { inbound: { averageKBs: 1000 } } },
          },
        }),
        is: live("nics.extra.bandwidth"),
      },
      {
        name: "other limits",
        needs: "the kernel's traffic shaper sfq",
        change: () => ({
          nics: {
            lan: lan(),
            extra: {
              network: stack.network("dmz"),
              linkState: "up",
              bandwidth: { inbound: { averageKBs: 2000, peakKBs: 4000, burstKB: 1024 } },
            },
          },
        }),
        is: live(
          "nics.extra.bandwidth.inbound.averageKBs",
          "nics.extra.bandwidth.inbound.burstKB",
          "nics.extra.bandwidth.inbound.peakKBs",
        ),
      },
      {
        name: "no limits",
        needs: "the kernel's traffic shaper sfq",
        change: () => ({ nics: { lan: lan(), extra: { network: stack.network("dmz"), linkState: "up" } } }),
        is: live("nics.extra.bandwidth"),
      },
      {
        name: "on another network",
        change: () => ({ nics: { lan: lan(), extra: { network: stack.network("lan"), linkState: "up" } } }),
        is: live("nics.extra.network"),
      },
      {
        name: "on a network of the host's own bridge",
        change: () => ({ nics: { lan: lan(), extra: { network: stack.network("bridged"), linkState: "up" } } }),
        is: live("nics.extra.network"),
      },
      {
        name: "a VLAN",
        needs: "VLANs on Linux bridges (libvirt 11)",
        change: () => ({
          nics: { lan: lan(), extra: { network: stack.network("bridged"), linkState: "up", vlan: 42 } },
        }),
        is: live("nics.extra.vlan"),
      },
      {
        name: "another VLAN",
        needs: "VLANs on Linux bridges (libvirt 11)",
        change: () => ({
          nics: { lan: lan(), extra: { network: stack.network("bridged"), linkState: "up", vlan: 43 } },
        }),
        is: live("nics.extra.vlan"),
      },
      {
        name: "the card detached",
        change: () => ({ nics: { lan: lan() } }),
        is: live("nics.extra"),
        sees: /cards:(?!.*eth1)/,
      },
      {
        name: "password of the screen",
        change: () => ({ graphics: { type: "vnc", password: "second" } }),
        is: live("graphics.password"),
      },
      {
        name: "CPU pinning",
        change: () => ({ cputune: { vcpuPins: { 0: "0" }, emulatorPin: "0-1" } }),
        is: live("cputune"),
      },
      {
        name: "other CPU pinning",
        change: () => ({ cputune: { vcpuPins: { 0: "0-1", 1: "1" } } }),
        is: live("cputune.vcpuPins.0", "cputune.vcpuPins.1", "cputune.emulatorPin"),
      },
      {
        name: "a weight",
        needs: "a cgroup for CPU shares",
        change: () => ({ cputune: { vcpuPins: { 0: "0-1", 1: "1" }, shares: 512 } }),
        is: live("cputune.shares"),
      },
      {
        name: "vCPUs taken away",
        needs: "KVM, which can take vCPUs away",
        change: () => ({ vcpus: { current: 2, max: 4 } }),
        is: live("vcpus.current"),
        sees: /cpus=2/,
      },
      { name: "what happens on a crash", change: () => ({ onCrash: "preserve" }), is: live("onCrash") },
      {
        name: "a channel attached",
        change: () => ({ channels: { a: { name: "org.example.a" } } }),
        is: live("channels.a"),
      },
      { name: "a channel detached", change: () => ({ channels: undefined }), is: live("channels.a") },
      { name: "no random numbers", change: () => ({ rng: false }), is: live("rng") },
      { name: "random numbers", change: () => ({ rng: { source: "/dev/urandom" } }), is: live("rng") },
      {
        name: "a keyboard by raw XML",
        change: () => ({ xml: { keys: { at: "devices", fragment: "<input type='keyboard' bus='virtio'/>" } } }),
        is: live("xml.keys"),
      },
      { name: "the keyboard gone", change: () => ({ xml: undefined }), is: live("xml.keys") },
      {
        name: "several live things at once",
        change: () => ({
          vcpus: { current: 4, max: 4 },
          memoryMiB: 200,
          title: "many",
          disks: { root: first.root(), cd: drive("cd2.iso"), data: disk("data") },
        }),
        is: live("vcpus.current", "memoryMiB", "title", "disks.cd.path", "disks.small", "disks.small.bus"),
        sees: /cpus=4/,
      },
    ],
  },
  {
    name: "what needs a start, and waits for it",
    args: () => ({ disks: { root: first.root() }, nics: { lan: lan() }, graphics: { type: "vnc" } }),
    steps: [
      { name: "vCPUs beyond the room", change: () => ({ vcpus: 2 }), is: next("vcpus") },
      { name: "memory beyond the room", change: () => ({ memoryMiB: 224 }), is: next("memoryMiB") },
      {
        name: "room for vCPUs",
        change: () => ({ vcpus: { current: 2, max: 8 } }),
        is: next("vcpus.current", "vcpus.max"),
      },
      { name: "room for memory", change: () => ({ maxMemoryMiB: 512 }), is: next("maxMemoryMiB") },
      {
        name: "CPU model",
        change: () => ({ cpu: { mode: "custom", model: "Nehalem" } }),
        is: next("cpu", "cpu.mode", "cpu.model"),
      },
      {
        name: "kernel command line",
        change: () => ({ boot: { ...before().boot, commandLine: "console=ttyS0 quiet again" } }),
        is: next("boot.commandLine"),
      },
      {
        name: "cache",
        change: () => ({ disks: { root: disk("root", { cache: "unsafe" }) } }),
        is: next("disks.root.cache"),
      },
      {
        name: "serial number",
        change: () => ({ disks: { root: disk("root", { cache: "unsafe", serial: "abc" }) } }),
        is: next("disks.root.serial"),
      },
      {
        name: "model of the card",
        change: () => ({ nics: { lan: lan({ model: "e1000e" }) } }),
        is: next("nics.lan.model"),
      },
      { name: "clock", change: () => ({ clock: { offset: "localtime" } }), is: next("clock.offset") },
      { name: "tablet", change: () => ({ tablet: false }), is: live("tablet") },
      {
        name: "address of the screen",
        change: () => ({ graphics: { type: "vnc", listen: "0.0.0.0" } }),
        is: next("graphics.listen"),
      },
      { name: "video card", change: () => ({ video: { model: "vga" } }), is: next("video.model") },
      { name: "spare ports", change: () => ({ spareRootPorts: 12 }), is: next("spareRootPorts") },
      {
        name: "log of the console",
        change: () => ({ console: { logFile: `${host.data}/other.log` } }),
        is: next("console.logFile"),
      },
      { name: "a watchdog on PCI", change: () => ({ watchdog: { action: "reset" } }), is: next("watchdog") },
      { name: "no balloon", change: () => ({ balloon: false }), is: next("balloon") },
      {
        name: "a live change beside them",
        change: () => ({
          title: "still live",
          disks: { root: disk("root", { cache: "writethrough", serial: "abc" }) },
        }),
        is: { ...live("title"), ...next("disks.root.cache") },
      },
    ],
  },
  {
    name: "where a restart is allowed",
    restarts: true,
    args: () => ({ disks: { root: first.root() }, nics: { lan: lan() }, restart: "ifNeeded" }),
    steps: [
      { name: "vCPUs", change: () => ({ vcpus: 2 }), is: { vcpus: "powerCycle" }, sees: /cpus=2/ },
      {
        name: "fewer vCPUs",
        change: () => ({ vcpus: { current: 1, max: 2 } }),
        is: { "vcpus.current": "powerCycle" },
        sees: /cpus=1/,
      },
      { name: "machine", change: () => ({ machine: "pc" }), is: { machine: "powerCycle" }, sees: /vda=10MiB/ },
      {
        name: "a disk on the machine pc, live",
        change: () => ({ disks: { root: first.root(), data: disk("data") } }),
        is: live("disks.data"),
        sees: /vdb=20MiB/,
      },
      {
        name: "a watchdog on the machine pc, live",
        change: () => ({ watchdog: { action: "none" } }),
        is: live("watchdog"),
      },
      {
        name: "bus, and a live change beside it",
        change: () => ({ title: "t", disks: { root: first.root(), data: disk("data", { bus: "scsi" }) } }),
        is: { title: "live", "disks.data.bus": "powerCycle", "disks.data.target": "powerCycle" },
        sees: /sda=20MiB/,
      },
      { name: "its name", change: () => ({ name: "renamed" }), is: { name: "powerCycle" } },
      { name: "nothing but the consent to restart", change: () => ({ restart: "never" }), is: {} },
    ],
  },
  {
    name: "with spare ports that are stated",
    restarts: true,
    args: () => ({ spareRootPorts: 2, disks: { root: first.root() }, nics: { lan: lan() } }),
    steps: [
      {
        name: "a disk takes one",
        change: () => ({ disks: { root: first.root(), data: disk("data") } }),
        is: live("disks.data"),
        sees: /vdb=20MiB/,
      },
      {
        name: "a card takes the other one",
        change: () => ({ nics: { lan: lan(), extra: { network: stack.network("dmz") } } }),
        is: live("nics.extra"),
        sees: /eth1/,
      },
      {
        name: "a third device finds none, and waits",
        change: () => ({ disks: { ...before().disks, more: disk("more") } }),
        is: next("disks.more"),
      },
      {
        name: "the disk detached frees its port, and not for what has another one in the definition",
        change: () => ({ disks: { ...before().disks, data: undefined } }),
        is: live("disks.data"),
        sees: /disks:(?!.*vdb)/,
      },
      {
        name: "attached again, it takes that port",
        change: () => ({ disks: { ...before().disks, data: disk("data") } }),
        is: live("disks.data"),
        sees: /vdb=20MiB/,
      },
      {
        name: "a restart brings the third one, and nothing else",
        change: () => ({ restart: "ifNeeded" }),
        is: { "disks.more": "powerCycle" },
        sees: /=20MiB.*=30MiB|=30MiB.*=20MiB/,
      },
      { name: "more of them", change: () => ({ spareRootPorts: 4 }), is: { spareRootPorts: "powerCycle" } },
      {
        name: "a device that takes one of those",
        change: () => ({ nics: { ...before().nics, third: { network: stack.network("lan") } } }),
        is: live("nics.third"),
        sees: /eth2/,
      },
      { name: "fewer of them", change: () => ({ spareRootPorts: 1 }), is: { spareRootPorts: "powerCycle" } },
      {
        name: "as many as without a word",
        change: () => ({ spareRootPorts: undefined }),
        is: { spareRootPorts: "powerCycle" },
      },
    ],
  },
  {
    name: "the model of the host's CPU",
    needs: "KVM's host-model",
    args: () => ({ cpu: { mode: "host-model" } }),
    steps: [{ name: "a title", change: () => ({ title: "t" }), is: live("title") }],
  },
  {
    name: "memory devices",
    args: () => ({ memoryMiB: 160, memoryHotplug: { slots: 3, maxMiB: 2048 }, disks: { root: first.root() } }),
    steps: [
      {
        name: "a DIMM attached",
        change: () => ({ memoryDevices: { a: { model: "dimm", sizeMiB: 128 } } }),
        is: live("memoryDevices", "memoryDevices.a"),
        sees: /memory=(1[5-9]|2[0-2])\dMiB/,
      },
      {
        name: "virtio-mem attached",
        change: () => ({
          memoryDevices: {
            a: { model: "dimm", sizeMiB: 128 },
            b: { model: "virtio-mem", sizeMiB: 256, requestedMiB: 64 },
          },
        }),
        is: live("memoryDevices", "memoryDevices.b"),
        sees: /memory=2[3-9]\dMiB/,
      },
      {
        name: "virtio-mem grows",
        change: () => ({
          memoryDevices: {
            a: { model: "dimm", sizeMiB: 128 },
            b: { model: "virtio-mem", sizeMiB: 256, requestedMiB: 192 },
          },
        }),
        is: live("memoryDevices", "memoryDevices.b.requestedMiB"),
        sees: /memory=(3[4-9]|4\d)\dMiB/,
      },
      { name: "memory without devices", change: () => ({ memoryMiB: 192 }), is: next("memoryDevices", "memoryMiB") },
    ],
  },
];

let current: Values = {};
function before(): Record<string, Record<string, unknown>> {
  return current as Record<string, Record<string, unknown>>;
}

const possible = courses.filter(
  ({ needs, restarts }) => (needs === undefined || abilities[needs]) && !(inLab && restarts === true),
);
const impossible = courses.filter((course) => !possible.includes(course));
if (impossible.length > 0)
  it.skip.each(impossible.map(({ name, needs }) => [name, needs ?? "time, and is for npm test"]))(
    "%s needs %s",
    () => undefined,
  );

describe.each(possible.map((course, index) => [course.name, course, index] as const))("%s", (_name, course, index) => {
  let guest: WatchedGuest;
  const key = `guest-${index}`;

  beforeAll(async () => {
    const log = `${host.data}/${key}.log`;
    guest = new WatchedGuest(host, key, log);
    current = {
      host: stack.host(),
      vcpus: 1,
      memoryMiB: 160,
      boot: { kernel: `${host.data}/kernel`, initrd: `${host.data}/initrd`, commandLine: "console=ttyS0 quiet" },
      console: { logFile: log },
      shutdownTimeoutSeconds: 60,
      ...course.args(),
    };
    await stack.up("guest", key, { ...current });
    await guest.says(/guest: sees/);
  });
  afterAll(async () => {
    host.virsh("destroy", String(stack.get(key).id));
    await stack.destroy(key);
  });

  const missing = course.steps.filter(({ needs }) => needs !== undefined && !abilities[needs]);
  if (missing.length > 0) it.skip.each(missing.map(({ name, needs }) => [name, needs]))("%s needs %s", () => undefined);

  const steps = course.steps.filter((step) => !missing.includes(step));
  it.each(steps.map((step) => [step.name, step] as const))("%s", async (_step, step) => {
    const [processBefore, bootsBefore] = [guest.process, guest.boots.length];
    current = withoutUndefined({ ...current, ...step.change() });

    const { impact = {} } = await stack.check("guest", key, current);
    const predicted = Object.fromEntries(
      Object.entries(impact as Record<string, string>).map(([path, said]) => [path, said.split(":")[0]]),
    );
    // What waited already is said again where a restart brings it.
    expect(predicted).toEqual(step.is);

    await stack.up("guest", key, current);
    const name = String(stack.get(key).outputs.name);
    guest = new WatchedGuest(host, name, guest.log);
    const pending = stack.get(key).facts.pending as string[];
    const classes = Object.values(step.is);
    if (classes.includes("powerCycle")) {
      expect(guest.process).not.toBe(processBefore);
      expect(pending).toEqual([]);
      await guest.says(new RegExp(`(guest: boot [^]*){${bootsBefore + 1}}guest: sees`));
    } else {
      expect(guest.process).toBe(processBefore);
      expect(guest.boots.length).toBe(bootsBefore);
      for (const [path, is] of Object.entries(step.is)) {
        if (is === "nextStart") expect(pending).toContain(path);
        else expect(pending).not.toContain(path);
      }
      // One device, one address.
      if (pending.length === 0)
        expect(WatchedGuest.addresses(guest.live())).toEqual(WatchedGuest.addresses(guest.definition()));
    }
    if (step.sees !== undefined) await guest.sees(step.sees);

    // Law 9: nothing is left to do, and a refresh finds what was recorded.
    expect(await stack.up("guest", key, current)).toBe("same");
    const { drift, impact: _impact, ...recorded } = stack.get(key).inputs;
    expect(drift).toBeUndefined();
    expect(await stack.refresh(key)).toMatchObject(recorded);
  });
});

function withoutUndefined(values: Values): Values {
  return Object.fromEntries(
    Object.entries(values).flatMap(([key, value]) => {
      if (value === undefined) return [];
      const isMap = typeof value === "object" && value !== null && !Array.isArray(value);
      return [[key, isMap ? withoutUndefined(value as Values) : value]];
    }),
  );
}
