/** Pools and disks that change under running guests: what is said before, and that it is what happens then. */

import { statSync, writeFileSync } from "node:fs";
import type { Values } from "../../provider/lifecycle/lifecycle";
import { nextRun } from "../support/hosts";
import { installGuestImage, type PrivateHost, run, startPrivateHost } from "../support/private-host";
import { until } from "../support/until";
import { WatchedGuest } from "../support/watched-guest";
import { disconnect, type Kind, Stack } from "../support/stack";

jest.setTimeout(120_000);

let host: PrivateHost;
let stack: Stack;
let before: unknown;

beforeAll(async () => {
  host = startPrivateHost();
  installGuestImage(host.data);
  stack = new Stack();
  await stack.up("host", "host", { uri: host.uri });
  // Mounts of the host reach what runs on it, as systemd has it.
  host.enter("mount", "--make-rshared", "/");
  run("truncate", "-s", "64M", `${host.data}/device.img`);
  run("/usr/sbin/mkfs.ext4", "-q", `${host.data}/device.img`);
  device = host.enter("losetup", "--find", "--show", `${host.data}/device.img`).trim();
  await stack.up("pool", "folder", poolArgs());
  await stack.up("pool", "mounted", mountedArgs());
  await stack.up("disk", "root", diskArgs("folder"));
  await stack.up("disk", "data", diskArgs("mounted"));
  await stack.up("guest", "web", guestArgs());
  await until(() => new WatchedGuest(host, "web").console.includes("sees"));
  before = new WatchedGuest(host, "web").run;
});
afterAll(async () => {
  await disconnect();
  host.virsh("destroy", "web");
  host.virsh("pool-destroy", "mounted");
  host.enter("losetup", "--detach", device);
  host.stop();
});

let device: string;
const poolArgs = (more: Values = {}): Values => ({
  host: stack.host(),
  type: "dir",
  path: `${host.data}/folder`,
  ...more,
});
const mountedArgs = (more: Values = {}): Values =>
  poolArgs({ type: "fs", path: `${host.data}/mounted`, source: { devices: [device], format: "ext4" }, ...more });
const diskArgs = (pool: string, sizeGiB = 1 / 64): Values => ({ pool: stack.pool(pool), format: "raw", sizeGiB });
const guestArgs = (): Values => ({
  host: stack.host(),
  vcpus: 1,
  memoryMiB: 160,
  boot: { kernel: `${host.data}/kernel`, initrd: `${host.data}/initrd`, commandLine: "console=ttyS0 quiet" },
  console: { logFile: new WatchedGuest(host, "web").log },
  disks: { root: { disk: stack.disk("root") }, data: { disk: stack.disk("data") } },
});

async function settled(kind: Kind, name: string, args: Values): Promise<void> {
  await nextRun();
  expect(await stack.up(kind, name, args)).toBe("same");
  expect(stack.get(name).inputs).not.toHaveProperty("drift");
  expect(new WatchedGuest(host, "web").run).toEqual(before);
}

const said = async (kind: Kind, name: string, args: Values): Promise<Values> => {
  const { drift, impact } = await stack.check(kind, name, args);
  return { ...(drift === undefined ? {} : { drift }), ...(impact === undefined ? {} : { impact }) };
};

describe("A pool that running guests use", () => {
  it("is stopped where it is a folder: open files stay open", async () => {
    expect(await said("pool", "folder", poolArgs({ running: false }))).toEqual({
      impact: { running: "stop: true → false (guests run on: web)" },
    });
    expect(await stack.up("pool", "folder", poolArgs({ running: false }))).toBe("updated");
    await settled("pool", "folder", poolArgs({ running: false }));
    expect(host.virsh("domblkinfo", "web", "vda")).toMatch(/Capacity: +16777216/);
    expect(await stack.up("pool", "folder", poolArgs())).toBe("updated");
    await settled("pool", "folder", poolArgs());
  });

  it("is not where it is a mount, which libvirt could not let go of", async () => {
    expect(() => host.virsh("pool-destroy", "mounted")).toThrow(/target is busy/);
    expect(await said("pool", "mounted", mountedArgs({ running: false }))).toEqual({
      impact: { running: "refused: true → false (guests run on its volumes: web)" },
    });
    await expect(stack.up("pool", "mounted", mountedArgs({ running: false }))).rejects.toThrow(
      /Unable to stop pool "mounted" .*: guests run on its volumes \(web\). Nothing was changed/,
    );
    await settled("pool", "mounted", mountedArgs());
  });

  it("changes its autostart, and nothing that would move it", async () => {
    const args = poolArgs({ autostart: false });
    expect(await said("pool", "folder", args)).toEqual({ impact: { autostart: "live: true → false" } });
    expect(await stack.up("pool", "folder", args)).toBe("updated");
    await settled("pool", "folder", args);
    const moved = poolArgs({ autostart: false, path: `${host.data}/elsewhere` });
    await expect(stack.up("pool", "folder", moved)).rejects.toThrow(
      /^path: cannot change while the pool holds disks of Pulumi stacks \(root.img\)/,
    );
  });
});

describe("A disk that a running guest uses", () => {
  it("grows, and the guest sees it", async () => {
    const args = diskArgs("folder", 1 / 32);
    expect(await said("disk", "root", args)).toEqual({
      impact: { sizeGiB: "live: 0.015625 → 0.03125 (running guests see it grow: web)" },
    });
    expect(await stack.up("disk", "root", args)).toBe("updated");
    await until(() => new WatchedGuest(host, "web").console.includes("vda=32MiB"));
    await settled("disk", "root", args);
  });

  it("is refused where somebody grew it by hand: mending that would cut off its end", async () => {
    host.virsh("blockresize", "web", "vda", "48M");
    host.virsh("pool-refresh", "folder");
    const args = diskArgs("folder", 1 / 32);
    await nextRun();
    expect(await said("disk", "root", args)).toEqual({
      drift: { sizeGiB: "0.046875 on the host, 0.03125 wanted" },
      impact: { sizeGiB: "refused: 0.046875 → 0.03125 (a disk never shrinks: what lies at its end would be lost)" },
    });
    await expect(stack.up("disk", "root", args)).rejects.toThrow(/Unable to shrink .* State sizeGiB: 0.046875/s);
    expect(await stack.refresh("root")).toMatchObject({ sizeGiB: 0.046875 });
    const stated = diskArgs("folder", 48 / 1024);
    expect(await stack.up("disk", "root", stated)).toBe("updated");
    await settled("disk", "root", stated);
  });

  it("does not grow beneath an image that somebody put on top", async () => {
    host.virsh("snapshot-create-as", "web", "s1", "--disk-only", "--diskspec", "vdb,snapshot=no");
    await nextRun();
    const args = diskArgs("folder", 1 / 16);
    expect(await said("disk", "root", args)).toEqual({
      impact: { sizeGiB: "refused: 0.046875 → 0.0625 (guests run on an image on top of it: web)" },
    });
    await expect(stack.up("disk", "root", args)).rejects.toThrow(/guest "web" runs on an image on top of it/);
    host.virsh("blockcommit", "web", "vda", "--active", "--pivot", "--wait");
    expect(await stack.up("disk", "root", args)).toBe("updated");
    await settled("disk", "root", args);
  });
});

it("makes, grows and deletes eight disks of one pool at once, an upload among them", async () => {
  writeFileSync(`${host.data}/seed.img`, Buffer.alloc(8 * 2 ** 20, "seed"));
  const names = Array.from({ length: 8 }, (_, index) => `many${index}`);
  const args = (name: string, sizeGiB: number): Values => ({
    ...diskArgs("folder", sizeGiB),
    ...(name === "many3" ? { source: { path: `${host.data}/seed.img` } } : {}),
    ...(name === "many4" ? { format: "qcow2" } : {}),
  });
  const all = (sizeGiB: number): Promise<string[]> =>
    Promise.all(names.map((name) => stack.up("disk", name, args(name, sizeGiB))));
  expect(new Set(await all(1 / 64))).toEqual(new Set(["created"]));
  expect(new Set(await all(1 / 32))).toEqual(new Set(["updated"]));
  expect(new Set(await all(1 / 32))).toEqual(new Set(["same"]));
  expect(statSync(`${host.data}/folder/many0.img`).size).toBe(2 ** 25);
  expect(run("cmp", "-n", String(8 * 2 ** 20), `${host.data}/seed.img`, `${host.data}/folder/many3.img`)).toBe("");
  // Some are made while others go.
  await Promise.all([
    ...names.slice(0, 4).map((name) => stack.destroy(name)),
    ...names.slice(4).map((name) => stack.up("disk", `${name}more`, diskArgs("folder"))),
  ]);
  await Promise.all(
    [...stack.kept.keys()].filter((name) => name.startsWith("many")).map((name) => stack.destroy(name)),
  );
  expect(host.virsh("vol-list", "folder")).not.toContain("many");
  expect(new WatchedGuest(host, "web").run).toEqual(before);
});
