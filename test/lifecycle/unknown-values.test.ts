/**
 * Each single value of a program that is not known yet at a preview, with a host that answers: nothing fails for it, nothing is
 * said of the engine's stand-in, and what is there already is told the worst that it can be (8.20, 8.27).
 */

import type { z } from "zod";
import type { ClassifiedChange } from "../../provider/lifecycle/classified";
import type { PreviewReport, Values } from "../../provider/lifecycle/lifecycle";
import { disk } from "../../schema/disk";
import { guest } from "../../schema/guest";
import { network } from "../../schema/network";
import { pool } from "../../schema/pool";
import { unknown } from "../../schema/unknown";
import { notesOf } from "../../schema/walk";
import { nextRun } from "../support/hosts";
import { type PrivateHost, startPrivateHost } from "../support/private-host";
import { disconnect, type Kind, Stack } from "../support/stack";

jest.setTimeout(300_000);

let host: PrivateHost;
let stack: Stack;
beforeAll(async () => {
  host = startPrivateHost();
  for (const file of ["seed.img", "vmlinuz", "initrd"]) host.write(`${host.data}/${file}`, "x".repeat(65_536));
  stack = new Stack();
  await stack.up("host", "host", { uri: host.uri });
  await stack.up("pool", "pool", { host: stack.host(), type: "dir", path: `${host.data}/pool` });
  await stack.up("disk", "base", { pool: stack.pool("pool"), sizeGiB: 0.01 });
  await stack.up("disk", "root", { pool: stack.pool("pool"), sizeGiB: 0.01 });
  await stack.up("disk", "data", { pool: stack.pool("pool"), sizeGiB: 0.01 });
  await stack.up("network", "lan", { host: stack.host(), mode: "isolated" });
});
afterAll(async () => {
  await disconnect();
  host.stop();
});

const schemas: Readonly<Record<string, z.ZodType>> = { disk, guest, network, pool };

/** The inputs with the unknown in the place of each node in turn: maps, entries, fields, elements of lists. */
function eachUnknown(value: unknown, path: readonly string[] = []): { path: readonly string[]; inputs: unknown }[] {
  const here = path.length === 0 ? [] : [{ path, inputs: unknown as unknown }];
  if (typeof value !== "object" || value === null) return here;
  const below = Object.entries(value).flatMap(([key, inner]) =>
    eachUnknown(inner, [...path, key]).map((each) => ({
      path: each.path,
      inputs: Array.isArray(value)
        ? value.map((element: unknown, index) => (String(index) === key ? each.inputs : element))
        : { ...value, [key]: each.inputs },
    })),
  );
  return [...here, ...below];
}

/** What of a reference says nothing of which resource it means, where the rest is known (a disk is known by its file). */
const besides = /\.network\.(host|id)(\.|$)|\.disk\.(host|pool|name|format|id|sizeGiB)(\.|$)|^pool\.(host|id)(\.|$)/;

function mayBeUntold(kind: Kind, steps: readonly string[]): boolean {
  const schema = schemas[kind] as z.ZodType;
  const effects = steps.map((_, index) => notesOf(schema, steps.slice(0, index + 1).join("."))?.effect);
  return besides.test(steps.join(".")) || effects.findLast((effect) => effect !== undefined) === "none";
}

/** What is said of the path, or of one around it. */
function saidOf(path: string, { impact = [] }: PreviewReport): readonly ClassifiedChange[] {
  return impact.filter((change) => path === change.path || path.startsWith(`${change.path}.`));
}

/** What is wrong with the previews, by the path that is unknown. */
async function wrongsOf(kind: Kind, name: string, program: Values): Promise<string[]> {
  await nextRun();
  const isThere = stack.kept.has(name);
  // Without anything unknown the preview is none of those that fail.
  const whole = (await stack.preview(kind, name, program)).report.impact ?? [];
  const wrongs: string[] = [];
  for (const { path: steps, inputs } of eachUnknown(program)) {
    const path = steps.join(".");
    try {
      const { report } = await stack.preview(kind, name, inputs as Values);
      const said = JSON.stringify(report);
      if (said.includes(unknown) || /undefined|NaN/.test(said)) wrongs.push(`${path}: ${said}`);
      const itself = saidOf(path, report);
      const isSaid = itself.length > 0 && itself.every(({ atMost }) => atMost === true);
      if (isThere && !isSaid && !mayBeUntold(kind, steps)) wrongs.push(`${path} is not told as unknown: ${said}`);
      const certain = (report.impact ?? []).filter(({ atMost }) => atMost !== true);
      if (!certain.every((each) => whole.some((other) => other.path === each.path)))
        wrongs.push(`${path}: something else changes: ${said}`);
    } catch (error) {
      wrongs.push(
        `${path}: ${error instanceof Error ? (error.stack ?? "").split("\n").slice(0, 3).join(" ") : String(error)}`,
      );
    }
  }
  return wrongs;
}

/** Previewed as something new, as what is there with these values, and as what is there with others. */
async function wrongsOfAll(kind: Kind, program: Values, others: Readonly<Record<string, Values>>): Promise<object> {
  const found: Record<string, string[]> = { new: await wrongsOf(kind, "new", program) };
  for (const [name, recorded] of Object.entries(others)) {
    await stack.up(kind, name, recorded);
    found[name] = await wrongsOf(kind, name, program);
    await stack.destroy(name);
  }
  return found;
}

it("of a pool", async () => {
  const program: Values = {
    host: stack.host(),
    name: "images",
    uuid: "5e1c2a64-6f0e-4d6c-9a53-2f64c3a80f01",
    type: "dir",
    path: `${host.data}/images`,
    build: true,
    running: true,
    autostart: false,
    adopt: false,
    deleteAdopted: false,
  };
  expect(
    await wrongsOfAll("pool", program, { same: program, other: { ...program, running: false, autostart: true } }),
  ).toEqual({ new: [], same: [], other: [] });
});

it("of a disk that lies on another, and of one that a file fills", async () => {
  const program: Values = { pool: stack.pool("pool"), sizeGiB: 0.02 };
  const lies: Values = { ...program, backing: stack.disk("base") };
  const filled: Values = { ...program, format: "raw", name: "of-it.img", source: { path: `${host.data}/seed.img` } };
  const none = { new: [], same: [], other: [] };
  expect(await wrongsOfAll("disk", lies, { same: lies, other: { ...lies, sizeGiB: 0.01 } })).toEqual(none);
  expect(await wrongsOfAll("disk", filled, { same: filled, other: { ...filled, sizeGiB: 0.01 } })).toEqual(none);
});

it("of a network", async () => {
  const program: Values = {
    host: stack.host(),
    name: "office",
    uuid: "5e1c2a64-6f0e-4d6c-9a53-2f64c3a80f02",
    mode: "nat",
    bridge: "br-office",
    mtu: 1400,
    domain: "office.example",
    ipv4: {
      gateway: "10.44.0.1/24",
      dhcp: {
        from: "10.44.0.10",
        to: "10.44.0.20",
        reservations: { printer: { mac: "52:54:00:00:00:01", ip: "10.44.0.5", hostname: "printer" } },
      },
    },
    ipv6: { gateway: "fd44::1/64", dhcp: { from: "fd44::10", to: "fd44::20" } },
    dns: { enabled: true, hosts: { "10.44.0.6": ["six", "half-a-dozen"] }, forwarders: ["10.0.0.1", "10.0.0.2"] },
    running: true,
    autostart: false,
  };
  const other: Values = {
    ...program,
    mode: "route",
    bridge: "br-other",
    mtu: 1500,
    domain: "other.example",
    ipv4: {
      gateway: "10.45.0.1/24",
      dhcp: {
        from: "10.45.0.10",
        to: "10.45.0.20",
        reservations: { printer: { mac: "52:54:00:00:00:02", ip: "10.45.0.5", hostname: "paper" } },
      },
    },
    ipv6: { gateway: "fd45::1/64", dhcp: { from: "fd45::10", to: "fd45::20" } },
    dns: { hosts: { "10.44.0.6": ["seven"] }, forwarders: ["10.0.0.3"] },
    autostart: true,
  };
  const { host: at, name, uuid } = program;
  const little: Values = { host: at, name, uuid, mode: "isolated" };
  const off: Values = { ...other, running: false };
  expect(await wrongsOfAll("network", program, { same: program, other, little, off })).toEqual({
    new: [],
    same: [],
    other: [],
    little: [],
    off: [],
  });
});

it("of a guest that is off, and of one that runs", async () => {
  const program: Values = {
    host: stack.host(),
    name: "web",
    uuid: "5e1c2a64-6f0e-4d6c-9a53-2f64c3a80f03",
    title: "Web",
    description: "Serves",
    metadata: { team: "blue" },
    virtualization: "full",
    os: "linux",
    domainType: "qemu",
    architecture: "x86_64",
    machine: "q35",
    firmware: "bios",
    vcpus: { current: 1, max: 2 },
    memoryMiB: 64,
    memoryHotplug: { slots: 2, maxMiB: 512 },
    memoryDevices: { more: { model: "virtio-mem", sizeMiB: 128, requestedMiB: 0 } },
    cpu: {
      mode: "custom",
      model: "qemu64",
      topology: { sockets: 1, cores: 2, threads: 1 },
      features: { svm: "disable" },
    },
    cputune: { shares: 512, vcpuPins: { 0: "0" }, emulatorPin: "0" },
    boot: { kernel: `${host.data}/vmlinuz`, initrd: `${host.data}/initrd`, commandLine: "quiet" },
    disks: {
      root: {
        disk: stack.disk("root"),
        device: "disk",
        bus: "scsi",
        target: "sda",
        format: "qcow2",
        cache: "none",
        io: "threads",
        discard: "unmap",
        readOnly: false,
        shareable: false,
        serial: "root-1",
        iotune: { readBytesSec: 1000, writeBytesSec: 1000, totalIopsSec: 100 },
        bootOrder: 1,
      },
      file: { path: `${host.data}/seed.img`, iotune: { totalBytesSec: 1000, readIopsSec: 10, writeIopsSec: 10 } },
      cd: { device: "cdrom" },
    },
    nics: {
      lan: {
        network: stack.network("lan"),
        mac: "52:54:00:12:34:56",
        model: "virtio",
        linkState: "up",
        bandwidth: { inbound: { averageKBs: 1000, peakKBs: 2000, burstKB: 100 }, outbound: { averageKBs: 1000 } },
        mtu: 1400,
        queues: 1,
        bootOrder: 2,
      },
      named: { network: { name: "lan" } },
      bridged: { bridge: "virbr0" },
      user: { user: true },
    },
    console: { logFile: `${host.data}/web.log` },
    graphics: { type: "vnc", listen: "127.0.0.1", port: 5990, password: "secret" },
    video: { model: "vga", vramMiB: 16 },
    tablet: true,
    channels: { own: { type: "unix", name: "org.example.own.0" } },
    agent: true,
    rng: { source: "/dev/urandom" },
    watchdog: { model: "i6300esb", action: "reset" },
    balloon: true,
    clock: { offset: "utc" },
    spareRootPorts: 1,
    onPoweroff: "destroy",
    onReboot: "restart",
    onCrash: "destroy",
    autostart: false,
    running: true,
    restart: "never",
    restartTrigger: "1",
    shutdownTimeoutSeconds: 10,
    forceOff: false,
    waitFor: "none",
    waitForTimeoutSeconds: 10,
    removeManagedSave: false,
    xml: { sound: { at: "devices", fragment: "<sound model='ich9'/>" } },
  };
  const { host: at, name, uuid, xml } = program;
  const brief: Values = { forceOff: true, shutdownTimeoutSeconds: 1 };
  // Raw XML that is new is given to libvirt to read in each preview, which takes its time.
  const little: Values = { host: at, name, uuid, vcpus: 1, memoryMiB: 64, xml, ...brief };
  const same: Values = { ...program, running: false };
  expect(await wrongsOfAll("guest", program, { same, off: { ...little, running: false }, runs: little })).toEqual({
    new: [],
    same: [],
    off: [],
    runs: [],
  });
});

describe("what would be refused, and may be right by a value that is not known, is told", () => {
  beforeAll(async () => {
    await stack.up("disk", "above", { pool: stack.pool("pool"), backing: stack.disk("base") });
    const define = (command: string, xml: string): void => {
      host.write(`${host.data}/theirs.xml`, xml);
      host.virsh(command, `${host.data}/theirs.xml`);
    };
    define("net-define", "<network><name>theirs</name></network>");
    host.virsh("pool-define-as", "theirs", "dir", "--target", `${host.data}/theirs`);
    define(
      "define",
      "<domain type='qemu'><name>theirs</name><memory unit='MiB'>16</memory><os><type>hvm</type></os></domain>",
    );
    host.virsh("vol-create-as", "pool", "theirs.qcow2", "1M", "--format", "qcow2");
    await nextRun();
  });
  const networkOf = (more: Values): Values => ({ host: stack.host(), mode: "isolated", ...more });
  const poolOf = (more: Values): Values => ({ host: stack.host(), type: "dir", path: `${host.data}/new`, ...more });
  const diskOf = (more: Values): Values => ({ pool: stack.pool("pool"), sizeGiB: 0.01, ...more });
  const guestOf = (more: Values): Values => ({ host: stack.host(), vcpus: 1, memoryMiB: 64, ...more });
  const cases: readonly (readonly [string, Kind, () => Values, () => Values, RegExp])[] = [
    [
      "a network's name",
      "network",
      () => networkOf({ name: "theirs" }),
      () => ({ adopt: unknown }),
      /^name: there is a/,
    ],
    ["a pool's name", "pool", () => poolOf({ name: "theirs" }), () => ({ adopt: unknown }), /^name: there is a/],
    ["a disk's name", "disk", () => diskOf({ name: "theirs.qcow2" }), () => ({ adopt: unknown }), /^name: there is a/],
    ["a guest's name", "guest", () => guestOf({ name: "theirs" }), () => ({ adopt: unknown }), /^name: there is a/],
    [
      "a bus that the machine has not",
      "guest",
      () => guestOf({ disks: { cd: { device: "cdrom", bus: "ide" } } }),
      () => ({ machine: unknown }),
      /^disks\.cd\.bus: "ide" is no bus/,
    ],
    [
      "a device with which a guest does not start",
      "guest",
      () => guestOf({ tpm: { model: "tpm-spapr" } }),
      () => ({ running: unknown }),
      /^tpm\.model: "tpm-spapr" is no TPM/,
    ],
    [
      "an image on which others lie",
      "guest",
      () => guestOf({ disks: { a: { disk: stack.disk("base") } } }),
      () => ({ disks: { a: unknown } }),
      /^disks\.a: .* lies beneath/,
    ],
    [
      "an image on which others lie, in what may be a drive that only reads",
      "guest",
      () => guestOf({ disks: { a: { disk: stack.disk("base") } } }),
      () => ({ disks: { a: { disk: stack.disk("base"), device: unknown } } }),
      /^disks\.a: .* lies beneath/,
    ],
    ["no card to wait for", "guest", () => guestOf({ waitFor: "address" }), () => ({ nics: unknown }), /^waitFor: /],
  ];
  it.each(cases)("%s", async (_what, kind, program, more, refusal) => {
    await expect(stack.preview(kind, "new", program())).rejects.toThrow(refusal);
    const { report } = await stack.preview(kind, "new", { ...program(), ...more() });
    expect(JSON.stringify(report)).not.toContain(unknown);
  });
});
