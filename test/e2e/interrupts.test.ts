/** Interrupted with the real engine: once, it ends what is under way; twice, it leaves; killed by the system, nothing asks. */

import type { ChildProcess } from "node:child_process";
import { type PrivateHost, run, startPrivateHost } from "../support/private-host";
import { type Program, sessionsOf } from "../support/program";
import { opening, programsOfThisFile } from "../support/programs";
import { until } from "../support/until";

jest.setTimeout(180_000);

let host: PrivateHost;
const newProgram = programsOfThisFile();
beforeAll(() => {
  host = startPrivateHost();
  // Large enough that there is a middle to be interrupted in.
  run("truncate", "-s", "1500M", `${host.data}/large.img`);
});
afterAll(() => host.stop());

/** A disk that takes a while to be filled, and a guest that comes after it. */
function program(name: string): Program {
  return newProgram(
    `${opening(host)}const host = new virt.Host("host", { uri });
     const pool = new virt.Pool("${name}", { host, type: "dir", path: "${host.data}/${name}" });
     const disk = new virt.Disk("${name}-disk", { pool, format: "raw", source: { path: "${host.data}/large.img" } });
     new virt.Guest("${name}-guest", { host, vcpus: 1, memoryMiB: 64, running: false, disks: { root: { disk } } });`,
  );
}

const ended = (engine: ChildProcess): Promise<number | null> =>
  new Promise((resolve) => engine.once("exit", (code) => resolve(code)));

/** The upload is under way: the volume is there. */
async function uploading(made: Program, name: string): Promise<ChildProcess> {
  const engine = made.start("up", "--yes", "--skip-preview");
  await until(() => {
    try {
      return host.virsh("vol-list", name).includes(`${name}-disk`);
    } catch {
      return false;
    }
  }, 60);
  return engine;
}

function mustConverge(made: Program, name: string): void {
  made.up();
  made.mustBeSettled();
  expect(run("cmp", `${host.data}/large.img`, `${host.data}/${name}/${name}-disk.img`)).toBe("");
  expect(host.virsh("list", "--all", "--name").trim()).toBe(`${name}-guest`);
  made.destroy();
  expect(host.virsh("list", "--all", "--name").trim()).toBe("");
  expect(host.virsh("pool-list", "--all", "--name").trim()).toBe("");
  expect(host.virsh("secret-list").trim()).toBe("");
}

it("one SIGINT: the disk under way is finished and recorded, the guest is not begun, and the next up goes on", async () => {
  const interrupted = program("once");
  const engine = await uploading(interrupted, "once");
  const end = ended(engine);
  engine.kill("SIGINT");
  expect(await end).not.toBe(0);
  await until(() => sessionsOf(host).length === 0, 5);
  expect(host.virsh("list", "--all", "--name").trim()).toBe("");
  expect(interrupted.must("stack", "--show-urns")).toContain("once-disk");
  mustConverge(interrupted, "once");
});

it("two SIGINTs: the engine leaves, nothing of ours is left after 5 s, and the next up finishes", async () => {
  const interrupted = program("twice");
  const engine = await uploading(interrupted, "twice");
  const end = ended(engine);
  engine.kill("SIGINT");
  // The engine takes two that come together as one.
  await new Promise((resolve) => setTimeout(resolve, 300));
  engine.kill("SIGINT");
  expect(await end).not.toBe(0);
  await until(() => sessionsOf(host).length === 0, 5);
  interrupted.pulumi("cancel", "--yes");
  mustConverge(interrupted, "twice");
});

it("SIGTERM, as a pipeline that is cancelled sends it, is like SIGINT", async () => {
  const interrupted = program("ended");
  const engine = await uploading(interrupted, "ended");
  const end = ended(engine);
  engine.kill("SIGTERM");
  await end;
  await until(() => sessionsOf(host).length === 0, 5);
  interrupted.pulumi("cancel", "--yes");
  mustConverge(interrupted, "ended");
});
