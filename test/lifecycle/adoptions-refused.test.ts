/** What another stack manages is not adopted, and the preview says so. */

import { mkdirSync } from "node:fs";
import type { Values } from "../../provider/lifecycle/lifecycle";
import { nextRun } from "../support/hosts";
import { type PrivateHost, run, startPrivateHost } from "../support/private-host";
import { disconnect, type Kind, Stack } from "../support/stack";

jest.setTimeout(120_000);

let host: PrivateHost;
let one: Stack;
let other: Stack;
beforeAll(async () => {
  host = startPrivateHost();
  [one, other] = [new Stack("one"), new Stack("other")];
  for (const stack of [one, other]) await stack.up("host", "host", { uri: host.uri });
  mkdirSync(`${host.data}/theirs`);
  for (const [kind, args] of Object.entries(kinds)) await one.up(kind as Kind, kind, args(one));
});
afterAll(async () => {
  await disconnect();
  host.stop();
});

const pool = (stack: Stack): Values => ({
  host: stack.host(),
  name: "theirs",
  type: "dir",
  path: `${host.data}/theirs`,
});
const kinds: Readonly<Record<"pool" | "network" | "guest" | "disk", (stack: Stack) => Values>> = {
  pool,
  network: (stack) => ({ host: stack.host(), name: "theirs", mode: "isolated" }),
  guest: (stack) => ({ host: stack.host(), name: "theirs", vcpus: 1, memoryMiB: 64, running: false }),
  disk: (stack) => ({ pool: pool(stack), name: "theirs.qcow2", sizeGiB: 0.01 }),
};

it.each(Object.entries(kinds))(
  "a %s that another stack manages is refused at the preview (8.7)",
  async (kind, args) => {
    const adopting = { ...args(other), adopt: true };
    await expect(other.check(kind as Kind, "mine", adopting)).rejects.toThrow(
      new RegExp(
        `^Unable to adopt ${kind} "theirs.*another stack or resource manages it. Nothing was changed.\nHint: `,
      ),
    );
    // One of our own that was made, not found there, is no better.
    const again = { ...args(one), adopt: true };
    await expect(one.check(kind as Kind, "again", again)).rejects.toThrow(/another stack or resource manages it/);
  },
);

describe("what is there already is no new one, and the preview says so (8.7)", () => {
  it.each(Object.entries(kinds))("a %s that another stack manages", async (kind, args) => {
    await expect(other.check(kind as Kind, "mine", args(other))).rejects.toThrow(
      kind === "disk"
        ? /^name: another resource has claimed the disk "theirs/
        : /^name: there is a .*theirs" already, which another stack manages/,
    );
  });

  it.each(["guest", "network", "pool"] as const)("a %s of another stack by its UUID", async (kind) => {
    const { uuid } = one.get(kind).outputs;
    await expect(other.check(kind, "mine", { ...kinds[kind](other), uuid })).rejects.toThrow(
      new RegExp(
        `^Unable to create ${kind} "theirs" on .*: there is one of this name already, and it is not this resource's`,
      ),
    );
  });

  it("what a person made", async () => {
    const path = `${host.data}/persons`;
    mkdirSync(path);
    host.virsh("pool-define-as", "persons", "dir", "--target", path);
    host.virsh("pool-start", "persons");
    host.virsh("vol-create-as", "persons", "theirs.qcow2", "1M", "--format", "qcow2");
    await nextRun();
    const args = { host: other.host(), name: "persons", type: "dir", path };
    await expect(other.check("pool", "new", args)).rejects.toThrow(
      /^name: there is a pool "persons" already.*adopt: true/,
    );
    const disk = { pool: args, name: "theirs.qcow2", sizeGiB: 0.01 };
    await expect(other.check("disk", "new", disk)).rejects.toThrow(
      /^name: there is a disk "theirs.qcow2".*adopt: true/,
    );
    expect(await other.check("disk", "new", { ...disk, adopt: true })).toBeDefined();
  });

  it("of the same stack it may be gone before its turn comes: that is a warning, and the `up` refuses it", async () => {
    const args = { ...kinds.pool(one), path: `${host.data}/elsewhere` };
    expect(await one.check("pool", "second", args)).toBeDefined();
    await expect(one.up("pool", "second", args)).rejects.toThrow(/there is a pool "theirs" already/);
    expect(await one.check("disk", "second", kinds.disk(one))).toBeDefined();
    await expect(one.up("disk", "second", kinds.disk(one))).rejects.toThrow();
  });

  it.each(Object.entries(kinds))("our own %s that nobody recorded is taken up", async (kind, args) => {
    const kept = one.get(kind);
    one.forget(kind);
    expect(await one.check(kind as Kind, kind, args(one))).toBeDefined();
    one.kept.set(kind, kept);
  });
});

it("what nobody manages may be adopted, and is no refusal", async () => {
  run("mkdir", "-p", `${host.data}/free`);
  host.virsh("pool-define-as", "free", "dir", "--target", `${host.data}/free`);
  const args = { host: other.host(), name: "free", type: "dir", path: `${host.data}/free`, adopt: true };
  expect(await other.check("pool", "free", args)).toBeDefined();
});

describe("a second pool of what a pool has already is refused at the preview, with that one's name (8.34)", () => {
  const second = (stack: Stack, path: string, more: Values = {}): Values => ({
    host: stack.host(),
    name: "second",
    type: "dir",
    path,
    ...more,
  });
  const why = /^path: .*\/theirs is the folder of pool "theirs" already/;

  it.each(["", "/", "//"])("its folder, with %p behind", async (behind) => {
    await expect(other.check("pool", "second", second(other, `${host.data}/theirs${behind}`))).rejects.toThrow(why);
  });

  it("but only told where the same stack may take that one away, and refused before anything is touched", async () => {
    const args = second(one, `${host.data}/theirs`);
    expect(await one.check("pool", "second", args)).toBeDefined();
    await expect(one.up("pool", "second", args)).rejects.toThrow(
      /is the folder of pool "theirs" already.*Nothing was changed/,
    );
  });

  it("also where a pool is to move there", async () => {
    await other.up("pool", "mover", second(other, `${host.data}/mover`, { name: "mover" }));
    await expect(other.check("pool", "mover", second(other, `${host.data}/theirs`, { name: "mover" }))).rejects.toThrow(
      why,
    );
    await other.destroy("mover");
  });

  it("but not a folder within it", async () => {
    expect(await other.up("pool", "second", second(other, `${host.data}/theirs/within`))).toBe("created");
    await other.destroy("second");
  });
});

it("a format of a pool's source that libvirt does not know is refused at the preview, with those that it knows (8.34)", async () => {
  const args = (format: string): Values => ({
    host: one.host(),
    type: "netfs",
    path: `${host.data}/mount`,
    source: { host: "nas.example.org", directory: "/export", format },
  });
  await expect(one.check("pool", "far", args("nsf"))).rejects.toThrow(
    /^source\.format: .*"nsf" of netfs pools; .*cifs.*"nfs"\?/,
  );
  expect(await one.check("pool", "far", args("nfs"))).toBeDefined();
});
