/** Virtual functions of a network card as NICs of guests: one by its number, and any free one of a network (issue 11.4). */

import type { Values } from "../../../provider/lifecycle/lifecycle";
import { claimedDevice, guestWith } from "../../support/guest-with-devices";
import { nextRun } from "../../support/hosts";
import { startLabHost } from "../../support/lab-host";
import { settled } from "../../support/settled";
import { disconnect, Stack } from "../../support/stack";
import type { TestHost } from "../../support/test-host";
import { until } from "../../support/until";
import { WatchedGuest } from "../../support/watched-guest";

let host: TestHost;
let guest: WatchedGuest;
const stack = new Stack("functions");
const card = "0000:03:00.0";
const kind = "8086:10ca";
const divide = (count: number): void =>
  void host.enter("sh", "-c", `cd /sys/bus/pci/devices/${card}; echo 0 >sriov_numvfs; echo ${count} >sriov_numvfs`);
/** What the card does with each function: `ip link` tells. */
const functions = (): string[] =>
  host
    .enter("ip", "link", "show", "enp3s0")
    .split("\n")
    .filter((line) => /^ +vf \d/.test(line));

beforeAll(async () => {
  host = startLabHost("kvm");
  host.installGuestImage();
  host.enter("ip", "link", "set", "enp3s0", "up");
  divide(3);
  guest = new WatchedGuest(host, "web");
  await stack.up("host", "host", { uri: host.uri });
  const pci = { physicalFunction: "enp3s0", virtualFunction: 1 };
  await until(() => host.virsh("nodedev-list", "--cap", "pci").includes("pci_0000_03_10_4"));
  await stack.up("passthroughDevice", "one", { host: stack.host(), pci });
}, 900_000);
afterAll(async () => {
  host.enter("sh", "-c", `echo 0 >/sys/bus/pci/devices/${card}/sriov_numvfs; ip link set enp3s0 down`);
  await disconnect();
  host.stop();
});

const one = (more: Values = {}): Values => ({
  device: claimedDevice(stack, "one"),
  mac: "52:54:00:aa:00:01",
  vlan: 42,
  ...more,
});
const pool = (): Values => ({ network: stack.network("pool"), mac: "52:54:00:aa:00:02" });
const inputs = (nics: Values, more: Values = {}): Values => guestWith(host, stack, "web", {}, { nics, ...more });

it("finds a function by its card and number, and says what there is where there is none", async () => {
  expect(stack.get("one").facts).toMatchObject({
    address: "0000:03:10.2",
    description: expect.stringMatching(/^Ethernet controller: .*\(8086:10ca\)$/) as string,
  });
  await settled(stack, "one");
  const args = { host: stack.host(), pci: { physicalFunction: card, virtualFunction: 3 } };
  await expect(stack.check("passthroughDevice", "none", args)).rejects.toThrow(
    /^pci: 0000:03:00\.0 has the virtual functions 0 to 2, and none of number 3; it can have 7\./,
  );
});

it.each<readonly [string, () => Values, RegExp]>([
  [
    "a whole card as a NIC",
    () => inputs({ lan: { device: { host: stack.host(), address: "0000:01:00.0" } } }),
    /nics\.lan\.device: 0000:01:00\.0 .* is no virtual function/,
  ],
  ["what only the host's own NICs have", () => inputs({ lan: one({ mtu: 9000 }) }), /nics\.lan\.mtu: the guest drives/],
])("refuses %s", async (_, args, says) => {
  await expect(stack.check("guest", "web", args())).rejects.toThrow(says);
});

it.each<readonly [string, Values, RegExp]>([
  ["no card", { physicalFunction: "eth9" }, /physicalFunction: the host has no network interface "eth9"/],
  ["a card that is not divided", { physicalFunction: "enp1s0" }, /"enp1s0" .* cannot be divided/],
  ["addresses", { physicalFunction: "enp3s0", ipv4: { gateway: "10.9.9.1/24" } }, /ipv4: in mode "hostdev"/],
])("refuses a network with %s", async (_, more, says) => {
  await expect(stack.check("network", "pool", { host: stack.host(), mode: "hostdev", ...more })).rejects.toThrow(says);
});

// A claim of this stack may be given up before the network's turn comes: until then the preview tells, and the up refuses.
it.each<readonly [string, Values, RegExp]>([
  [
    "among all of the card's",
    { physicalFunction: "enp3s0" },
    /physicalFunction: it would give a guest what a PassthroughDevice has claimed \(0000:03:10\.2\)/,
  ],
  ["by its address", { virtualFunctions: ["03:10.2"] }, /virtualFunctions: .*claimed \(0000:03:10\.2\)/],
])("gives no network what is claimed, %s", async (_, more, says) => {
  const args = { host: stack.host(), mode: "hostdev", ...more };
  expect((await stack.preview("network", "pool", args)).report.warnings).toEqual([expect.stringMatching(says)]);
  await expect(stack.up("network", "pool", args)).rejects.toThrow(says);
});

const some = (...virtualFunctions: string[]): Values => ({ host: stack.host(), mode: "hostdev", virtualFunctions });

it("makes a network of some of a card's functions, and of others; none of them can be claimed", async () => {
  expect(await stack.up("network", "pool", some("0000:03:10.4"))).toBe("created");
  await settled(stack, "pool");
  expect(await stack.up("network", "pool", some("03:10.0", "0000:03:10.4"))).toBe("updated");
  await settled(stack, "pool");
  await nextRun();
  const claim = { host: stack.host(), pci: { address: "0000:03:10.0" } };
  await expect(stack.up("passthroughDevice", "second", claim)).rejects.toThrow(
    /pci: the network "pool" gives 0000:03:10\.0 to any guest that asks/,
  );
  const bare = { it: { device: { host: stack.host(), address: "0000:03:10.0" } } };
  await expect(stack.check("guest", "bare", inputs({}, { name: "bare", passthrough: bare }))).rejects.toThrow(
    /passthrough\.it\.device: the network "pool" gives/,
  );
});

it("boots with both, with the MAC address and the VLAN that the card sees to", async () => {
  expect(await stack.up("guest", "web", inputs({ fast: one(), any: pool() }))).toBe("created");
  await guest.has(2, kind);
  expect(functions()[1]).toMatch(/52:54:00:aa:00:01.*vlan 42/);
  expect(functions().filter((line) => line.includes("52:54:00:aa:00:02"))).toHaveLength(1);
  for (const name of ["web", "one", "pool"]) await settled(stack, name);
});

it("loses one while it runs, and gets it again", async () => {
  const { run } = guest;
  expect((await stack.check("guest", "web", inputs({ fast: one() }))).impact).toEqual({
    "nics.any": expect.stringMatching(/^live: /) as string,
  });
  expect(await stack.up("guest", "web", inputs({ fast: one() }))).toBe("updated");
  await guest.has(1, kind);
  expect(functions().join()).not.toContain("52:54:00:aa:00:02");
  expect(await stack.up("guest", "web", inputs({ any: pool() }))).toBe("updated");
  await guest.has(1, kind);
  expect(functions().join()).not.toMatch(/52:54:00:aa:00:01|vlan/);
  expect(await stack.up("guest", "web", inputs({ any: pool(), fast: one() }))).toBe("updated");
  await guest.has(2, kind);
  expect(guest.run).toEqual(run);
  for (const name of ["web", "one", "pool"]) await settled(stack, name);
});

it("has another VLAN and another MAC address with its next start", async () => {
  const args = inputs({ any: { ...pool(), mac: "52:54:00:aa:00:03" }, fast: one({ vlan: 43 }) });
  expect((await stack.check("guest", "web", args)).impact).toEqual({
    "nics.any.mac": expect.stringMatching(/^nextStart: /) as string,
    "nics.fast.vlan": expect.stringMatching(/^nextStart: /) as string,
  });
  expect(await stack.up("guest", "web", args)).toBe("updated");
  expect(functions()[1]).toMatch(/vlan 42/);
  await settled(stack, "web");
});

it("is known by its network, which is not stopped or deleted under it without a word", async () => {
  await nextRun();
  await expect(stack.destroy("pool")).rejects.toThrow(/guests use it \(web\)/);
  const off = { ...some("0000:03:10.0", "0000:03:10.4"), running: false };
  expect((await stack.check("network", "pool", off)).impact).toEqual({
    running: expect.stringMatching(/^interrupts: .*keep their virtual functions.*web/) as string,
  });
  // Nor is the card taken from under it.
  const whole = { host: stack.host(), pci: { interface: "enp3s0" } };
  await expect(stack.check("passthroughDevice", "whole", whole)).rejects.toThrow(
    /it would lose its virtual functions: .*guest web has 0000:03:10\.2/,
  );
  const bare = inputs({}, { name: "bare", passthrough: { it: { device: { host: stack.host(), address: card } } } });
  await expect(stack.check("guest", "bare", bare)).rejects.toThrow(
    /passthrough\.it\.device: it would lose its virtual functions: .*guest web has 0000:03:10\.2/,
  );
  await expect(stack.destroy("one")).rejects.toThrow(/guest web has 0000:03:10\.2/);
});

it("gives them back when it is gone", async () => {
  for (const name of ["web", "pool", "one"]) await stack.destroy(name);
  expect(functions().join()).not.toMatch(/52:54:00:aa|vlan/);
  expect(host.virsh("secret-list").trim()).toBe("");
});

it("gives any of all that a card has, where the network is of the whole card", async () => {
  await stack.up("network", "pool", { host: stack.host(), mode: "hostdev", physicalFunction: "enp3s0" });
  const args = inputs({ any: pool() }, { forceOff: true, shutdownTimeoutSeconds: 1 });
  await stack.up("guest", "web", args);
  expect(functions().filter((line) => line.includes("52:54:00:aa:00:02"))).toHaveLength(1);
  for (const name of ["web", "pool"]) await settled(stack, name);
  // Off, it has none yet.
  await stack.up("guest", "web", { ...args, running: false });
  expect(stack.get("web").facts.migrationBlockers).toEqual([
    expect.stringMatching(/^nics\.any: the network "pool" gives it a function of a card/),
  ]);
  for (const name of ["web", "pool"]) await stack.destroy(name);
});
