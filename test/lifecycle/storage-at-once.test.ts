/** Two stacks that make a disk at one moment through two names of one folder: one has it at most, and its data is whole (8.6). */

import { existsSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import type { Values } from "../../provider/lifecycle/lifecycle";
import { nextRun } from "../support/hosts";
import { type PrivateHost, run, startPrivateHost } from "../support/private-host";
import { prepareSshServer } from "../support/ssh-server";
import { disconnect, Stack } from "../support/stack";

jest.setTimeout(300_000);

let host: PrivateHost;
let byName: Readonly<Record<string, string>>;
beforeAll(() => {
  host = startPrivateHost();
  const program = prepareSshServer(host).program("far", "Host *\n  IdentitiesOnly yes\n");
  byName = { here: host.uri, far: `qemu+ssh://root@target:2200/system?command=${program}` };
  for (const name of ["one", "other"]) {
    writeFileSync(`${host.data}/${name}.img`, Buffer.alloc(2 ** 20, name));
    run("qemu-img", "convert", "-O", "qcow2", `${host.data}/${name}.img`, `${host.data}/${name}.qcow2`);
  }
});
afterAll(async () => {
  await disconnect();
  host.stop();
});

const claims = (): string[] => [...host.virsh("secret-list").matchAll(/\S+\/data\.\w+$/gm)].map(([path]) => path);

/** What a guest would read. */
function content(file: string): string {
  run("qemu-img", "convert", "-O", "raw", file, `${host.data}/plain`);
  return readFileSync(`${host.data}/plain`, "utf8").slice(0, 20);
}

it("disks of one name in eight pools are eight files, although they are made at one moment", async () => {
  const stack = new Stack("many");
  await stack.up("host", "host", { uri: host.uri });
  const pools = Array.from({ length: 8 }, (_, number) => `many-${number}`);
  for (const name of pools)
    await stack.up("pool", name, { host: stack.host(), type: "dir", path: `${host.data}/${name}` });
  const all = (round: number): Promise<unknown> =>
    Promise.all(
      pools.map((pool) =>
        stack.up("disk", `on-${pool}`, { pool: stack.pool(pool), name: `${round}.img`, sizeGiB: 0.01, format: "raw" }),
      ),
    );
  for (let round = 0; round < 6; round += 1) {
    await all(round);
    for (const pool of pools) await stack.destroy(`on-${pool}`);
    for (const pool of pools) stack.forget(`on-${pool}`);
  }
  for (const pool of pools) await stack.destroy(pool);
});

describe.each(["here", "far"])("%s", (where) => {
  const stacks: Record<string, Stack> = {};
  beforeAll(async () => {
    for (const [name, pool] of [
      ["one", `images-${where}`],
      ["other", `alias-${where}`],
    ] as const) {
      const stack = (stacks[name] = new Stack(name));
      // Connections of their own, as of two processes.
      await stack.up("host", "host", { uri: `${byName[where]}&no_verify=${name === "one" ? 0 : 1}` });
      if (name === "other") symlinkSync(`${host.data}/images-${where}`, `${host.data}/alias-${where}`);
      await stack.up("pool", "pool", { host: stack.host(), name: pool, type: "dir", path: `${host.data}/${pool}` });
    }
  });

  it.each(["raw", "qcow2"])("%s, many times", async (format) => {
    const folder = `${host.data}/images-${where}`;
    const file = `${folder}/data.${format}`;
    for (let round = 0; round < 12; round += 1) {
      const made = await Promise.all(
        Object.entries(stacks).map(async ([name, stack]) => {
          // The one begins a little before the other, each time a little later.
          await new Promise((resolve) => setTimeout(resolve, name === "other" ? round * 12 : 0));
          const source = { path: `${host.data}/${name}.${format === "raw" ? "img" : "qcow2"}` };
          const args: Values = { pool: stack.pool("pool"), name: `data.${format}`, format, source };
          return stack.up("disk", "data", args).then(
            () => name,
            (error: unknown) => String(error),
          );
        }),
      );
      const winners = made.filter((each) => each in stacks);
      expect(winners.length).toBeLessThan(2);
      const [winner] = winners;
      expect(made.filter((each) => each !== winner).join("\n")).toMatch(
        /Unable to create disk|another resource has claimed|there is a disk/,
      );
      if (winner === undefined) {
        // Nobody has it: nothing is left, or what one may finish.
        for (const stack of Object.values(stacks)) stack.forget("data");
        for (const uuid of host.virsh("secret-list").match(/\S+(?= +tls .*\/data\.)/g) ?? [])
          host.virsh("secret-undefine", uuid);
        rmSync(file, { force: true });
        continue;
      }
      expect(content(file)).toMatch(new RegExp(`^(${winner})+`));
      expect(claims()).toHaveLength(1);
      await stacks[winner]?.destroy("data");
      expect([existsSync(file), claims(), readdirSync(folder)]).toEqual([false, [], []]);
    }
  });

  it("the claim of a creation that came too late lets nobody fill what the other made", async () => {
    const { one, other } = stacks as { one: Stack; other: Stack };
    const args = (stack: Stack, name: string): Values => ({
      pool: stack.pool("pool"),
      name: "data.raw",
      format: "raw",
      source: { path: `${host.data}/${name}.img` },
    });
    const uuid = (): string => /\S+(?= +tls .*\/data\.)/.exec(host.virsh("secret-list"))?.[0] ?? "";
    await other.up("disk", "data", args(other, "other"));
    const claim = host.virsh("secret-dumpxml", uuid());
    await other.destroy("data");
    await one.up("disk", "data", args(one, "one"));
    const late = claim.replace("state=finished", "state=unfinished").replace(/ stamp=\S+(?=<)/, "");
    writeFileSync(`${host.data}/claim.xml`, late);
    host.virsh("secret-define", `${host.data}/claim.xml`);
    await nextRun();
    await expect(other.up("disk", "data", args(other, "other"))).rejects.toThrow(/Unable to create disk/);
    expect(readFileSync(`${host.data}/images-${where}/data.raw`, "utf8")).toMatch(/^oneone/);
    host.virsh("secret-undefine", /<uuid>(\S+)<\/uuid>/.exec(claim)?.[1] ?? "");
    await nextRun();
    await one.destroy("data");
  });
});
