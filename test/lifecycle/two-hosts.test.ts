/** One resource and two hosts: what is recorded on one is never made on the other while the first may have it (law 5). */

import type { Values } from "../../provider/lifecycle/lifecycle";
import { type PrivateHost, startPrivateHost } from "../support/private-host";
import { disconnect, type Kind, Stack } from "../support/stack";

jest.setTimeout(120_000);

let first: PrivateHost;
let second: PrivateHost;
let stack: Stack;
beforeAll(async () => {
  [first, second] = [startPrivateHost(), startPrivateHost()];
  stack = new Stack();
  await stack.up("host", "host", { uri: first.uri });
  await stack.up("host", "other", { uri: second.uri });
});
afterAll(async () => {
  delete process.env.PULUMI_VIRT_OFFLINE;
  await disconnect();
  first.stop();
  second.stop();
});

const rows: readonly (readonly [Kind, list: string, (host: Values) => Values])[] = [
  ["guest", "list", (host) => ({ host, vcpus: 1, memoryMiB: 64, running: false })],
  ["network", "net-list", (host) => ({ host, mode: "isolated", running: false })],
  ["pool", "pool-list", (host) => ({ host, type: "dir", path: `${first.data}/pool`, running: false })],
];

it("a guest that is kept where it is is not made on another host (8.10)", async () => {
  const args = (host: Values): Values => ({ host, vcpus: 1, memoryMiB: 64, running: false });
  await stack.up("guest", "kept", args(stack.host()));
  expect(await stack.up("guest", "kept", args(stack.host()))).toBe("same");
  const moved = (): Promise<Values> => stack.check("guest", "kept", args(stack.host("other")), { isRetained: true });
  await expect(moved()).rejects.toThrow(/retainOnDelete/);
  process.env.PULUMI_VIRT_OFFLINE = "true";
  await expect(moved())
    .rejects.toThrow(/retainOnDelete/)
    .finally(() => delete process.env.PULUMI_VIRT_OFFLINE);
  await stack.destroy("kept");
});

describe.each(rows)("a %s that moves to another host (8.6)", (kind, list, args) => {
  const holds = (host: PrivateHost): boolean => host.virsh(list, "--all", "--name").split(/\s+/).includes(kind);

  it.each([
    ["from a Host to a URI", () => stack.host(), () => ({ uri: second.uri })],
    ["from a URI to another", () => ({ uri: first.uri }), () => ({ uri: second.uri })],
    ["from a URI to a Host", () => ({ uri: first.uri }), () => stack.host("other")],
  ])("%s", async (_title, before, after) => {
    await stack.up(kind, kind, args(before()));
    const found = stack.get(kind);
    await expect(stack.up(kind, kind, args(after()))).rejects.toThrow("replaces: host");
    // Nobody may look: then nobody knows, and the update itself asks before it does anything.
    process.env.PULUMI_VIRT_OFFLINE = "true";
    const blind = stack.up(kind, kind, args(after()));
    await expect(blind)
      .rejects.toThrow(/is another host\. Nothing was changed/)
      .finally(() => delete process.env.PULUMI_VIRT_OFFLINE);
    expect([holds(first), holds(second)]).toEqual([true, false]);
    stack.kept.set(kind, found);
    await stack.destroy(kind);
  });

  it("another address of the same host is no move, whether or not it is known by its Host", async () => {
    const alias = `${first.uri}&mode=direct`;
    for (const before of [stack.host(), { uri: first.uri }]) {
      await stack.up(kind, kind, args(before));
      expect(await stack.up(kind, kind, args({ uri: alias }))).toBe("updated");
      expect(holds(first)).toBe(true);
      await stack.destroy(kind);
    }
  });
});
