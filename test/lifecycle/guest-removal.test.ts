/** What the removal of a guest asks and what it refuses: snapshots hold data, and of a guest that is off libvirt itself refuses. */

import { statistics } from "../../provider/libvirt/connection";
import type { Values } from "../../provider/lifecycle/lifecycle";
import { type PrivateHost, run, startPrivateHost } from "../support/private-host";
import { disconnect, Stack } from "../support/stack";
import { hosts } from "../support/hosts";

let host: PrivateHost;
const stack = new Stack();
const args = (more: Values = {}): Values => ({
  host: stack.host(),
  vcpus: 1,
  memoryMiB: 32,
  forceOff: true,
  shutdownTimeoutSeconds: 1,
  disks: { root: { path: `${host.data}/root.qcow2`, format: "qcow2" } },
  ...more,
});

beforeAll(async () => {
  host = startPrivateHost();
  await stack.up("host", "host", { uri: host.uri });
});
beforeEach(() => {
  run("qemu-img", "create", "-q", "-f", "qcow2", `${host.data}/root.qcow2`, "1M");
});
afterAll(async () => {
  await disconnect();
  host.stop();
});

it("asks two things of a guest that is off (9)", async () => {
  await stack.up("guest", "off", args({ running: false }));
  const before = statistics(hosts.connect(host.uri)).commands;
  await stack.destroy("off");
  expect(statistics(hosts.connect(host.uri)).commands - before).toBe(3);
  expect(host.virsh("list", "--all", "--name").trim()).toBe("");
});

it.each([false, true])("removes none that has snapshots, nor stops it, running %s", async (running) => {
  await stack.up("guest", "held", args({ running }));
  host.virsh("snapshot-create-as", "held", "before");
  const state = host.virsh("domstate", "held");
  const definition = host.virsh("dumpxml", "--inactive", "held");
  await expect(stack.destroy("held")).rejects.toThrow(
    /Unable to delete guest "held" .*it has snapshots \(before\), which hold data\. Nothing was changed\./,
  );
  expect(host.virsh("domstate", "held")).toBe(state);
  expect(host.virsh("dumpxml", "--inactive", "held")).toBe(definition);
  host.virsh("snapshot-delete", "held", "before", "--metadata");
  await stack.destroy("held");
  expect(host.virsh("list", "--all", "--name").trim()).toBe("");
});

it("keeps the saved state of one that has snapshots", async () => {
  await stack.up("guest", "saved", args({}));
  host.virsh("snapshot-create-as", "saved", "before");
  host.virsh("managedsave", "saved");
  await expect(stack.destroy("saved")).rejects.toThrow(/it has snapshots \(before\)/);
  expect(host.virsh("list", "--all", "--with-managed-save", "--name").trim()).toBe("saved");
  host.virsh("snapshot-delete", "saved", "before", "--metadata");
  await stack.destroy("saved");
});
