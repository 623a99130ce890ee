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
import { Engine } from "./engine";
import { type Disaster, Died, MortalProvider } from "./mortal-provider";
import { type PrivateHost, run, startPrivateHost } from "./private-host";
import { type Snapshot, snapshot, wipe } from "./snapshot";
import type { Kind } from "./stack";

const every = process.env.PULUMI_VIRT_EVERY_COMMAND === "true";
export const name = "victim";
export const bridge = "virbr77";

/** What is done with one resource, named "victim". */
export interface Row {
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

/** Of the tests that run: there from `beforeAll` on. */
export const theHost = (): PrivateHost => host;
export const theEngine = (): Engine => engine;

/** Commands that leave the host as it was. */
const reading =
  /^(capabilities|version|domcapabilities|nodeinfo|list|(net|pool|vol|secret|snapshot|checkpoint|net-port)-list|(net|pool|vol|secret|net-port)-dumpxml|dumpxml|domxml-to-native|(net|pool)-name|domstate|domifaddr|net-dhcp-leases|vol-download|pool-refresh)( |$)/;

const deaths: readonly Disaster[] = ["killed before", "killed after", "answer lost"];
const daemonDeaths: readonly Disaster[] = ["daemon killed before", "daemon killed during", "daemon killed after"];

/** The next one is started while the one before is at work. */
let standby: MortalProvider;
function fresh(): MortalProvider {
  const next = standby;
  standby = new MortalProvider(join(host.folder, "tmp"));
  return next;
}

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
export function removeLeftBridge(): void {
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

/** One test file: each disaster strikes at each of these rows, on a host of its own. */
export function strike(rows: readonly Row[]): void {
  jest.setTimeout(1_800_000);

  beforeAll(async () => {
    host = startPrivateHost();
    run("sh", "-c", `head -c 3000000 /dev/urandom > ${host.data}/seed.img`);
    run("qemu-img", "convert", "-O", "qcow2", `${host.data}/seed.img`, `${host.data}/seed.qcow2`);
    standby = new MortalProvider(join(host.folder, "tmp"));
    engine = new Engine(fresh());
    await engine.up("host", "host", { uri: host.uri });
    await engine.up("pool", "ground", { host: engine.host(), type: "dir", path: `${host.data}/ground` });
    const pool = engine.pool("ground");
    await engine.up("disk", "data", { pool, format: "raw", source: { path: `${host.data}/seed.img` } });
    await engine.up("disk", "base", { pool, format: "raw", sizeGiB: 0.0078125 });
  });
  afterAll(async () => {
    await standby.end();
    await engine.provider.end();
    host.stop();
  });

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
}
