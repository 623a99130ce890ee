/** Bad luck, with the real engine: killed engines and providers, a daemon that stops or stands still, hosts that are down. */

import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { type PrivateHost, run, startPrivateHost } from "../support/private-host";
import { type Program, sessionsOf } from "../support/program";
import { opening, programsOfThisFile } from "../support/programs";
import { until } from "../support/until";

let host: PrivateHost;
const newProgram = programsOfThisFile();
beforeAll(() => {
  host = startPrivateHost();
});
afterAll(() => host.stop());

const off = "vcpus: 1, memoryMiB: 64, running: false";

function program(source: string): Program {
  return newProgram(`${opening(host)}${source}`);
}

/** A source that takes a while to be uploaded, so that there is a middle to be killed in. */
function slowDisk(name: string): string {
  run("truncate", "-s", "1500M", `${host.data}/large.img`);
  return `const host = new virt.Host("host", { uri });
    const pool = new virt.Pool("${name}", { host, type: "dir", path: data + "/${name}" });
    const disk = new virt.Disk("${name}-disk", { pool, format: "raw", source: { path: data + "/large.img" } });
    new virt.Guest("${name}-guest", { host, ${off}, disks: { root: { disk } } });`;
}

const uploads = (name: string): boolean => host.virsh("secret-list").includes(`${name}-disk`);

it("the engine is killed during a create: no process of ours is left after 5 s, and the next up finishes", async () => {
  const killed = program(slowDisk("engine"));
  const engine = killed.start("up", "--yes", "--skip-preview");
  await until(() => uploads("engine"), 60);
  engine.kill("SIGKILL");
  await until(() => sessionsOf(host).length === 0, 5);
  killed.pulumi("cancel", "--yes");
  killed.up();
  killed.mustBeSettled();
  expect(run("cmp", `${host.data}/large.img`, `${host.data}/engine/engine-disk.img`)).toBe("");
  killed.destroy();
  expect(host.virsh("list", "--all", "--name").trim()).toBe("");
  expect(host.virsh("secret-list").trim()).toBe("");
});

it("our process is killed during a create: the next up finishes", async () => {
  const killed = program(slowDisk("provider"));
  const engine = killed.start("up", "--yes", "--skip-preview");
  await until(() => uploads("provider"), 60);
  const ended = new Promise((resolve) => engine.once("exit", resolve));
  // The parent of a session is the provider.
  run("kill", "-KILL", run("ps", "-o", "ppid=", "-p", String(sessionsOf(host)[0])).trim());
  await ended;
  await until(() => sessionsOf(host).length === 0, 5);
  killed.up();
  killed.mustBeSettled();
  killed.destroy();
});

it("libvirtd is stopped half-way through an up: an error that says so, and the next up finishes", async () => {
  const stopped = program(slowDisk("daemon"));
  const engine = stopped.start("up", "--yes", "--skip-preview");
  await until(() => uploads("daemon"), 60);
  const ended = new Promise<number | null>((resolve) => engine.once("exit", resolve));
  host.killDaemon();
  expect(await ended).not.toBe(0);
  host.startDaemon();
  stopped.up();
  stopped.mustBeSettled();
  stopped.destroy();
});

it("a daemon that stands still, or is gone, is never a missing guest", () => {
  const frozen = program(`const host = new virt.Host("host", { uri }); new virt.Guest("steady", { host, ${off} });`);
  frozen.up();
  host.enter("sh", "-c", "kill -STOP $(cat /run/libvirtd.pid)");
  const still = frozen.pulumi("refresh", "--yes", "--skip-preview");
  expect(still.code).not.toBe(0);
  expect(still.text).toMatch(/Unable to connect|did not answer/);
  host.enter("sh", "-c", "kill -CONT $(cat /run/libvirtd.pid)");
  frozen.mustBeSettled();
  host.killDaemon();
  const gone = frozen.pulumi("refresh", "--yes", "--skip-preview");
  expect(gone.code).not.toBe(0);
  expect(gone.text).toMatch(/Unable to connect to qemu:\/\/\/system.*(refused|No such file)/);
  // Offline, a preview is one of the recorded state.
  frozen.must("preview", "--expect-no-changes");
  host.startDaemon();
  frozen.mustBeSettled();
  frozen.destroy();
});

it("a daemon that speaks German: what is there is there, and what is gone is gone", () => {
  const spoken = program(`
    const host = new virt.Host("host", { uri });
    new virt.Guest("bleibt", { host, ${off} });
    new virt.Guest("geht", { host, ${off} });`);
  spoken.up();
  host.killDaemon();
  host.startDaemon("LANGUAGE=de LC_ALL=C.UTF-8");
  // The daemon does speak German, or this test would show nothing.
  expect(() => host.virsh("pool-define-as", "x", "nosuch")).toThrow(/XML Fehler/);
  spoken.mustBeSettled();
  host.virsh("undefine", "geht");
  spoken.must("refresh", "--yes", "--skip-preview");
  spoken.up();
  spoken.mustBeSettled();
  spoken.destroy();
  host.killDaemon();
  host.startDaemon();
});

it("a host that speaks another hypervisor", () => {
  const other = program(`new virt.Host("host", { uri: uri.replace("qemu", "xen") });`);
  const { code, text } = other.pulumi("up", "--yes", "--skip-preview");
  expect(code).not.toBe(0);
  expect(text).toMatch(/Unable to connect to xen:\/\/\/system.*no connection driver available/);
});

it("one host that does not answer costs one time-out and holds up no other", async () => {
  // The kernel takes the connections, and nobody ever says a word: this process sits in spawnSync. It counts them afterwards.
  let connections = 0;
  const mute = createServer(() => connections++).listen(0, "127.0.0.1");
  await once(mute, "listening");
  const address = `127.0.0.1:${(mute.address() as AddressInfo).port}`;
  const several = program(`
    new virt.Guest("here", { host: { uri }, ${off} });
    for (const n of [1, 2, 3, 4]) new virt.Guest("there" + n, { host: { uri: "qemu+tcp://${address}/system" }, ${off} });`);
  const { code, text } = several.pulumi("up", "--yes", "--skip-preview", "--continue-on-error");
  expect(code).not.toBe(0);
  expect(text).toMatch(/qemu\+tcp:\/\/127\.0\.0\.1:\d+\/system did not answer|Unable to connect to qemu\+tcp/);
  expect(host.virsh("list", "--all", "--name").trim()).toBe("here");
  await until(() => connections > 0, 5);
  expect(connections).toBe(1);
  several.destroy();
  mute.close();
});

it("bad input is a sentence, before anything is touched", () => {
  const bad = program("");
  const wrong = (args: string): string => {
    bad.write(
      "index.js",
      `new (require("pulumi-virt").Guest)("bad", { host: { uri: ${JSON.stringify(host.uri)} }, ${args} });`,
    );
    const { code, text } = bad.pulumi("up", "--yes", "--skip-preview");
    expect(code).not.toBe(0);
    expect(text).not.toMatch(/\n\s+at .*:\d+:\d+/);
    return text;
  };
  expect(wrong(`${off}, memory: 5`)).toMatch(/memory: there is no such property. Did you mean "memoryMiB"\?/);
  expect(wrong("vcpus: 1, memoryMiB: 0")).toMatch(/memoryMiB: is too small: at least 1/);
  expect(wrong(`${off}, name: "a\\nb"`)).toMatch(/name: must not contain a line break/);
  expect(wrong(`${off}, name: "a/b"`)).toMatch(/name: must not contain a slash/);
  expect(wrong(`${off}, name: "x".repeat(300)`)).toMatch(/name: is too long/);
  expect(wrong(`${off}, virtualization: "paravirtual"`)).toMatch(/only a Xen host runs paravirtual/);
  expect(
    wrong(`${off}, disks: { root: { disk: { host: { uri: "qemu+ssh://other/system" }, pool: "p", name: "n" } } }`),
  ).toMatch(/disks.root.disk: "n" is on another host/);
  expect(host.virsh("list", "--all", "--name").trim()).toBe("");
});

it("names that a shell or virsh could misread, and a guest named like another's id", () => {
  const odd = program(`
    const host = new virt.Host("host", { uri });
    for (const [key, name] of Object.entries({ quote: "it's \\"odd\\"", spaces: "two  words", dollar: "$(id) ; list", dash: "--all", id: "1" }))
      new virt.Guest(key, { host, name, ${off} });`);
  odd.up();
  odd.mustBeSettled();
  expect(
    host
      .virsh("list", "--all", "--name")
      .split("\n")
      .filter((line) => line !== "")
      .sort(),
  ).toEqual(["$(id) ; list", "--all", "1", 'it\'s "odd"', "two  words"].sort());
  odd.destroy();
  expect(host.virsh("list", "--all", "--name").trim()).toBe("");
});

it("two guests of one name: the second is refused", () => {
  const two = program(`
    const host = new virt.Host("host", { uri });
    const one = new virt.Guest("one", { host, name: "same", ${off} });
    new virt.Guest("two", { host, name: "same", ${off} }, { dependsOn: one });`);
  expect(two.pulumi("up", "--yes", "--skip-preview").text).toMatch(
    /the name \\?"same\\?" is taken by the resource \\?"one\\?" of this program/,
  );
  expect(host.virsh("list", "--all", "--name").trim()).toBe("same");
  two.destroy();
});

it("a backing file that vanished", () => {
  const lost = program(`
    const host = new virt.Host("host", { uri });
    const pool = new virt.Pool("lost", { host, type: "dir", path: data + "/lost" });
    new virt.Disk("over", { pool, backing: { host: { uri }, pool: "lost", name: "nothing.qcow2", path: data + "/lost/nothing.qcow2", format: "qcow2" } });`);
  const { code, text } = lost.pulumi("up", "--yes", "--skip-preview");
  expect(code).not.toBe(0);
  expect(text).toMatch(/the disk beneath it, "nothing.qcow2" in pool "lost", is not there/);
  lost.destroy();
});

it("somebody removed a disk: told, and not made again without its data", () => {
  const torn = program(`
    const host = new virt.Host("host", { uri });
    const pool = new virt.Pool("torn", { host, type: "dir", path: data + "/torn" });
    new virt.Disk("gone", { pool, sizeGiB: 0.01 });`);
  torn.up();
  host.virsh("vol-delete", "--pool", "torn", "gone.qcow2");
  expect(torn.must("preview", "--diff")).toMatch(/no longer on the host/);
  expect(torn.pulumi("up", "--yes", "--skip-preview").text).toMatch(/somebody removed it, and its data with it/);
  torn.must("refresh", "--yes", "--skip-preview");
  torn.up();
  torn.mustBeSettled();
  torn.destroy();
});
