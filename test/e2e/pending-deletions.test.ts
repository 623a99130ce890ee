/**
 * Replaced first and deleted afterwards, as a transformation of the program can have it: both are the same object on the
 * host. The engine may die in between; then the deletion stands in the state, and another process carries it out.
 */

import { spawnSync } from "node:child_process";
import { type PrivateHost, run, startPrivateHost } from "../support/private-host";
import { Program, sessionsOf } from "../support/program";
import { until } from "../support/until";

jest.setTimeout(400_000);

let host: PrivateHost;
let program: Program;
beforeAll(() => {
  host = startPrivateHost();
  program = new Program(source(true));
});
afterAll(() => {
  program.remove();
  host.stop();
});

function source(isLate: boolean, more = ""): string {
  const late = `pulumi.runtime.registerStackTransformation(({ props, opts }) => ({ props, opts: { ...opts, deleteBeforeReplace: false } }));`;
  return `const virt = require("pulumi-virt"); const pulumi = require("@pulumi/pulumi");
    ${isLate ? late : ""}
    const data = ${JSON.stringify(host.data)};
    const host = new virt.Host("host", { uri: ${JSON.stringify(host.uri)} });
    const pool = new virt.Pool("kept-pool", { host, type: "dir", path: data + "/kept" });
    const disk = new virt.Disk("kept-disk", { pool, format: "raw", sizeGiB: 0.01 });
    const lan = new virt.Network("kept-lan", { host, mode: "isolated" });
    const guest = new virt.Guest("kept-guest", { host, vcpus: 1, memoryMiB: 32, forceOff: true, shutdownTimeoutSeconds: 1 });
    ${more}`;
}

interface Exported {
  readonly deployment: { resources: { urn: string; outputs?: Record<string, unknown>; delete?: boolean }[] };
}

const exported = (): Exported => JSON.parse(program.must("stack", "export", "--show-secrets")) as Exported;
const isOurs = ({ urn }: { urn: string }): boolean => urn.includes("::kept-");

function imported(state: Exported): void {
  program.write("state.json", JSON.stringify(state));
  program.must("stack", "import", "--file", "state.json");
}

/** Whether all is there, by names and data; the guest and the network run as they did. */
const there = (): unknown => ({
  guests: host.virsh("list", "--name").trim(),
  process: host.enter("sh", "-c", "cat /run/libvirt/qemu/kept-guest.pid").trim(),
  networks: host.virsh("net-list", "--name").trim(),
  pools: host.virsh("pool-list", "--name").trim(),
  volumes: host.virsh("vol-list", "kept-pool").match(/kept-disk\S*/g),
  data: run("head", "-c", "8", `${host.data}/kept/kept-disk.img`),
});

const nothingLeft = (): void => {
  for (const list of ["list", "net-list", "pool-list"]) expect(host.virsh(list, "--all", "--name").trim()).toBe("");
  expect(host.virsh("secret-list").trim()).toBe("");
};

function replaceAll(): string {
  return program.up(...replacing());
}

function replacing(): string[] {
  const urns = exported()
    .deployment.resources.filter(isOurs)
    .map(({ urn }) => urn);
  expect(urns).toHaveLength(4);
  return urns.flatMap((urn) => ["--replace", urn]);
}

/** The process and all that it started, and they started. */
function familyOf(pid: number): number[] {
  const { stdout } = spawnSync("pgrep", ["-P", String(pid)], { encoding: "utf8" });
  return [pid, ...stdout.split("\n").filter(Boolean).map(Number).flatMap(familyOf)];
}

const left = /warning: The \w+ "kept-\S+" on \S+ was left as it is/g;

it("loses nothing in the same run, nor when the engine was killed in between (8.10)", () => {
  program.up();
  run("sh", "-c", `printf precious | dd of=${host.data}/kept/kept-disk.img conv=notrunc status=none`);
  const before = there();
  const older = exported();
  expect(replaceAll().match(left)?.length).toBeGreaterThanOrEqual(4);
  expect(there()).toEqual(before);

  // As an engine leaves it that is killed between `create` and `delete`, and one more that was killed so before.
  const newer = exported();
  const pending = (): Exported["deployment"]["resources"] =>
    older.deployment.resources
      .filter(isOurs)
      .map((each) => ({ ...each, delete: true }))
      .reverse();
  imported({ ...newer, deployment: { ...newer.deployment, resources: [...newer.deployment.resources, ...pending()] } });
  program.must("refresh", "--yes", "--skip-preview");
  expect(exported().deployment.resources.filter((each) => each.delete === true)).toHaveLength(4);
  expect(program.up().match(left)?.length).toBeGreaterThanOrEqual(4);
  expect(there()).toEqual(before);
  expect(exported().deployment.resources.filter((each) => each.delete === true)).toEqual([]);
  program.mustBeSettled();

  // Killed before anything was recorded: the state is older than what the host says, and the next `up` mends that.
  imported(older);
  program.up();
  program.mustBeSettled();
  expect(there()).toEqual(before);
  program.write("index.js", source(false));
  program.mustBeSettled();
  program.destroy();
  nothingLeft();
});

it("loses nothing where engine and provider are killed between the creations and the deletions (8)", async () => {
  program.write("index.js", source(true));
  program.up();
  run("sh", "-c", `printf precious | dd of=${host.data}/kept/kept-disk.img conv=notrunc status=none`);
  const before = there();
  // Deletions come when all is made: the upload of a last disk holds them up.
  run("truncate", "-s", "1500M", `${host.data}/large.img`);
  const last = `new virt.Disk("slow", { pool, format: "raw", source: { path: data + "/large.img" } }, { dependsOn: [disk, lan, guest] });`;
  program.write("index.js", source(true, last));
  const engine = program.start("up", "--yes", "--skip-preview", ...replacing());
  const ended = new Promise((resolve) => engine.once("exit", (_code, signal) => resolve(signal)));
  await until(() => host.virsh("vol-list", "kept-pool").includes("slow"), 60);
  for (const pid of familyOf(engine.pid ?? 0)) process.kill(pid, "SIGKILL");
  expect(await ended).toBe("SIGKILL");
  await until(() => sessionsOf(host).length === 0, 10);
  expect(there()).toEqual(before);
  expect(exported().deployment.resources.filter((each) => each.delete === true)).toHaveLength(4);

  program.pulumi("cancel", "--yes");
  expect(program.up().match(left)?.length).toBeGreaterThanOrEqual(4);
  expect(there()).toEqual(before);
  expect(exported().deployment.resources.filter((each) => each.delete === true)).toEqual([]);
  program.mustBeSettled();
  program.destroy();
  nothingLeft();
});

it("does not delete what was made anew because somebody had removed it (8.10)", () => {
  program.write("index.js", source(true));
  program.up();
  host.virsh("destroy", "kept-guest");
  host.virsh("undefine", "kept-guest");
  host.virsh("net-destroy", "kept-lan");
  host.virsh("net-undefine", "kept-lan");
  host.virsh("vol-delete", "--pool", "kept-pool", "kept-disk.img");
  replaceAll();
  run("sh", "-c", `printf precious | dd of=${host.data}/kept/kept-disk.img conv=notrunc status=none`);
  expect(there()).toMatchObject({ guests: "kept-guest", networks: "kept-lan", pools: "kept-pool", data: "precious" });
  program.mustBeSettled();
  program.destroy();
  nothingLeft();
});
