/**
 * Changes of bus, machine, firmware, NUMA and boot order, alone and together, in every situation that a guest can be in:
 * what the preview says is what happens, the disk is where it was, and the guest starts with what was defined.
 */

import type { Values } from "../../provider/lifecycle/lifecycle";
import { firstElement } from "../../provider/reconcile/tree";
import { nextRun } from "../support/hosts";
import { inLab, startTestHost, type TestHost } from "../support/test-host";
import { disconnect, Stack } from "../support/stack";
import { WatchedGuest } from "../support/watched-guest";

jest.setTimeout(inLab ? 600_000 : 120_000);

let host: TestHost;
let stack: Stack;
beforeAll(async () => {
  host = startTestHost();
  stack = new Stack();
  await stack.up("host", "host", { uri: host.uri });
  await stack.up("pool", "pool", { host: stack.host(), type: "dir", path: `${host.data}/pool` });
});
afterAll(async () => {
  // Some of them have a system that hears nothing, and not all programs allow the plug to be pulled.
  for (const [name, { kind, outputs }] of stack.kept) {
    if (kind !== "guest") continue;
    if (host.virsh("list", "--name").split("\n").includes(String(outputs.name)))
      host.virsh("destroy", String(outputs.name));
    await stack.destroy(name);
  }
  for (const [name, { kind }] of stack.kept) if (kind === "disk") await stack.destroy(name).catch(() => undefined);
  await disconnect();
  host.stop();
});

const root = (name: string, more: Values = {}): Values => ({
  disks: { root: { disk: stack.disk(`${name}-root`), ...more } },
});
const nic = (more: Values = {}): Values => ({ nics: { out: { user: true, ...more } } });

type Changes = readonly [change: (name: string) => Values, paths: readonly string[]];

const changes: Readonly<Record<string, Changes>> = {
  bus: [(name) => root(name, { bus: "scsi" }), ["disks.root.bus", "disks.root.target"]],
  "bus and boot order": [
    (name) => root(name, { bus: "sata", bootOrder: 1 }),
    ["disks.root.bootOrder", "disks.root.bus", "disks.root.target"],
  ],
  machine: [() => ({ machine: "pc" }), ["machine"]],
  "machine, bus and model of the card": [
    (name) => ({ machine: "pc", ...root(name, { bus: "ide" }), ...nic({ model: "e1000" }) }),
    ["disks.root.bus", "disks.root.target", "machine", "nics.out.model"],
  ],
  firmware: [() => ({ firmware: "efi" }), ["firmware"]],
  "NUMA and vCPUs": [
    () => ({ vcpus: { current: 1, max: 4 }, memoryHotplug: { slots: 2, maxMiB: 1024 } }),
    ["memoryHotplug", "memoryHotplug.maxMiB", "vcpus.max"],
  ],
  "boot order of disk and card": [
    (name) => ({ ...root(name, { bootOrder: 2 }), ...nic({ bootOrder: 1 }) }),
    ["disks.root.bootOrder", "nics.out.bootOrder"],
  ],
};

interface Situation {
  /** What the program says beside the common part. */
  readonly args?: Values;
  /** Brings the guest into the situation, behind our back. */
  readonly prepare?: (name: string) => Promise<void> | void;
  /** Takes away what would keep the guest from being deleted. */
  readonly clear?: (name: string) => void;
  readonly is: "nextStart" | "powerCycle" | "live";
  /** What somebody else changed before: not ours to mend. */
  readonly adopted?: boolean;
  readonly state?: string;
}

const situations: Readonly<Record<string, Situation>> = {
  running: { is: "nextStart" },
  off: { args: { running: false }, is: "live" },
  "running, with a restart allowed": {
    args: { restart: "ifNeeded", forceOff: true, shutdownTimeoutSeconds: 1 },
    is: "powerCycle",
  },
  "adopted, without aliases": { args: { adopt: true }, adopted: true, is: "nextStart" },
  "after a hot-plug by hand": {
    prepare: (name) => {
      host.enter("truncate", "-s", "1M", `${host.data}/${name}-hand.img`);
      host.virsh("attach-disk", name, `${host.data}/${name}-hand.img`, "vdx", "--live", "--config");
    },
    is: "nextStart",
  },
  "with an external snapshot": {
    prepare: (name) => void host.virsh("snapshot-create-as", name, "s1", "--disk-only"),
    clear: (name) => void host.virsh("snapshot-delete", name, "s1", "--metadata"),
    is: "nextStart",
  },
  paused: { prepare: (name) => void host.virsh("suspend", name), is: "nextStart", state: "paused" },
  "with a managed-save image": {
    prepare: (name) => void host.virsh("managedsave", name),
    is: "nextStart",
    state: "saved",
  },
  "with a managed-save image that may go": {
    args: { removeManagedSave: true },
    prepare: (name) => void host.virsh("managedsave", name),
    is: "live",
  },
};

const cases = Object.keys(situations).flatMap((situation, row) =>
  Object.keys(changes)
    // On the emulated machine, where UEFI is not to be had, each situation meets one change; elsewhere four or five.
    .filter((change, column) =>
      inLab ? change !== "firmware" && column === row % 3 : (column + row) % 2 === 0 || column < 2,
    )
    .map((change, column) => [situation, change, `c${row}-${column}`] as const),
);

it.each(cases)("%s: %s", async (situationName, changeName, name) => {
  const situation = situations[situationName] as Situation;
  // An adopted disk keeps its name, on whatever bus it is.
  const [change, named] = changes[changeName] as Changes;
  await stack.up("disk", `${name}-root`, { pool: stack.pool("pool"), sizeGiB: 0.01 });
  const args: Values = {
    host: stack.host(),
    name,
    vcpus: 1,
    memoryMiB: 64,
    ...root(name),
    ...nic(situation.adopted === true ? { mac: "52:54:00:00:00:01" } : {}),
    ...situation.args,
  };
  if (situation.adopted === true) defineByHand(name);
  await stack.up("guest", name, args);
  const guest = new WatchedGuest(host, name, "");
  await situation.prepare?.(name);
  await nextRun();
  const source = sourceOf(guest);
  const process = guest.process;

  const mac = situation.adopted === true ? { mac: "52:54:00:00:00:01" } : {};
  const changed = withCard({ ...args, ...change(name) }, mac);
  const { impact, drift } = await stack.check("guest", name, changed);
  expect(drift ?? {}).toEqual(
    ["paused", undefined].includes(situation.state) && situation.is !== "live"
      ? {}
      : drift === undefined
        ? {}
        : { running: "false on the host, true wanted" },
  );
  const predicted = impact as Record<string, string>;
  const paths = named.filter((path) => situation.adopted !== true || !path.endsWith(".target"));
  for (const path of paths) expect([path, predicted[path]?.split(":")[0]]).toEqual([path, situation.is]);

  await stack.up("guest", name, changed);
  const pending = stack.get(name).facts.pending as string[];
  if (situation.is === "nextStart") {
    if (situation.state !== "saved") expect(guest.process).toBe(process);
    for (const path of paths) expect(pending).toContain(path);
  } else {
    expect(pending).toEqual([]);
    if (situation.is === "powerCycle") expect(guest.process).not.toBe(process);
  }
  // The image in use is where it was: nothing moved it, nothing moved it back.
  expect(sourceOf(guest)).toBe(source);
  expect(await stack.up("guest", name, changed)).toBe("same");
  expect(stack.get(name).inputs.drift).toBeUndefined();

  // What was defined does start, and then nothing waits any more.
  host.virsh("dominfo", name);
  if (guest.process !== "") host.virsh("destroy", name);
  host.virsh("start", name);
  await nextRun();
  await stack.refresh(name);
  expect(await stack.pendingOf(name)).toEqual([]);
  host.virsh("destroy", name);
  situation.clear?.(name);
});

function withCard(args: Values, mac: Values): Values {
  const { nics } = args as { nics: { out: Values } };
  return { ...args, nics: { out: { ...nics.out, ...mac } } };
}

/** The path of the disk in the persistent XML. */
function sourceOf(guest: WatchedGuest): string {
  const devices = firstElement(guest.definition(), "devices");
  return firstElement(devices && firstElement(devices, "disk"), "source")?.attributes.file ?? "";
}

/** As somebody made it with virt-install, long before us. */
function defineByHand(name: string): void {
  const file = `${host.data}/${name}.xml`;
  host.write(
    file,
    `<domain type='${inLab ? "kvm" : "qemu"}'><name>${name}</name><memory unit='MiB'>64</memory><vcpu>1</vcpu>
      <os><type machine='q35'>hvm</type></os><features><acpi/></features><cpu mode='maximum'/>
      <devices>
        <disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='${host.data}/pool/${name}-root.qcow2'/><target dev='vda' bus='virtio'/></disk>
        <interface type='user'><mac address='52:54:00:00:00:01'/><model type='virtio'/></interface>
        <sound model='ich9'/>
      </devices></domain>`,
  );
  // On the host itself: elsewhere the file is out of reach.
  host.enter("virsh", "-q", "define", "--validate", file);
  host.virsh("start", name);
}
