/** Running guests that do not hear the power button, removed together, beside the same `destroy`s by plain virsh. */

import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Values } from "../provider/lifecycle/lifecycle";
import type { PrivateHost } from "../test/support/private-host";
import { disconnect, Stack } from "../test/support/stack";
import { all, seconds } from "./handlers";
import type { Figure } from "./run";

const count = 16;

const virsh = promisify(execFile);

export async function removalFigures(host: PrivateHost): Promise<Figure[]> {
  const names = Array.from({ length: count }, (_, index) => `deaf-${index}`);
  const stack = new Stack("removal");
  await stack.up("host", "host", { uri: host.uri });
  const args = (): Values => ({
    host: stack.host(),
    vcpus: 1,
    memoryMiB: 32,
    forceOff: true,
    shutdownTimeoutSeconds: 1,
  });
  const up = (): Promise<void> => all(names, (name) => stack.up("guest", name, args()));
  await up();
  // Each is given its second first, as the program wishes; eight at a time.
  const asked = count / 8;
  const ours = (await seconds(() => all(names, (name) => stack.destroy(name)))) - asked;
  await up();
  const theirs = await seconds(() => all(names, (name) => virsh("virsh", ["-q", "-c", host.uri, "destroy", name])));
  await all(names, (name) => stack.destroy(name));
  await disconnect();
  return [
    { name: `${count} deaf guests removed together, handlers`, value: ours, unit: "s", goal: "" },
    { name: `${count} guests destroyed, eight plain virsh at a time`, value: theirs, unit: "s", goal: "" },
    { name: "removal, ratio", value: ours / theirs, unit: "times", goal: "at most 1.3" },
  ];
}
