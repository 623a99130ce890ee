/** Waiting for a guest's addresses, with the real engine: in the outputs of the same up, or an error that keeps the guest (8.30). */

import { installGuestImage, type PrivateHost, startPrivateHost } from "../support/private-host";
import { type Program, sessionsOf } from "../support/program";
import { opening, programsOfThisFile } from "../support/programs";
import { until } from "../support/until";
import { WatchedGuest } from "../support/watched-guest";

jest.setTimeout(600_000);

let host: PrivateHost;
const newProgram = programsOfThisFile();
beforeAll(() => {
  host = startPrivateHost();
  installGuestImage(host.data);
});
afterAll(() => host.stop());

const source = (more: string): string =>
  `${opening(host)}const host = new virt.Host("host", { uri });
   const lan = new virt.Network("lan", { host, mode: "isolated",
     ipv4: { gateway: "10.63.0.1/24", dhcp: { from: "10.63.0.100", to: "10.63.0.200" } } });
   const guest = (name, more) => new virt.Guest(name, { host, vcpus: 1, memoryMiB: 160, waitFor: "address",
     boot: { kernel: data + "/kernel", initrd: data + "/initrd", commandLine: "console=ttyS0 quiet" },
     console: { logFile: data + "/" + name + ".log" }, nics: { lan: { network: lan } }, ...more });
   exports.bridge = lan.bridge;
   ${more}`;

function program(more: string): Program {
  return newProgram(source(more));
}

const dhcp = (signal: "STOP" | "CONT"): string =>
  host.enter("sh", "-c", `kill -${signal} $(cat /run/libvirt/network/lan.pid)`);
const output = (of: Program, name: string): string => of.must("stack", "output", name).trim();
const address = "exports.address = web.addresses.apply((all) => all.lan?.[0]);";

it("the address is an output of the very up, and so is the bridge that libvirt chose", () => {
  const waiting = program(`const web = guest("web", {}); ${address}`);
  waiting.up();
  expect(output(waiting, "address")).toBe(new WatchedGuest(host, "web").address);
  const [, bridge = ""] = /<bridge name='(virbr\d+)'/.exec(host.virsh("net-dumpxml", "lan")) ?? [];
  expect(output(waiting, "bridge")).toBe(bridge);
  waiting.mustBeSettled();
  expect(output(waiting, "bridge")).toBe(bridge);

  // A change of the network shows nothing of it either; what is stated is a change like any other.
  const stated = (more: string): string =>
    source(`const web = guest("web", {}); ${address}`).replace('mode: "isolated",', `mode: "isolated", ${more}`);
  waiting.write("index.js", stated('dns: { hosts: { "10.63.0.9": ["nine"] } },'));
  expect(waiting.must("preview", "--diff")).not.toMatch(/bridge|virbr/);
  waiting.up();
  expect(output(waiting, "bridge")).toBe(bridge);
  waiting.write("index.js", stated(`bridge: "br-own",`));
  expect(waiting.must("preview", "--diff")).toMatch(/\+ bridge[^\n]*br-own/);
  waiting.up();
  expect(output(waiting, "bridge")).toBe("br-own");
  waiting.mustBeSettled();
  waiting.destroy();
});

it("no address is an error that keeps the guest; the next up waits again and has it", () => {
  const waiting = program("");
  waiting.up();
  const body = (seconds: number): string =>
    source(`const web = guest("web", { waitForTimeoutSeconds: ${seconds} }); ${address}`);
  waiting.write("index.js", body(5));
  dhcp("STOP");
  const { code, text } = waiting.pulumi("up", "--yes", "--skip-preview");
  expect(code).not.toBe(0);
  expect(text).toMatch(/waits for an address of nics\.lan \(network "lan"\) \(3 s of at most 5 s\)/);
  expect(text).toMatch(/Guest "web" on \S+ has got no address of nics\.lan \(network "lan"\) within 5 s/);
  const web = new WatchedGuest(host, "web");
  const { process } = web;
  expect(process).not.toBe("");
  expect(waiting.must("stack", "--show-urns")).toMatch(/Guest\s+web/);
  expect(waiting.pulumi("up", "--yes", "--skip-preview").text).toMatch(/has got no address/);

  // Killed while it waits, there is nothing to make anew.
  dhcp("CONT");
  waiting.write("index.js", body(100));
  waiting.up();
  expect(web.process).toBe(process);
  expect(output(waiting, "address")).toBe(web.address);
  waiting.mustBeSettled();
  waiting.destroy();
});

it("the engine is killed while it waits: the guest is finished, and the next up waits for it", async () => {
  const killed = program("");
  killed.up();
  dhcp("STOP");
  killed.write("index.js", source(`const web = guest("killed", {}); ${address}`));
  const engine = killed.start("up", "--yes", "--skip-preview");
  const seen = new WatchedGuest(host, "killed");
  await until(() => seen.boots.length > 0);
  engine.kill("SIGKILL");
  await until(() => sessionsOf(host).length === 0, 10);
  const { process } = seen;
  killed.pulumi("cancel", "--yes");
  dhcp("CONT");
  killed.up();
  expect(seen.process).toBe(process);
  expect(output(killed, "address")).toBe(seen.address);
  killed.mustBeSettled();
  killed.destroy();
});
