/** A network of another mode, and back: what libvirt chose for one is refused in the other. */

import type { Values } from "../../provider/lifecycle/lifecycle";
import { nextRun } from "../support/hosts";
import { type PrivateHost, startPrivateHost } from "../support/private-host";
import { settled } from "../support/settled";
import { disconnect, Stack } from "../support/stack";

let host: PrivateHost;
const stack = new Stack("functions");
beforeAll(async () => {
  host = startPrivateHost();
  host.enter("ip", "link", "add", "br0", "type", "bridge");
  await stack.up("host", "host", { uri: host.uri });
});
afterAll(async () => {
  await disconnect();
  host.stop();
});

const modes: Readonly<Record<string, Values>> = {
  nat: { mode: "nat", ipv4: { gateway: "10.44.0.1/24" } },
  hostdev: { mode: "hostdev", physicalFunction: "enp3s0" },
  isolated: { mode: "isolated" },
  bridge: { mode: "bridge", bridge: "br0" },
};

// What a row that failed left behind is not the next one's trouble.
afterEach(async () => {
  if (stack.kept.has("lan")) await stack.destroy("lan");
});

it.each(["nat", "isolated", "bridge"])("from %s to hostdev, and back", async (other) => {
  const args = (mode: string): Values => ({ host: stack.host(), name: "lan", running: false, ...modes[mode] });
  expect(await stack.up("network", "lan", args(other))).toBe("created");
  expect(await stack.up("network", "lan", args("hostdev"))).toBe("updated");
  await settled(stack, "lan");
  const defined = host.virsh("net-dumpxml", "--inactive", "lan");
  expect(defined).toContain("<forward mode='hostdev' managed='yes'>");
  expect(defined).not.toMatch(/<bridge|<ip/);
  await nextRun();
  expect(await stack.up("network", "lan", args(other))).toBe("updated");
  await settled(stack, "lan");
  expect(host.virsh("net-dumpxml", "--inactive", "lan")).not.toMatch(/<pf|managed=|hostdev/);
});

it("from nat to a bridge of the host, and back", async () => {
  const args = (mode: string): Values => ({ host: stack.host(), name: "lan", running: false, ...modes[mode] });
  await stack.up("network", "lan", args("nat"));
  for (const mode of ["bridge", "nat"]) {
    await nextRun();
    expect(await stack.up("network", "lan", args(mode))).toBe("updated");
    await settled(stack, "lan");
  }
});
