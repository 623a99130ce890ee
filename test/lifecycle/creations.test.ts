/** Which creation an object is of: what an earlier one recorded is not deleted under a later one (decisions/ownership.md). */

import type { Values } from "../../provider/lifecycle/lifecycle";
import { type PrivateHost, startPrivateHost } from "../support/private-host";
import { disconnect, Stack } from "../support/stack";

jest.setTimeout(120_000);

let host: PrivateHost;
let stack: Stack;
beforeAll(async () => {
  host = startPrivateHost();
  stack = new Stack();
  await stack.up("host", "host", { uri: host.uri });
});
afterAll(async () => {
  await disconnect();
  host.stop();
});

const network = (running: boolean): Values => ({ host: stack.host(), mode: "isolated", bridge: "br-taken", running });
const guest = (more: Values): Values => ({ host: stack.host(), vcpus: 1, memoryMiB: 32, running: false, ...more });
const named = (list: string): string => host.virsh(list, "--all", "--name").trim();

it("a creation that took it up and failed afterwards keeps it, and can be deleted itself (8.10)", async () => {
  await stack.up("network", "lan", network(false));
  const earlier = stack.get("lan");
  stack.forget("lan");
  host.enter("ip", "link", "add", "br-taken", "type", "bridge");
  await expect(stack.up("network", "lan", network(true))).rejects.toThrow(/Unable to start network "lan"/);
  const later = stack.get("lan");
  stack.kept.set("lan", earlier);
  await stack.destroy("lan");
  expect(named("net-list")).toBe("lan");
  stack.kept.set("lan", later);
  await stack.destroy("lan");
  expect(named("net-list")).toBe("");
});

it("a creation that was refused before it did anything takes nothing over, and is recorded nowhere (8.10)", async () => {
  await stack.up("guest", "web", guest({}));
  const earlier = stack.get("web");
  stack.forget("web");
  const broken = guest({ xml: { broken: { at: "devices", fragment: "<nonsense/>" } } });
  await expect(stack.up("guest", "web", broken)).rejects.toThrow();
  expect(stack.kept.has("web")).toBe(false);
  stack.kept.set("web", earlier);
  await stack.destroy("web");
  expect(named("list")).toBe("");
});

it("what an older version made and recorded is changed and deleted as ever (8.10)", async () => {
  await stack.up("guest", "old", guest({}));
  const { creation: _drawn, ...older } = stack.get("old");
  host.write(`${host.data}/old.xml`, host.virsh("dumpxml", "old").replace(/ creation="[^"]*"/, ""));
  host.virsh("define", `${host.data}/old.xml`);
  stack.kept.set("old", older);
  expect(await stack.up("guest", "old", guest({}))).toBe("same");
  expect(await stack.up("guest", "old", guest({ title: "new" }))).toBe("updated");
  expect(host.virsh("dumpxml", "old")).not.toContain("creation=");
  await stack.destroy("old");
  expect(named("list")).toBe("");
});

it("a state that is older than what the host says is taken for the rightful one by the next up (8.10)", async () => {
  await stack.up("guest", "web", guest({}));
  const earlier = stack.get("web");
  stack.forget("web");
  await stack.up("guest", "web", guest({}));
  stack.kept.set("web", earlier);
  expect(await stack.up("guest", "web", guest({}))).toBe("updated");
  expect(await stack.up("guest", "web", guest({}))).toBe("same");
  await stack.destroy("web");
  expect(named("list")).toBe("");
});
