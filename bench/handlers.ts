/** Handlers without an engine, beside the same work piped into one plain virsh. */

import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { statistics } from "../provider/libvirt/connection";
import type { PrivateHost } from "../test/support/private-host";
import { disconnect, Stack } from "../test/support/stack";
import type { Figure } from "./run";
import { hosts } from "../test/support/hosts";

const count = 100;

export async function handlerFigures(host: PrivateHost): Promise<Figure[]> {
  const names = Array.from({ length: count }, (_, index) => `bench-${index}`);
  const stack = new Stack("bench");
  await stack.up("host", "host", { uri: host.uri });
  const args = (): object => ({
    host: stack.host(),
    vcpus: 1,
    memoryMiB: 64,
    running: false,
    nics: { lan: { user: true } },
    disks: { root: { path: "/var/tmp/bench.img" } },
  });
  const { commands: before } = statistics(hosts.connect(host.uri));

  const create = await seconds(() => all(names, (name) => stack.up("guest", name, { ...args() })));
  // The very definitions that the handlers made.
  const definitions = names.map((name) => host.virsh("dumpxml", "--inactive", name));
  const { commands: beforeRefresh } = statistics(hosts.connect(host.uri));
  const refresh = await seconds(() => all(names, (name) => stack.refresh(name)));
  const { commands: afterRefresh, sessions } = statistics(hosts.connect(host.uri));
  const remove = await seconds(() => all(names, (name) => stack.destroy(name)));
  await disconnect();

  const files = definitions.map((definition, index) => {
    const file = `${host.data}/bench-${index}.xml`;
    writeFileSync(file, definition);
    return file;
  });
  const plainCreate = plain(
    host,
    files.map((file) => `define --validate ${file}`),
  );
  const plainRefresh = plain(host, ["list --all --uuid", ...names.map((name) => `dumpxml --inactive ${name}`)]);
  const plainRemove = plain(
    host,
    names.map((name) => `undefine ${name}`),
  );

  return [
    { name: `create ${count} guests, handlers`, value: create, unit: "s", goal: "" },
    { name: `create ${count} guests, one plain virsh`, value: plainCreate, unit: "s", goal: "" },
    { name: "create, ratio", value: create / plainCreate, unit: "times", goal: "at most 1.3" },
    { name: "create, commands a guest", value: (beforeRefresh - before) / count, unit: "calls", goal: "" },
    { name: `refresh ${count} guests, handlers`, value: refresh, unit: "s", goal: "" },
    { name: `refresh ${count} guests, one plain virsh`, value: plainRefresh, unit: "s", goal: "" },
    { name: "refresh, ratio", value: refresh / plainRefresh, unit: "times", goal: "at most 1.3" },
    {
      name: "refresh, commands a guest",
      value: (afterRefresh - beforeRefresh) / count,
      unit: "calls",
      goal: "at most 2",
    },
    { name: `delete ${count} guests, handlers`, value: remove, unit: "s", goal: "" },
    { name: `delete ${count} guests, one plain virsh`, value: plainRemove, unit: "s", goal: "" },
    { name: "delete, ratio", value: remove / plainRemove, unit: "times", goal: "at most 1.3" },
    { name: "virsh processes for one host", value: sessions, unit: "", goal: "one a lane (9)" },
  ];
}

/** As the engine does by default on this machine: so many at once. */
export async function all(names: readonly string[], action: (name: string) => Promise<unknown>): Promise<void> {
  const queue = [...names];
  const worker = async (): Promise<void> => {
    for (let name = queue.shift(); name !== undefined; name = queue.shift()) await action(name);
  };
  await Promise.all(Array.from({ length: 8 }, worker));
}

export async function seconds(action: () => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  await action();
  return (performance.now() - begun) / 1000;
}

export function plain(host: PrivateHost, commands: readonly string[]): number {
  const begun = performance.now();
  execFileSync("virsh", ["-q", "-c", host.uri], {
    input: `${commands.join("\n")}\n`,
    stdio: ["pipe", "ignore", "inherit"],
    env: { ...process.env, XDG_CACHE_HOME: "/dev/null" },
  });
  return (performance.now() - begun) / 1000;
}
