/** One vCPU more on running guests, beside the same calls piped into one plain virsh; none of them restarts. */

import { writeFileSync } from "node:fs";
import type { Values } from "../provider/lifecycle/lifecycle";
import type { PrivateHost } from "../test/support/private-host";
import { disconnect, Stack } from "../test/support/stack";
import { all, plain, seconds } from "./handlers";
import type { Figure } from "./run";

const count = 50;

export async function liveFigures(host: PrivateHost): Promise<Figure[]> {
  const names = Array.from({ length: count }, (_, index) => `live-${index}`);
  const stack = new Stack("live");
  await stack.up("host", "host", { uri: host.uri });
  const args = (current: number): Values => ({
    host: stack.host(),
    vcpus: { current, max: 4 },
    memoryMiB: 32,
    forceOff: true,
  });
  await all(names, (name) => stack.up("guest", name, args(1)));
  const processes = (): string[] => names.map((name) => host.enter("cat", `/run/libvirt/qemu/${name}.pid`));
  const before = processes();
  const ours = await seconds(() => all(names, (name) => stack.up("guest", name, args(2))));
  await disconnect();
  const restarted = processes().filter((process, index) => process !== before[index]).length;

  const files = names.map((name) => {
    const file = `${host.data}/${name}.xml`;
    writeFileSync(file, host.virsh("dumpxml", "--inactive", name).replace("current='2'", "current='3'"));
    return file;
  });
  // What an update is made of: listings, the XML before, the definition, the change, the XML after.
  const theirs = plain(host, [
    "list --all --uuid --name",
    ...names.flatMap((name, index) => [
      `dumpxml --inactive ${name}`,
      `dumpxml ${name}`,
      `define --validate ${files[index]}`,
      `setvcpus ${name} 3 --live`,
      `dumpxml --inactive ${name}`,
      `dumpxml ${name}`,
    ]),
  ]);
  plain(
    host,
    names.flatMap((name) => [`destroy ${name}`, `undefine ${name}`]),
  );
  return [
    { name: `one vCPU more on ${count} running guests, handlers`, value: ours, unit: "s", goal: "" },
    { name: `one vCPU more on ${count} running guests, one plain virsh`, value: theirs, unit: "s", goal: "" },
    { name: "one vCPU more, ratio", value: ours / theirs, unit: "times", goal: "at most 2" },
    { name: "one vCPU more, guests restarted", value: restarted, unit: "", goal: "0" },
  ];
}
