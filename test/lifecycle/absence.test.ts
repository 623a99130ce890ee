/** Nothing is gone because a look at it failed (law 7): each kind of look-up, with the daemon in each kind of trouble. */

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type PrivateHost, startPrivateHost } from "../support/private-host";
import { disconnect, Stack } from "../support/stack";

const names = ["guest", "network", "pool", "disk"] as const;

// A daemon that stands still is waited for, half a minute a command.
jest.setTimeout(240_000);

let host: PrivateHost;
let stack: Stack;
beforeAll(async () => {
  host = startPrivateHost();
  stack = new Stack();
  await stack.up("host", "host", { uri: host.uri });
  await stack.up("pool", "pool", { host: stack.host(), type: "dir", path: `${host.data}/pool` });
  await stack.up("disk", "disk", { pool: stack.pool("pool"), sizeGiB: 0.01 });
  await stack.up("network", "network", { host: stack.host(), mode: "isolated" });
  await stack.up("guest", "guest", { host: stack.host(), vcpus: 1, memoryMiB: 64, running: false });
});
afterAll(async () => {
  await disconnect();
  host.stop();
});

const signal = (name: string): string => host.enter("sh", "-c", `kill -${name} $(cat /run/libvirtd.pid)`);

/** Failed connections are believed for a while; a new attempt has to be a new one. */
async function reconnected(): Promise<void> {
  // Sessions that are open notice the loss of their connection with the next command, one after the other.
  for (let lane = 0; lane < 3; lane += 1) await look();
  await new Promise((resolve) => setTimeout(resolve, 15_500));
}

const look = (): Promise<PromiseSettledResult<unknown>[]> =>
  Promise.allSettled(names.map((name) => stack.refresh(name)));
const failed = names.map(() => "rejected");

it("frozen", async () => {
  signal("STOP");
  try {
    expect((await look()).map(({ status }) => status)).toEqual(failed);
  } finally {
    signal("CONT");
  }
  await reconnected();
  for (const name of names) expect(await stack.refresh(name)).toBeDefined();
});

it("killed", async () => {
  host.killDaemon();
  try {
    expect((await look()).map(({ status }) => status)).toEqual(failed);
  } finally {
    host.startDaemon();
  }
  await reconnected();
  for (const name of names) expect(await stack.refresh(name)).toBeDefined();
});

it("denied", async () => {
  const configuration = join(host.folder, "etc/libvirtd.conf");
  const before = readFileSync(configuration, "utf8");
  host.killDaemon();
  // Nobody has a password here, so nobody is let in.
  writeFileSync(configuration, before.replaceAll('= "none"', '= "sasl"'));
  host.enter("libvirtd", "--daemon", "--pid-file", "/run/libvirtd.pid");
  try {
    expect(() => host.virsh("list")).toThrow();
    expect((await look()).map(({ status }) => status)).toEqual(failed);
  } finally {
    host.killDaemon();
    writeFileSync(configuration, before);
    host.startDaemon();
  }
  await reconnected();
  for (const name of names) expect(await stack.refresh(name)).toBeDefined();
});

it("in another language, with the pool stopped, and really gone", async () => {
  host.killDaemon();
  host.startDaemon("LANGUAGE=de LC_ALL=C.UTF-8");
  await reconnected();
  for (const name of names) expect(await stack.refresh(name)).toBeDefined();
  host.virsh("pool-destroy", "pool");
  await new Promise((resolve) => setTimeout(resolve, 2_100));
  // Out of sight is not gone: it stays as it was recorded.
  expect(await stack.refresh("disk")).toMatchObject({ name: "disk.qcow2" });
  host.virsh("pool-start", "pool");
  host.virsh("vol-delete", "--pool", "pool", "disk.qcow2");
  host.virsh("undefine", "guest");
  host.virsh("net-destroy", "network");
  host.virsh("net-undefine", "network");
  await new Promise((resolve) => setTimeout(resolve, 2_100));
  for (const name of ["guest", "network", "disk"]) expect(await stack.refresh(name)).toBeUndefined();
  host.virsh("pool-destroy", "pool");
  host.virsh("pool-undefine", "pool");
  await new Promise((resolve) => setTimeout(resolve, 2_100));
  expect(await stack.refresh("pool")).toBeUndefined();
  expect(await stack.refresh("disk")).toMatchObject({ name: "disk.qcow2" });
});
