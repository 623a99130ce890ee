/** What is not known yet at a preview, with a host that answers: the worst that it can be is said (8.27). */

import type { Values } from "../../provider/lifecycle/lifecycle";
import { unknown } from "../../schema/unknown";
import { nextRun } from "../support/hosts";
import { type PrivateHost, startPrivateHost } from "../support/private-host";
import { disconnect, Stack } from "../support/stack";

jest.setTimeout(120_000);

let host: PrivateHost;
let stack: Stack;
beforeAll(async () => {
  host = startPrivateHost();
  stack = new Stack();
  await stack.up("host", "host", { uri: host.uri });
  await stack.up("pool", "pool", { host: stack.host(), type: "dir", path: `${host.data}/pool` });
});
afterAll(async () => {
  await disconnect();
  host.stop();
});

it("of what a running guest may be restarted for", async () => {
  const args = (more: Values = {}): Values => ({ host: stack.host(), vcpus: 1, memoryMiB: 64, ...more });
  await stack.up("guest", "web", args());
  const impactOf = async (more: Values): Promise<unknown> => {
    await nextRun();
    return (await stack.check("guest", "web", args(more))).impact;
  };
  expect(await impactOf({ memoryMiB: 96, title: "new" })).toEqual({
    memoryMiB: expect.stringMatching(/^nextStart: 64 → 96/) as string,
    title: "live: absent → new",
  });
  expect(await impactOf({ memoryMiB: 96, title: "new", restart: unknown })).toMatchObject({
    memoryMiB: expect.stringMatching(/^at most: powerCycle: 64 → 96/) as string,
    title: "live: absent → new",
  });
  // Another trigger than any brings all that waits for a start.
  expect(await impactOf({ memoryMiB: 96, restartTrigger: unknown })).toEqual({
    memoryMiB: expect.stringMatching(/^at most: powerCycle: 64 → 96/) as string,
    restartTrigger: "at most: powerCycle (its value is not known yet)",
  });
  expect(await impactOf({ running: unknown })).toEqual({ running: "at most: stop (its value is not known yet)" });
  host.virsh("suspend", "web");
  expect(await impactOf({ memoryMiB: 96, restart: "ifNeeded", forceOff: unknown })).toMatchObject({
    memoryMiB: expect.stringMatching(/^at most: powerCycle: 64 → 96/) as string,
  });
  host.virsh("resume", "web");
  await stack.up("guest", "web", args({ forceOff: true, shutdownTimeoutSeconds: 1 }));
  await stack.up("guest", "web", args({ forceOff: true, shutdownTimeoutSeconds: 1, running: false }));
  expect(await impactOf({ running: unknown })).toEqual({ running: "at most: start (its value is not known yet)" });
  await stack.destroy("web");
});

it("of what cannot be changed in place: replaced, or refused where it holds data", async () => {
  const network: Values = { host: stack.host(), mode: "isolated" };
  await stack.up("network", "lan", network);
  expect((await stack.check("network", "lan", { ...network, name: unknown })).impact).toEqual({
    name: "at most: replace (its value is not known yet)",
  });
  const disk: Values = { pool: stack.pool("pool"), sizeGiB: 0.01 };
  await stack.up("disk", "data", disk);
  expect((await stack.check("disk", "data", { ...disk, name: unknown })).impact).toEqual({
    name: "at most: refused (its value is not known yet)",
  });
  for (const name of ["data", "lan"]) await stack.destroy(name);
});

describe("of raw XML, as a whole or in parts, in a new guest and in one that runs (8.20)", () => {
  const args = (more: Values = {}): Values => ({ host: stack.host(), vcpus: 1, memoryMiB: 64, nics: {}, ...more });
  const held = { held: { at: "devices", fragment: "<sound model='ich9'/>" } };
  beforeAll(() => stack.up("guest", "web", args({ xml: held })));
  const unknowns: readonly (readonly [string, Values, string])[] = [
    ["the fragment", { xml: { ...held, more: { at: "devices", fragment: unknown } } }, "xml.more"],
    ["its place", { xml: { ...held, more: { at: unknown, fragment: "<sound model='ich9'/>" } } }, "xml.more"],
    ["all of one", { xml: { ...held, more: unknown } }, "xml.more"],
    ["all of it", { xml: unknown }, "xml"],
    ["one that was known", { xml: { held: { at: "devices", fragment: unknown } } }, "xml.held.fragment"],
    [
      "the devices that it goes into",
      { nics: unknown, xml: { ...held, more: { at: "nics.lan", fragment: "<mtu size='9000'/>" } } },
      "nics",
    ],
    [
      "a part of the device that it goes into",
      {
        nics: { lan: { network: { name: unknown } } },
        xml: { ...held, more: { at: "nics.lan", fragment: "<mtu size='9000'/>" } },
      },
      "nics",
    ],
  ];
  it.each(unknowns)("%s", async (_what, more, path) => {
    await nextRun();
    expect((await stack.check("guest", "web", args({ ...more, restart: "ifNeeded" }))).impact).toMatchObject({
      [path]: expect.stringMatching(/^at most: powerCycle/) as string,
    });
    expect(await stack.check("guest", "new", args(more))).toBeDefined();
    expect(await stack.check("guest", "new", args({ ...more, name: unknown, disks: unknown }))).toBeDefined();
  });
});
