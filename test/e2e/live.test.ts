/** Running guests, with the real engine: what a preview says in each of its forms, and many guests changed at once. */

import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { type PrivateHost, startPrivateHost } from "../support/private-host";
import type { Program } from "../support/program";
import { opening, programsOfThisFile } from "../support/programs";
import { until } from "../support/until";
import { WatchedGuest } from "../support/watched-guest";

jest.setTimeout(300_000);

let host: PrivateHost;
const newProgram = programsOfThisFile();
beforeAll(() => {
  host = startPrivateHost();
});
afterAll(() => host.stop());

/** Guests without an operating system, which start in a moment and wait for nothing. */
function program(more: string, count = 1): Program {
  return newProgram(source(more, count));
}

function source(more: string, count = 1): string {
  return `${opening(host)}const host = new virt.Host("host", { uri });
    for (let n = 0; n < ${count}; n += 1)
      new virt.Guest("guest-" + n, { host, memoryMiB: 32, forceOff: true, shutdownTimeoutSeconds: 1, ${more} });`;
}

const watched = (name: string): WatchedGuest => new WatchedGuest(host, name, "");

it("says the class on the resource's row, by path in the difference, and in JSON", () => {
  const changed = program("vcpus: { current: 1, max: 2 }");
  changed.up();
  const { process } = watched("guest-0");
  changed.write("index.js", source('vcpus: { current: 2, max: 2 }, machine: "pc"'));
  expect(changed.must("preview")).toMatch(/nextStart: machine; live: vcpus\.current/);
  const diff = changed.must("preview", "--diff");
  expect(diff).toMatch(/\+ impact[^]*machine\s*: "nextStart: pc-q35-\S+ → pc \(the guest keeps running\)"/);
  expect(diff).toMatch(/vcpus\.current["\s:]*"live: 1 → 2"/);
  const json = JSON.parse(changed.must("preview", "--json")) as {
    steps: { urn: string; op: string; newState?: { inputs?: { impact?: unknown } } }[];
  };
  const step = json.steps.find(({ urn }) => urn.endsWith("::guest-0"));
  expect(step?.op).toBe("update");
  expect(step?.newState?.inputs?.impact).toEqual({
    machine: expect.stringMatching(/^nextStart: /) as string,
    "vcpus.current": "live: 1 → 2",
  });
  changed.up();
  expect(watched("guest-0").process).toBe(process);
  expect(host.virsh("vcpucount", "--live", "--current", "guest-0").trim()).toBe("2");
  changed.mustBeSettled();

  // What waits is brought by a restart, once that is allowed.
  changed.write("index.js", source('vcpus: { current: 2, max: 2 }, machine: "pc", restart: "ifNeeded"'));
  expect(changed.must("preview")).toMatch(/powerCycle: machine/);
  changed.up();
  expect(watched("guest-0").process).not.toBe(process);
  changed.mustBeSettled();
  changed.destroy();
});

it("a device under another key is the same device: in the preview, on the host, and once the former key is used again (8.5)", () => {
  const image = (name: string): string => `${host.data}/${name}.img`;
  for (const name of ["one", "two"]) host.enter("truncate", "-s", "1M", image(name));
  const withDevices = (disks: Record<string, object>, nic: string): string =>
    source(`vcpus: 1, disks: ${JSON.stringify(disks)}, nics: { ${nic}: { user: true, mac: "52:54:00:cc:00:01" } }`);
  const renamed = newProgram(withDevices({ system: { path: image("one") } }, "lan"));
  renamed.up();
  const { process } = watched("guest-0");
  const running = (): string[] =>
    [
      ...host
        .virsh("dumpxml", "guest-0")
        .matchAll(/<source file='[^']*\/(\w+\.img)'|<target dev='(vd\w)'|<mac address='([^']+)'/g),
    ].map(([, ...found]) => found.find((each) => each !== undefined) ?? "");
  const before = running();
  expect(before).toEqual(["one.img", "vda", "52:54:00:cc:00:01"]);

  renamed.write("index.js", withDevices({ archive: { path: image("one") } }, "wan"));
  expect(renamed.must("preview")).not.toMatch(/live:|nextStart:|powerCycle:|refused:/);
  renamed.up();
  expect(running()).toEqual(before);
  renamed.mustBeSettled();

  // Sorted, the new one comes first.
  const both = { archive: { path: image("one") }, another: { path: image("two") } };
  renamed.write("index.js", withDevices(both, "wan"));
  expect(renamed.must("preview")).toMatch(/live: disks\.another/);
  renamed.up();
  expect(running()).toEqual(["one.img", "vda", "two.img", "vdb", "52:54:00:cc:00:01"]);
  renamed.mustBeSettled();

  // Both keys stay, and change their images: the keys count, and nothing is taken from the guest.
  renamed.write("index.js", withDevices({ archive: both.another, another: both.archive }, "wan"));
  expect(renamed.must("preview")).toMatch(/nextStart: disks\.another\.path, disks\.archive\.path/);
  renamed.up();
  expect(running()).toEqual(["one.img", "vda", "two.img", "vdb", "52:54:00:cc:00:01"]);
  renamed.write("index.js", withDevices(both, "wan"));
  renamed.up();
  renamed.mustBeSettled();
  expect(host.virsh("dumpxml", "--inactive", "guest-0")).toMatch(
    /one\.img[^]*ua-disk-archive[^]*two\.img[^]*ua-disk-another/,
  );
  expect(watched("guest-0").process).toBe(process);
  renamed.destroy();
});

it("changes fifty running guests in one up, and restarts none", () => {
  const many = program("vcpus: { current: 1, max: 2 }", 50);
  many.up();
  const processes = (): string => host.enter("sh", "-c", "cat /run/libvirt/qemu/guest-*.pid | sort");
  const before = processes();
  many.write("index.js", source('vcpus: { current: 2, max: 2 }, title: "changed"', 50));
  many.up();
  expect(processes()).toBe(before);
  expect(host.virsh("vcpucount", "--live", "--current", "guest-49").trim()).toBe("2");
  many.must("preview", "--expect-no-changes");
  many.destroy();
  expect(host.virsh("list", "--all", "--name").trim()).toBe("");
});

it("one host of three that is down costs a preview one time-out, and the others are looked at", async () => {
  let connections = 0;
  const mute = createServer(() => connections++).listen(0, "127.0.0.1");
  await once(mute, "listening");
  const address = `127.0.0.1:${(mute.address() as AddressInfo).port}`;
  const other = startPrivateHost();
  const three = newProgram(
    `const virt = require("pulumi-virt");
     const uris = ${JSON.stringify([host.uri, other.uri])};
     for (const [index, uri] of uris.entries())
       for (let n = 0; n < 3; n += 1) new virt.Guest("up-" + index + "-" + n, { host: { uri }, vcpus: 1, memoryMiB: 32, running: false });`,
  );
  three.up();
  // Guests of a host that answered once, and does not now.
  const down = `
     for (let n = 0; n < 3; n += 1) new virt.Guest("down-" + n, { host: { uri: "qemu+tcp://${address}/system" }, vcpus: 1, memoryMiB: 32, running: false });`;
  three.write(
    "index.js",
    `const virt = require("pulumi-virt");
     const uris = ${JSON.stringify([host.uri, other.uri])};
     for (const [index, uri] of uris.entries())
       for (let n = 0; n < 3; n += 1) new virt.Guest("up-" + index + "-" + n, { host: { uri }, vcpus: 1, memoryMiB: 32, running: false });${down}`,
  );
  host.virsh("desc", "up-0-0", "--config", "--title", "by hand");
  host.virsh("setvcpus", "up-0-1", "2", "--config", "--maximum");
  expect(three.must("preview", "--diff")).toMatch(/vcpus *: "1 of at most 2 on the host, 1 wanted"/);
  // One time-out for the three of them: this process counts only now, it sat in spawnSync.
  await until(() => connections > 0, 5);
  expect(connections).toBe(1);
  three.up("--target", "**up-0-1");
  three.destroy();
  other.stop();
  mute.close();
});

it("a Disk that grows and a Host with another address are no difference on their guests", () => {
  const shared = (uri: string, size: number): string => `const virt = require("pulumi-virt");
    const host = new virt.Host("host", { uri: ${JSON.stringify(host.uri)} + ${JSON.stringify(uri)} });
    const pool = new virt.Pool("pool", { host, type: "dir", path: ${JSON.stringify(host.data)} + "/shared" });
    const disk = new virt.Disk("disk", { pool, sizeGiB: ${size} });
    new virt.Guest("above", { host, vcpus: 1, memoryMiB: 32, forceOff: true, shutdownTimeoutSeconds: 1, disks: { root: { disk } } });`;
  const above = program("");
  above.write("index.js", shared("", 0.01));
  above.up();
  const { process } = watched("above");
  above.write("index.js", shared("", 0.02));
  expect(operations(above)).toEqual({ disk: "update" });
  above.up();
  above.mustBeSettled();
  above.write("index.js", shared("&mode=direct", 0.02));
  expect(operations(above)).toMatchObject({ host: "update" });
  expect(above.must("preview", "--diff")).not.toMatch(/impact|drift|replace/);
  const definition = host.virsh("dumpxml", "--inactive", "above");
  above.up();
  expect(host.virsh("dumpxml", "--inactive", "above")).toBe(definition);
  expect(watched("above").process).toBe(process);
  above.mustBeSettled();
  above.destroy();
});

/** What a preview would do with each resource that it would do something with. */
function operations(program: Program): Record<string, string> {
  const { steps } = JSON.parse(program.must("preview", "--json")) as { steps: { urn: string; op: string }[] };
  const changes = steps.filter(({ op }) => op !== "same");
  return Object.fromEntries(changes.map(({ urn, op }) => [urn.slice(urn.lastIndexOf("::") + 2), op]));
}
