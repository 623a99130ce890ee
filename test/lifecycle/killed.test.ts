/**
 * Failure in the middle: at every virsh command of a creation, a change and a removal our process is killed (before and
 * after it), the answer is lost, or the daemon is killed; the next `up` converges, and nothing is lost or doubled.
 *
 * By default the disasters strike around every command that changes something, and after the last of all: in between the
 * host stays as it is, so dying before a change is dying after the one before it.
 * PULUMI_VIRT_EVERY_COMMAND=true strikes at all of them, in each way.
 */

import { join } from "node:path";
import type { Values } from "../../provider/lifecycle/lifecycle";
import { Engine } from "../support/engine";
import { type Disaster, Died, MortalProvider } from "../support/mortal-provider";
import { type PrivateHost, run, startPrivateHost } from "../support/private-host";
import { type Snapshot, snapshot, wipe } from "../support/snapshot";
import type { Kind } from "../support/stack";

jest.setTimeout(1_800_000);

const every = process.env.PULUMI_VIRT_EVERY_COMMAND === "true";
const name = "victim";
const bridge = "virbr77";

/** What is done with one resource, named "victim". */
interface Row {
  readonly title: string;
  readonly kind: Kind;
  /** The resource as it is before; absent: it is created. */
  readonly before?: () => Values;
  /** The resource as it is wanted; absent: it is removed. */
  readonly after?: () => Values;
  /** Makes the creation of `before` fail half-way, so that the engine keeps it with an error; and takes that back. */
  readonly hinder?: () => void;
  readonly release?: () => void;
  /** False: some of it stays (a disk that has grown, a folder; what only another start, or a guest's system, takes away). */
  readonly isUndone?: false;
}

let host: PrivateHost;
let engine: Engine;

const at = (): Values => ({ host: engine.host() });
const poolArgs =
  (more: Values = {}) =>
  (): Values => ({ ...at(), type: "dir", path: `${host.data}/${name}`, ...more });
const networkArgs =
  (more: Values = {}) =>
  (): Values => ({
    ...at(),
    mode: "isolated",
    bridge,
    domain: "before.test",
    ipv4: { gateway: "10.77.0.1/24" },
    ...more,
  });
const diskArgs = (more: Values) => (): Values => ({ pool: engine.pool("ground"), ...more });
const raw =
  (more: Values = {}) =>
  (): Values =>
    diskArgs({ format: "raw", source: { path: `${host.data}/seed.img` }, ...more })();
const qcow2 = (): Values => diskArgs({ source: { path: `${host.data}/seed.qcow2` }, sizeGiB: 0.03125 })();
const off =
  (more: Values = {}) =>
  (): Values => ({ ...at(), vcpus: 1, memoryMiB: 64, running: false, ...more });
/** It has no system that could shut it down. */
const running =
  (more: Values = {}) =>
  (): Values => ({
    ...at(),
    vcpus: 1,
    memoryMiB: 64,
    disks: { root: { disk: engine.disk("data") } },
    shutdownTimeoutSeconds: 1,
    forceOff: true,
    ...more,
  });

const rows: readonly Row[] = [
  { title: "create", kind: "pool", after: poolArgs() },
  {
    title: "update",
    kind: "pool",
    before: poolArgs({ running: false }),
    after: poolArgs({ autostart: false }),
    isUndone: false,
  },
  { title: "delete", kind: "pool", before: poolArgs() },

  { title: "create", kind: "network", after: networkArgs() },
  {
    title: "update: started again with another domain",
    kind: "network",
    before: networkArgs(),
    after: networkArgs({ domain: "after.test", autostart: false }),
  },
  {
    title: "update after a start that failed",
    kind: "network",
    before: networkArgs(),
    after: networkArgs(),
    hinder: () => void host.enter("ip", "link", "add", bridge, "type", "bridge"),
    release: removeLeftBridge,
  },
  { title: "delete", kind: "network", before: networkArgs() },

  { title: "create blank", kind: "disk", after: diskArgs({ sizeGiB: 0.0078125 }) },
  { title: "create blank raw", kind: "disk", after: diskArgs({ sizeGiB: 0.0078125, format: "raw" }) },
  { title: "create from a raw file", kind: "disk", after: raw() },
  { title: "create from a qcow2 file, and grow", kind: "disk", after: qcow2 },
  { title: "create on another disk", kind: "disk", after: () => diskArgs({ backing: engine.disk("base") })() },
  { title: "grow", kind: "disk", before: raw(), after: raw({ sizeGiB: 0.0078125 }), isUndone: false },
  { title: "delete", kind: "disk", before: raw() },

  { title: "create, off", kind: "guest", after: off({ autostart: true }) },
  {
    title: "update, off",
    kind: "guest",
    before: off(),
    after: off({ name: "victim", memoryMiB: 96, autostart: true, title: "After" }),
  },
  { title: "delete, off", kind: "guest", before: off({ autostart: true }) },
  { title: "create, running", kind: "guest", after: running({ autostart: true }) },
  {
    title: "update, running, no restart",
    kind: "guest",
    before: running(),
    after: running({ title: "After", metadata: { purpose: "after" }, memoryMiB: 96 }),
  },
  {
    title: "update, running: a disk and a card attached, and a vCPU",
    kind: "guest",
    before: running({ vcpus: { current: 1, max: 2 } }),
    after: () => ({
      ...running({ vcpus: { current: 2, max: 2 }, nics: { out: { user: true } } })(),
      disks: { root: { disk: engine.disk("data") }, more: { disk: engine.disk("base") } },
    }),
    isUndone: false,
  },
  {
    title: "update, running, restart",
    kind: "guest",
    before: running(),
    after: running({ memoryMiB: 96, restart: "ifNeeded" }),
    isUndone: false,
  },
  {
    title: "update after a start that failed",
    kind: "guest",
    before: running(),
    after: running(),
    hinder: () => run("mv", `${host.data}/ground/data.img`, `${host.data}/ground/away`),
    release: () => run("mv", `${host.data}/ground/away`, `${host.data}/ground/data.img`),
  },
  { title: "delete, running", kind: "guest", before: running() },
];

/** Commands that leave the host as it was. */
const reading =
  /^(capabilities|version|domcapabilities|nodeinfo|list|(net|pool|vol|secret|snapshot|checkpoint|net-port)-list|(net|pool|vol|secret|net-port)-dumpxml|dumpxml|domxml-to-native|(net|pool)-name|domifaddr|net-dhcp-leases|vol-download|pool-refresh)( |$)/;

const deaths: readonly Disaster[] = ["killed before", "killed after", "answer lost"];
const daemonDeaths: readonly Disaster[] = ["daemon killed before", "daemon killed during", "daemon killed after"];

/** The next one is started while the one before is at work. */
let standby: MortalProvider;
function fresh(): MortalProvider {
  const next = standby;
  standby = new MortalProvider(join(host.folder, "tmp"));
  return next;
}

beforeAll(async () => {
  host = startPrivateHost();
  run("sh", "-c", `head -c 3000000 /dev/urandom > ${host.data}/seed.img`);
  run("qemu-img", "convert", "-O", "qcow2", `${host.data}/seed.img`, `${host.data}/seed.qcow2`);
  standby = new MortalProvider(join(host.folder, "tmp"));
  engine = new Engine(fresh());
  await engine.up("host", "host", { uri: host.uri });
  await engine.up("pool", "ground", { ...at(), type: "dir", path: `${host.data}/ground` });
  await engine.up("disk", "data", raw()());
  await engine.up("disk", "base", diskArgs({ sizeGiB: 0.0078125, format: "raw" })());
});
afterAll(async () => {
  await standby.end();
  await engine.provider.end();
  host.stop();
});

/** The resource as it is before. */
async function prepare({ kind, before, hinder, release }: Row): Promise<void> {
  engine.forget(name);
  await wipe(host, name);
  if (kind === "network") removeLeftBridge();
  if (before === undefined) return;
  hinder?.();
  try {
    await engine.up(kind, name, before());
    if (hinder !== undefined) throw new Error("this should have failed");
  } catch (error) {
    if (hinder === undefined || !engine.has(name) || !engine.get(name).incomplete) throw error;
  } finally {
    release?.();
  }
}

/**
 * A daemon that is killed while it starts a network leaves a bridge, and perhaps a dnsmasq that holds its address, that
 * it cannot take up again; only a person can.
 */
function removeLeftBridge(): void {
  if (host.virsh("net-list", "--name").includes(name)) return;
  // The brackets: pkill is not to find the shell that it runs in.
  host.enter(
    "sh",
    "-c",
    `while pkill -KILL -f 'dnsmasq/[v]ictim.conf'; do sleep 0.01; done; ip link delete ${bridge} 2>/dev/null || true`,
  );
}

/** What the row is about, with the disaster on its way from the moment on where something is done. */
async function act({ kind, after }: Row, arm: () => void): Promise<void> {
  const inputs = after === undefined ? undefined : await engine.check(kind, name, after());
  // The Host comes first in every up, so the process knows it.
  await engine.provider.call("host", "read", engine.get("host").id, engine.get("host").outputs);
  arm();
  if (inputs !== undefined) await engine.apply(kind, name, inputs);
  else if (engine.has(name)) await engine.destroy(name);
}

async function mustBeSettled({ kind, after }: Row): Promise<void> {
  if (after === undefined) return;
  const inputs = await engine.check(kind, name, after());
  expect(inputs.drift).toBeUndefined();
  expect(inputs.impact).toBeUndefined();
  expect(await engine.apply(kind, name, inputs)).toBe("same");
}

/** Undisturbed: the commands, and what the host is like afterwards. */
async function undisturbed(row: Row): Promise<{ commands: string[]; reference: Snapshot }> {
  await prepare(row);
  await act(row, () => engine.provider.arm(0, "killed before"));
  const commands = engine.provider.disarm();
  expect(commands.length).toBeGreaterThan(0);
  await mustBeSettled(row);
  return { commands, reference: await snapshot(host) };
}

/** One disaster at one command. False where the work was done before it came to that. */
async function struck(row: Row, at: number, how: Disaster, reference: Snapshot): Promise<boolean> {
  await prepare(row);
  const killDaemon = [
    join(__dirname, "../../scripts/private-host"),
    "enter",
    host.folder,
    "sh",
    "-c",
    "kill -KILL $(cat /run/libvirtd.pid); while pgrep -x libvirtd; do sleep 0.01; done",
  ];
  let outcome = "done";
  await act(row, () => engine.provider.arm(at, how, killDaemon)).catch((error: unknown) => {
    outcome = error instanceof Died ? "died" : String(error);
  });
  const commands = engine.provider.disarm();
  if (commands.length < at) return false;
  const where = `${how} ${at}: ${commands[at - 1]}`;
  await engine.provider.end();
  engine.provider = fresh();
  if (how.startsWith("daemon")) {
    host.startDaemon();
    if (row.kind === "network") removeLeftBridge();
  }
  try {
    if (how.startsWith("killed")) expect(outcome).toBe("died");
    await act(row, () => undefined);
    await mustBeSettled(row);
    expect(await snapshot(host)).toEqual(reference);
    expect(engine.provider.leftFiles()).toEqual([]);
  } catch (error) {
    throw new Error(`${where} (${outcome.slice(0, 300)}):\n${String(error).slice(0, 2000)}`);
  }
  return true;
}

/** What is to be afterwards: the program as it was before the update, which nobody recorded. */
async function takenBack(row: Row, at: number): Promise<void> {
  await prepare(row);
  const reference = await snapshot(host);
  await act(row, () => engine.provider.arm(at, "killed after")).catch((error: unknown) => {
    if (!(error instanceof Died)) throw error;
  });
  const commands = engine.provider.disarm();
  await engine.provider.end();
  engine.provider = fresh();
  const back = { ...row, after: row.before };
  try {
    await act(back, () => undefined);
    await mustBeSettled(back);
    expect(await snapshot(host)).toEqual(reference);
  } catch (error) {
    throw new Error(`taken back after ${at}: ${commands[at - 1]}:\n${String(error).slice(0, 2000)}`);
  }
}

/** Where the disasters strike by default. */
function worthwhile(commands: readonly string[], how: Disaster): number[] {
  const all = commands.map((_, index) => index + 1);
  const changing = all.filter((at) => !reading.test(commands[at - 1] ?? ""));
  if (how === "killed after") return [...new Set([...changing, commands.length])];
  if (how === "answer lost" || how === "daemon killed during") return changing;
  // As after the one before.
  if (how.endsWith("before")) return changing.slice(0, 1);
  return changing.slice(-1);
}

describe.each(rows)("$kind: $title", (row) => {
  const reached: string[] = [];
  afterAll(() => process.stderr.write(`${row.kind} ${row.title}: ${reached.join(", ")}\n`));
  let commands: string[] = [];
  let reference: Snapshot;

  beforeAll(async () => {
    ({ commands, reference } = await undisturbed(row));
    const changing = commands.filter((command) => !reading.test(command));
    reached.push(
      `${commands.length} commands, ${changing.length} of them change something (${changing.map((command) => command.split(" ")[0]).join(", ")})`,
    );
  });

  it.each([...deaths, ...daemonDeaths])("%s each command", async (how) => {
    const failures: string[] = [];
    let last = 0;
    const strike = async (at: number): Promise<boolean> => {
      last = at;
      return struck(row, at, how, reference).catch((error: unknown) => failures.push(String(error)) > 0);
    };
    if (every) for (let at = 1; await strike(at); at += 1);
    else for (const at of worthwhile(commands, how)) await strike(at);
    reached.push(`${how} up to ${last}`);
    expect(failures).toEqual([]);
  });

  const isUpdate = row.before !== undefined && row.after !== undefined && row.hinder === undefined;
  (isUpdate && row.isUndone !== false ? it : it.skip)(
    "killed after each command, and the program is taken back (8.4)",
    async () => {
      const failures: string[] = [];
      for (const at of worthwhile(commands, "killed after"))
        await takenBack(row, at).catch((error: unknown) => failures.push(String(error)));
      expect(failures).toEqual([]);
    },
  );
});
