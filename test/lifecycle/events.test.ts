/** Waiting for what happens to guests, on a real daemon: by its events, by a look now and then, and by no process more than needed. */

import { readFileSync } from "node:fs";
import { type PrivateHost, startPrivateHost } from "../support/private-host";
import { sessionsOf } from "../support/program";
import { disconnect, Stack } from "../support/stack";
import { until } from "../support/until";
import { hosts } from "../support/hosts";

let host: PrivateHost;
let stack: Stack;
beforeAll(async () => {
  host = startPrivateHost();
  stack = new Stack();
  await stack.up("host", "host", { uri: host.uri });
});
afterAll(async () => {
  await disconnect();
  host.stop();
});

const guest = (name: string): Record<string, unknown> => ({
  host: stack.host(),
  name,
  vcpus: 1,
  memoryMiB: 32,
  shutdownTimeoutSeconds: 1,
  forceOff: true,
});

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8");
  } catch {
    return "";
  }
}

/** Processes that tell events of this host. */
const watchers = (): string[] => sessionsOf(host).filter((pid) => commandLine(pid).includes("event"));

it("an event of the guest wakes who waits for it, and nobody else", async () => {
  const name = "g 'x' ü";
  await stack.up("guest", "watched", guest(name));
  const watch = hosts.connect(host.uri).watch();
  try {
    await until(() => watchers().length === 1, 10);
    // The process that tells events comes up while the first waits pass.
    for (let seen = false; !seen;) {
      const other = watch.next("another").then(() => "quiet");
      const own = watch.next(name).then(() => "event");
      const state = host.virsh("domstate", name).trim();
      host.virsh(state === "paused" ? "resume" : "suspend", name);
      // Both would end after the same time, the other one's first.
      seen = (await Promise.race([own, other])) === "event";
      await Promise.all([own, other]);
    }
  } finally {
    watch.end();
  }
});

it("guests that hear nothing are removed together, and the watching ends with the waiting", async () => {
  const names = Array.from({ length: 6 }, (_, index) => `deaf${index}`);
  await Promise.all(names.map((name) => stack.up("guest", name, guest(name))));
  await Promise.all(["watched", ...names].map((name) => stack.destroy(name)));
  expect(host.virsh("list", "--all", "--name").trim()).toBe("");
  await until(() => watchers().length === 0, 5);
});
