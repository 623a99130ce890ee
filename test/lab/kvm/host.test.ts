/** The first life of everything on a real KVM host, over qemu+ssh: what the emulation of the other tests cannot show. */

import type { Values } from "../../../provider/lifecycle/lifecycle";
import { startLabHost } from "../../support/lab-host";
import { settled } from "../../support/settled";
import { disconnect, Stack } from "../../support/stack";
import type { TestHost } from "../../support/test-host";

let host: TestHost;
let before: string[];
const stack = new Stack("lab");
beforeAll(() => {
  host = startLabHost("kvm");
  host.installGuestImage();
  before = objects();
}, 900_000);
afterAll(async () => {
  await disconnect();
  host.stop();
});

/** What is on the host; Debian's has a network of its own from the beginning. */
function objects(): string[] {
  const lists = ["list --all --name", "net-list --all", "pool-list --all", "secret-list"];
  return lists.map((list) => host.virsh(...list.split(" ")).trim());
}

const consoleText = (): string => host.read(`${host.data}/web.log`);

/** What the program states of each. References of one to another are there once that other is. */
function inputs(name: "pool" | "root" | "lan" | "web"): Values {
  switch (name) {
    case "pool":
      return { host: stack.host(), type: "dir", path: `${host.data}/pool` };
    case "root":
      return { pool: stack.pool("pool"), sizeGiB: 0.25 };
    case "lan":
      return {
        host: stack.host(),
        mode: "nat",
        ipv4: { gateway: "10.41.0.1/24", dhcp: { from: "10.41.0.100", to: "10.41.0.200" } },
      };
    case "web":
      return {
        host: stack.host(),
        vcpus: 2,
        memoryMiB: 192,
        boot: { kernel: `${host.data}/kernel`, initrd: `${host.data}/initrd`, commandLine: "console=ttyS0 quiet" },
        console: { logFile: `${host.data}/web.log` },
        disks: { root: { disk: stack.disk("root") } },
        nics: { lan: { network: stack.network("lan") } },
        shutdownTimeoutSeconds: 180,
      };
  }
}

it("is seen as a KVM host with libvirt 11 and an IOMMU", async () => {
  expect(await stack.up("host", "host", { uri: host.uri })).toBe("created");
  const { facts } = stack.get("host");
  expect(facts).toMatchObject({ hypervisor: "kvm", acceleration: "kvm", iommu: true });
  expect(facts.libvirtVersion).toMatch(/^11\./);
  expect((facts.readiness as { missing: string }[]).map(({ missing }) => missing)).not.toContain("PCI passthrough");
});

it("runs a guest that is accelerated, boots, sees its hardware and gets an address", async () => {
  for (const [kind, name] of [
    ["pool", "pool"],
    ["disk", "root"],
    ["network", "lan"],
    ["guest", "web"],
  ] as const) {
    expect(await stack.up(kind, name, inputs(name))).toBe("created");
  }
  expect(host.virsh("dumpxml", "web")).toMatch(/<domain type='kvm'/);
  await until("the guest has an address", () => consoleText().includes("has the address 10.41.0."));
  expect(consoleText()).toMatch(/Hello from .*up after/);
  expect(consoleText()).toMatch(/sees cpus=2 .* vda=256MiB cards: eth0=/);
});

it("has nothing to do then", async () => {
  for (const name of ["host", "pool", "root", "lan", "web"]) await settled(stack, name);
});

it("changes a title while the guest runs", async () => {
  const changed = { ...inputs("web"), title: "Changed in the lab" };
  const process = host.enter("pgrep", "-f", "guest=web");
  expect((await stack.check("guest", "web", changed)).impact).toEqual({
    title: expect.stringMatching(/^live: /) as string,
  });
  expect(await stack.up("guest", "web", changed)).toBe("updated");
  expect(host.virsh("dumpxml", "web")).toContain("<title>Changed in the lab</title>");
  expect(host.enter("pgrep", "-f", "guest=web")).toBe(process);
  await settled(stack, "web");
});

it("keeps its guests when its daemon is killed", async () => {
  const process = host.enter("pgrep", "-f", "guest=web");
  host.killDaemon();
  expect(() => host.virsh("list")).toThrow(/Failed to connect|No such file/);
  host.startDaemon();
  // The next run of a program has sessions of its own. Ours find out one by one, a change with an uncertain outcome.
  await disconnect();
  expect(host.enter("pgrep", "-f", "guest=web")).toBe(process);
  await settled(stack, "web");
});

it("is left as it was", async () => {
  for (const name of ["web", "root", "pool", "lan", "host"]) await stack.destroy(name);
  expect(objects()).toEqual(before);
  expect(host.enter("ls", host.data).split("\n").filter(Boolean)).toEqual(["initrd", "kernel", "web.log"]);
});

async function until(what: string, condition: () => boolean): Promise<void> {
  for (const end = Date.now() + 180_000; Date.now() < end;) {
    if (condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 1_000));
  }
  throw new Error(`${what}: not within 180 s. The console says:\n${consoleText()}`);
}
