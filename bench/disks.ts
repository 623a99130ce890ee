/** A refresh of many disks of one pool, beside the same questions piped into one plain virsh. */

import { statistics } from "../provider/libvirt/connection";
import type { PrivateHost } from "../test/support/private-host";
import { disconnect, Stack } from "../test/support/stack";
import { all, plain, seconds } from "./handlers";
import type { Figure } from "./run";
import { hosts } from "../test/support/hosts";

const count = 500;

export async function diskFigures(host: PrivateHost): Promise<Figure[]> {
  const names = Array.from({ length: count }, (_, index) => `disk-${index}`);
  const stack = new Stack("disks");
  await stack.up("host", "host", { uri: host.uri });
  await stack.up("pool", "disks", { host: stack.host(), type: "dir", path: `${host.data}/disks` });
  const args = (): Record<string, unknown> => ({ pool: stack.pool("disks"), format: "raw", sizeGiB: 0.0001 });
  await all(names, (name) => stack.up("disk", name, args()));
  const { commands: before } = statistics(hosts.connect(host.uri));
  const refresh = await seconds(() => all(names, (name) => stack.refresh(name)));
  const { commands: after } = statistics(hosts.connect(host.uri));
  const claims = new Map(
    host
      .virsh("secret-list")
      .split("\n")
      .map((line) => line.trim().split(/\s+/))
      .map(([uuid = "", , usage = ""]) => [usage.split("/").at(-1), uuid]),
  );
  const theirs = plain(host, [
    "secret-list",
    ...names.flatMap((name) => [`vol-dumpxml --pool disks ${name}.img`, `secret-dumpxml ${claims.get(`${name}.img`)}`]),
  ]);
  await all(names, (name) => stack.destroy(name));
  await stack.destroy("disks");
  await disconnect();
  return [
    { name: `refresh ${count} disks, handlers`, value: refresh, unit: "s", goal: "" },
    { name: `refresh ${count} disks, one plain virsh`, value: theirs, unit: "s", goal: "" },
    { name: "refresh of disks, ratio", value: refresh / theirs, unit: "times", goal: "" },
    { name: "refresh, commands a disk", value: (after - before) / count, unit: "calls", goal: "at most 2" },
  ];
}
