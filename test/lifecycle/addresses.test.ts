/** Guests that are waited for until their host has given them addresses, and what of it an interruption leaves (8.30). */

import type { Values } from "../../provider/lifecycle/lifecycle";
import { nextRun } from "../support/hosts";
import { installGuestImage, type PrivateHost, startPrivateHost } from "../support/private-host";
import { disconnect, Stack } from "../support/stack";
import { until } from "../support/until";
import { WatchedGuest } from "../support/watched-guest";

jest.setTimeout(240_000);

let host: PrivateHost;
let stack: Stack;
const range = { from: "10.61.0.100", to: "10.61.0.200" };

beforeAll(async () => {
  host = startPrivateHost();
  installGuestImage(host.data);
  stack = new Stack();
  await stack.up("host", "host", { uri: host.uri });
  await stack.up("network", "lan", network({ ipv4: { gateway: "10.61.0.1/24", dhcp: range } }));
  await stack.up("network", "bare", network({ ipv4: { gateway: "10.62.0.1/24" } }));
});
afterAll(async () => {
  await disconnect();
  host.stop();
});

function network(more: Values): Values {
  return { host: stack.host(), mode: "isolated", ...more };
}

/** Without `booting` it has no system, and never asks for an address. */
function guest(name: string, more: Values = {}, booting = true): Values {
  return {
    host: stack.host(),
    vcpus: 1,
    memoryMiB: booting ? 160 : 32,
    forceOff: true,
    shutdownTimeoutSeconds: booting ? 30 : 1,
    waitFor: "address",
    ...(booting
      ? {
          boot: { kernel: `${host.data}/kernel`, initrd: `${host.data}/initrd`, commandLine: "console=ttyS0 quiet" },
          console: { logFile: new WatchedGuest(host, name).log },
        }
      : {}),
    nics: { lan: { network: stack.network("lan") } },
    ...more,
  };
}

const addresses = (name: string): Record<string, string[]> =>
  stack.get(name).facts.addresses as Record<string, string[]>;
const macs = (name: string): string[] =>
  Object.values(stack.get(name).outputs.nics as Record<string, { mac: string }>).map(({ mac }) => mac);
/** The rows of the host's table of leases for these cards. */
const leases = (...cards: string[]): string[] =>
  host
    .virsh("net-dhcp-leases", "lan")
    .split("\n")
    .filter((line) => cards.some((mac) => line.includes(mac)));
const state = (name: string): string => host.virsh("domstate", name).trim();
const processOf = (name: string): string => new WatchedGuest(host, name).process;

/** Lets the DHCP server of the network stand still, or go on. */
const dhcp = (signal: "STOP" | "CONT"): string =>
  host.enter("sh", "-c", `kill -${signal} $(cat /run/libvirt/network/lan.pid)`);

/** Law 9: nothing is to be done, and a refresh finds what was recorded, without waiting. */
async function settled(name: string, args: Values): Promise<void> {
  await nextRun();
  expect(await stack.up("guest", name, args)).toBe("same");
  const { drift, impact, ...recorded } = stack.get(name).inputs;
  expect([drift, impact]).toEqual([undefined, undefined]);
  const begun = Date.now();
  expect(await stack.refresh(name)).toMatchObject(recorded);
  expect(Date.now() - begun).toBeLessThan(20_000);
}

it("the addresses are there when the up ends: of a new guest, a restarted one, and one that was made again", async () => {
  const lan = { network: stack.network("lan") };
  const args = guest("web", {
    nics: { lan, second: lan, bare: { network: stack.network("bare") }, unplugged: { ...lan, linkState: "down" } },
  });
  expect(await stack.up("guest", "web", args)).toBe("created");
  const found = addresses("web");
  expect(found).toEqual({
    lan: [expect.stringMatching(/^10\.61\.0\./)],
    second: [expect.stringMatching(/^10\.61\.0\./)],
  });
  await settled("web", args);
  const { process } = new WatchedGuest(host, "web");

  // The answers of the first run are still listed, and are none to the second.
  const first = leases(...macs("web"));
  expect(first).toHaveLength(2);
  const restarted = { ...args, restart: "ifNeeded", machine: "pc" };
  expect(await stack.up("guest", "web", restarted)).toBe("updated");
  expect(processOf("web")).not.toBe(process);
  expect(leases(...macs("web")).filter((row) => first.includes(row))).toEqual([]);
  expect(addresses("web")).toEqual(found);

  const second = leases(...macs("web"));
  await stack.destroy("web");
  expect(leases(...second.map((row) => row.split(/\s+/)[3] ?? "")).sort()).toEqual(second.sort());
  await stack.up("guest", "web", args);
  expect(leases(...macs("web")).filter((row) => second.includes(row))).toEqual([]);
  expect(addresses("web")).toEqual(found);

  // One that goes on has what it has.
  const again = processOf("web");
  const before = Date.now();
  expect(await stack.up("guest", "web", { ...args, title: "changed" })).toBe("updated");
  expect(Date.now() - before).toBeLessThan(20_000);
  expect(processOf("web")).toBe(again);

  // Resumed with its memory, it knows its address and does not ask.
  host.virsh("managedsave", "web");
  await nextRun();
  expect(await stack.up("guest", "web", { ...args, title: "changed" })).toBe("updated");
  expect(state("web")).toBe("running");
  expect(addresses("web")).toEqual(found);
  await stack.destroy("web");
});

it("a guest that is too slow is kept and runs on, and the next up waits again until it is there", async () => {
  const said: string[] = [];
  const args = guest("slow", { waitForTimeoutSeconds: 4 });
  dhcp("STOP");
  const operation = { progress: (text: string): void => void said.push(text) };
  await expect(stack.up("guest", "slow", args, operation)).rejects.toThrow(
    /"slow" on \S+ has got no address of nics\.lan \(network "lan"\) within 4 s; .* runs on\.\nHint: .* waits again/,
  );
  expect(said).toEqual([
    expect.stringMatching(/waits for an address of nics\.lan \(network "lan"\) \(3 s of at most 4 s\)/),
  ]);
  const process = processOf("slow");
  expect(process).not.toBe("");
  expect(stack.get("slow").facts).toMatchObject({ state: "running", addresses: {} });

  // Somebody holds it on, so the second one waits in vain as well.
  dhcp("CONT");
  host.virsh("suspend", "slow");
  await expect(stack.up("guest", "slow", args)).rejects.toThrow(
    /"slow" .* asks for none as it is: the guest is paused/,
  );
  expect(state("slow")).toBe("paused");
  host.virsh("resume", "slow");
  expect(await stack.up("guest", "slow", { ...args, waitForTimeoutSeconds: 100 })).toBe("updated");
  expect(addresses("slow").lan).toHaveLength(1);
  expect(processOf("slow")).toBe(process);
  await settled("slow", { ...args, waitForTimeoutSeconds: 100 });
  await stack.destroy("slow");
});

it("what is waited for is no drift and restarts nothing, and a guest that is off is not waited for", async () => {
  const { waitFor, ...args } = guest("plain", {}, false);
  await stack.up("guest", "plain", args);
  const process = processOf("plain");
  const waiting = { ...args, waitFor, waitForTimeoutSeconds: 1 };
  expect((await stack.check("guest", "plain", waiting)).impact).toBeUndefined();
  await expect(stack.up("guest", "plain", waiting)).rejects.toThrow(/no address of nics\.lan/);
  // Without an error of before there is nothing to do, and so nothing to wait for.
  await expect(stack.up("guest", "plain", waiting)).rejects.toThrow(/no address of nics\.lan/);
  expect(await stack.up("guest", "plain", { ...args, waitFor: "none" })).toBe("updated");
  expect(processOf("plain")).toBe(process);
  await settled("plain", { ...args, waitFor: "none" });
  expect(await stack.up("guest", "plain", { ...waiting, running: false })).toBe("updated");
  expect(state("plain")).toBe("shut off");
  await stack.destroy("plain");
});

it("a guest that goes off while it is waited for is an error at once, and is started by the next up", async () => {
  const args = guest("falls", { waitForTimeoutSeconds: 100 }, false);
  const said: string[] = [];
  const up = stack.up("guest", "falls", args, { progress: (text) => void said.push(text) });
  const ends = expect(up).rejects.toThrow(/"falls" on \S+ went off \(shut off\) while an address of nics\.lan/);
  await until(() => said.length > 0);
  host.virsh("destroy", "falls");
  await ends;
  expect(stack.get("falls").facts).toMatchObject({ state: "shut off" });
  await expect(stack.up("guest", "falls", { ...args, waitForTimeoutSeconds: 1 })).rejects.toThrow(/no address/);
  expect(state("falls")).toBe("running");
  await stack.destroy("falls");
});

it("a creation that was cut short while it waited is taken up, and waited for again", async () => {
  const args = guest("again", { waitForTimeoutSeconds: 1 });
  await expect(stack.up("guest", "again", args)).rejects.toThrow(/no address/);
  const process = processOf("again");
  stack.forget("again");
  expect(await stack.up("guest", "again", { ...args, waitForTimeoutSeconds: 100 })).toBe("created");
  expect(addresses("again").lan).toHaveLength(1);
  expect(processOf("again")).toBe(process);

  // Adopted as it runs by another stack, without a card of the program.
  const uuid = stack.get("again").id;
  host.virsh("metadata", uuid, "urn:pulumi-virt:1", "--config", "--remove");
  const other = new Stack("other");
  await other.up("host", "host", { uri: host.uri });
  await other.up("guest", "again", { host: other.host(), vcpus: 1, memoryMiB: 160, adopt: true, waitFor: "address" });
  expect(other.get("again").facts.addresses).toEqual(addresses("again"));
  expect(processOf("again")).toBe(process);
});

it("a lease that never ends counts in every run, since it always looks the same", async () => {
  const dhcp = "<range start='10.64.0.100' end='10.64.0.200'><lease expiry='0'/></range>";
  const address = "<ip address='10.64.0.1' netmask='255.255.255.0'>";
  host.write(`${host.data}/endless.xml`, `<network><name>endless</name>${address}<dhcp>${dhcp}</dhcp></ip></network>`);
  host.virsh("net-define", `${host.data}/endless.xml`);
  host.virsh("net-start", "endless");
  const args = guest("endless", { nics: { lan: { network: { name: "endless" } } }, waitForTimeoutSeconds: 60 });
  await stack.up("guest", "endless", args);
  const found = addresses("endless");
  expect(found).toEqual({ lan: [expect.stringMatching(/^10\.64\.0\./)] });
  const process = processOf("endless");
  expect(await stack.up("guest", "endless", { ...args, restartTrigger: "once" })).toBe("updated");
  expect(processOf("endless")).not.toBe(process);
  expect(addresses("endless")).toEqual(found);
  await stack.destroy("endless");
});

it("in a guest of libvirt's test driver nothing runs that could be waited for", async () => {
  const uri = "test:///default";
  const nics = { lan: { network: { name: "default" } } };
  const inMemory = { host: { uri }, vcpus: 1, memoryMiB: 64, nics, waitFor: "address", waitForTimeoutSeconds: 1 };
  const memory = new Stack("memory");
  expect(await memory.up("guest", "memory", inMemory)).toBe("created");
  await memory.destroy("memory");
});

describe("the preview says where nothing will ever be told", () => {
  const card = (name: string): Values => ({ nics: { lan: { network: { name } } } });

  it.each<[string, () => Values, RegExp | undefined]>([
    ["a network without DHCP", () => card("bare"), /^waitFor: libvirt gives out no addresses on the network "bare"/],
    ["one with", () => card("lan"), undefined],
    ["both", () => ({ nics: { lan: { network: { name: "lan" } }, bare: { network: { name: "bare" } } } }), undefined],
    [
      "a Network of the program, which may get it",
      () => ({ nics: { bare: { network: stack.network("bare") } } }),
      undefined,
    ],
    [
      "a fragment that is no card",
      () => ({ nics: {}, xml: { on: { fragment: "<on_poweroff>destroy</on_poweroff>" } } }),
      /^waitFor: /,
    ],
    [
      "a fragment that is one",
      () => ({
        nics: {},
        xml: { card: { at: "devices", fragment: "<interface type='network'><source network='lan'/></interface>" } },
      }),
      undefined,
    ],
  ])("%s", async (_, more, refused) => {
    const checked = stack.check("guest", "vain", guest("vain", more(), false));
    await (refused === undefined ? expect(checked).resolves.toBeDefined() : expect(checked).rejects.toThrow(refused));
  });

  it("and an up refuses it before anything is touched", async () => {
    const vain = guest("vain", { nics: { bare: { network: stack.network("bare") } } }, false);
    await expect(stack.up("guest", "vain", vain)).rejects.toThrow(/waitFor: .*"bare".* Nothing was changed/);
    expect(host.virsh("list", "--all", "--name")).not.toMatch(/vain/);
  });
});
