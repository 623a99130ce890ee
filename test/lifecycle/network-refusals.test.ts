/** What a host refuses of a network: told by the field before anything is made, and nothing is left that nobody knows. */

import type { Values } from "../../provider/lifecycle/lifecycle";
import { nextRun } from "../support/hosts";
import { type PrivateHost, startPrivateHost } from "../support/private-host";
import { disconnect, Stack } from "../support/stack";

jest.setTimeout(120_000);

let host: PrivateHost;
let stack: Stack;
beforeAll(async () => {
  host = startPrivateHost();
  const xml = `${host.data}/theirs.xml`;
  host.write(
    xml,
    "<network><name>theirs</name><bridge name='br-theirs'/><ip address='10.71.0.1' netmask='255.255.0.0'/></network>",
  );
  host.virsh("net-define", xml);
  host.virsh("net-start", "theirs");
  stack = new Stack();
  await stack.up("host", "host", { uri: host.uri });
});
afterAll(async () => {
  await disconnect();
  host.stop();
});

const args = (more: Values): Values => ({ host: stack.host(), mode: "nat", ...more });

it.each<[string, Values, RegExp]>([
  ["a name that is taken", { name: "theirs" }, /^name: there is a network "theirs" already/],
  ["a bridge of another network", { bridge: "br-theirs" }, /^bridge: "br-theirs" is the bridge of network "theirs"/],
  [
    "a subnet within another one",
    { ipv4: { gateway: "10.71.9.1/24" } },
    /^ipv4\.gateway: 10\.71\.9\.1\/24 overlaps 10\.71\.0\.1\/16 of network "theirs"/,
  ],
  ["a subnet around another one", { ipv4: { gateway: "10.0.0.1/8" } }, /^ipv4\.gateway: 10\.0\.0\.1\/8 overlaps/],
])("%s is refused by the preview (8.34)", async (_title, more, sentence) => {
  await expect(stack.check("network", "mine", args(more))).rejects.toThrow(sentence);
});

it("a bridge that is not there is refused before anything is made (8.34)", async () => {
  await expect(stack.up("network", "mine", args({ mode: "bridge", bridge: "br-none" }))).rejects.toThrow(
    /bridge: there is no "br-none" on the host/,
  );
  expect(host.virsh("net-list", "--all", "--name").trim()).toBe("theirs");
});

/** An address of the host in the subnet that is wanted. */
function take(): void {
  host.enter("ip", "link", "add", "taken", "type", "bridge");
  host.enter("ip", "address", "add", "10.72.0.9/24", "dev", "taken");
  host.enter("ip", "link", "set", "taken", "up");
}

it("one whose start fails is recorded, and finished, or removed with what it left (8.32)", async () => {
  take();
  const wanted = args({ ipv4: { gateway: "10.72.0.1/24" } });
  for (const finish of [true, false]) {
    await expect(stack.up("network", "mine", wanted)).rejects.toThrow(/already in use by interface taken/);
    expect(stack.kept.has("mine")).toBe(true);
    await nextRun();
    if (finish) {
      host.enter("ip", "link", "delete", "taken");
      expect(await stack.up("network", "mine", wanted)).toBe("updated");
      await nextRun();
      expect(await stack.up("network", "mine", wanted)).toBe("same");
      await stack.destroy("mine");
      take();
    } else {
      await stack.destroy("mine");
    }
    expect(host.virsh("net-list", "--all", "--name").trim()).toBe("theirs");
  }
});
