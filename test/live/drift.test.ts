/** What others did to a running guest: shown by a preview, found by a refresh, mended by an `up` where it is ours. */

import type { Values } from "../../provider/lifecycle/lifecycle";
import { elementsOf, firstElement } from "../../provider/reconcile/tree";
import { nextRun } from "../support/hosts";
import { startTestHost, type TestHost } from "../support/test-host";
import { disconnect, Stack } from "../support/stack";
import { WatchedGuest } from "../support/watched-guest";

jest.setTimeout(180_000);

let host: TestHost;
let stack: Stack;
let guest: WatchedGuest;
beforeAll(async () => {
  host = startTestHost();
  host.installGuestImage();
  stack = new Stack();
  await stack.up("host", "host", { uri: host.uri });
  await stack.up("pool", "pool", { host: stack.host(), type: "dir", path: `${host.data}/pool` });
  for (const name of ["root", "data", "volume"])
    await stack.up("disk", name, { pool: stack.pool("pool"), sizeGiB: 0.01 });
  await stack.up("network", "lan", {
    host: stack.host(),
    mode: "nat",
    ipv4: { gateway: "10.43.0.1/24", dhcp: { from: "10.43.0.100", to: "10.43.0.200" } },
  });
  guest = new WatchedGuest(host, "web", `${host.data}/web.log`);
  await stack.up("guest", "web", args());
  await guest.says(/guest: sees/);
});
afterAll(async () => {
  await disconnect();
  host.stop();
});

const args = (more: Values = {}): Values => ({
  host: stack.host(),
  vcpus: { current: 1, max: 4 },
  memoryMiB: 160,
  title: "ours",
  boot: { kernel: `${host.data}/kernel`, initrd: `${host.data}/initrd`, commandLine: "console=ttyS0 quiet" },
  console: { logFile: `${host.data}/web.log` },
  disks: { root: { disk: stack.disk("root") }, data: { disk: stack.disk("data") } },
  nics: { lan: { network: stack.network("lan") } },
  ...more,
});

/** What a preview says of drift, after listings have been asked for anew. */
async function drift(more: Values = {}): Promise<unknown> {
  await nextRun();
  return (await stack.check("guest", "web", args(more))).drift;
}

/** Mended by an `up`, with the same process as before; nothing is left to say. */
async function mended(more: Values = {}): Promise<void> {
  const { process } = guest;
  expect(await stack.up("guest", "web", args(more))).toBe("updated");
  expect(guest.process).toBe(process);
  expect(await stack.up("guest", "web", args(more))).toBe("same");
  expect(await drift(more)).toBeUndefined();
  expect(await stack.pendingOf("web")).toEqual([]);
}

it("nothing is different after the daemon was restarted, nor after the guest rebooted", async () => {
  host.killDaemon();
  host.startDaemon();
  expect(await drift()).toBeUndefined();
  const boots = guest.boots.length;
  host.virsh("reset", "web");
  await guest.says(new RegExp(`(guest: boot [^]*){${boots + 1}}guest: sees`));
  expect(await drift()).toBeUndefined();
  expect(await stack.up("guest", "web", args())).toBe("same");
  expect(await stack.pendingOf("web")).toEqual([]);
});

it("vCPUs changed by hand, in the definition", async () => {
  host.virsh("setvcpus", "web", "3", "--config");
  expect(await drift()).toEqual({ "vcpus.current": "3 on the host, 1 wanted" });
  expect(await stack.refresh("web")).toMatchObject({ vcpus: { current: 3, max: 4 } });
  await mended();
});

it("the running guest's title changed by hand", async () => {
  host.virsh("desc", "web", "--live", "--title", "theirs");
  expect(await drift()).toEqual({ title: "theirs on the host, ours wanted" });
  expect(await stack.refresh("web")).toMatchObject({ title: "theirs" });
  await mended();
  expect(host.virsh("desc", "web", "--live", "--title").trim()).toBe("ours");
});

it.each([["--live"], ["--config"], ["--live --config"]])("a disk torn out: %s", async (flags) => {
  host.virsh("detach-disk", "web", `${host.data}/pool/data.qcow2`, ...flags.split(" "));
  if (flags.includes("--live")) await guest.sees(/disks: vda=10MiB cards/);
  expect(Object.keys((await drift()) as Values)).toContain("disks.data");
  await mended();
  await guest.sees(/vdb=10MiB/);
  expect(WatchedGuest.addresses(guest.live())).toEqual(WatchedGuest.addresses(guest.definition()));
});

it("a card added by hand is left alone", async () => {
  host.virsh(
    "attach-interface",
    "web",
    "network",
    "lan",
    "--model",
    "virtio",
    "--mac",
    "52:54:00:00:00:99",
    "--live",
    "--config",
  );
  expect(await drift()).toBeUndefined();
  expect(await stack.up("guest", "web", args({ title: "changed beside it" }))).toBe("updated");
  await mendedBack();
  for (const document of [guest.live(), guest.definition()]) {
    const devices = firstElement(document, "devices");
    const macs = (devices === undefined ? [] : elementsOf(devices, "interface")).map(
      (each) => firstElement(each, "mac")?.attributes.address,
    );
    expect(macs).toContain("52:54:00:00:00:99");
  }
});

async function mendedBack(): Promise<void> {
  expect(await stack.up("guest", "web", args())).toBe("updated");
  expect(await stack.up("guest", "web", args())).toBe("same");
}

it("a snapshot above our disk is told, and never moved back", async () => {
  host.virsh("snapshot-create-as", "web", "s1", "--disk-only", "--diskspec", "vda", "--diskspec", "vdb,snapshot=no");
  expect(await drift()).toBeUndefined();
  expect(await stack.up("guest", "web", args())).toBe("same");
  expect(await stack.up("guest", "web", args({ title: "beside a snapshot" }))).toBe("updated");
  expect(stack.get("web").facts.snapshots).toEqual({ root: `${host.data}/pool/root.s1` });
  const source = (): string => host.virsh("domblklist", "--inactive", "web");
  expect(source()).toContain("root.s1");
  // Off, the guest says nothing of what lies beneath; the pool does, or it is taken for the worst.
  host.virsh("destroy", "web");
  expect(await drift({ title: "beside a snapshot" })).toEqual({ running: "false on the host, true wanted" });
  expect(await stack.up("guest", "web", args())).toBe("updated");
  expect(source()).toContain("root.s1");
  expect(await stack.up("guest", "web", args())).toBe("same");
  await guest.says(/(guest: boot [^]*){3}guest: sees/);
  host.virsh("blockcommit", "web", "vda", "--active", "--pivot", "--wait");
  host.virsh("snapshot-delete", "web", "s1", "--metadata");
  expect(await drift()).toBeUndefined();
});

it("stopped by hand", async () => {
  host.virsh("destroy", "web");
  expect(await drift()).toEqual({ running: "false on the host, true wanted" });
  expect(await stack.refresh("web")).toMatchObject({ running: false });
  expect(await stack.up("guest", "web", args())).toBe("updated");
  expect(await drift()).toBeUndefined();
});

it("renamed by hand while it was off", async () => {
  host.virsh("destroy", "web");
  host.virsh("domrename", "web", "theirs");
  expect(await drift()).toEqual({ name: "theirs on the host, web wanted", running: "false on the host, true wanted" });
  expect(await stack.refresh("web")).toMatchObject({ name: "theirs" });
  expect(await stack.up("guest", "web", args())).toBe("updated");
  expect(host.virsh("list", "--name").trim()).toBe("web");
  expect(await drift()).toBeUndefined();
});

it("undefined by hand while it ran", async () => {
  const { process } = guest;
  host.virsh("undefine", "web");
  expect(await drift()).toBeUndefined();
  // The guest runs on as a transient one; the next change makes it persistent again, and nothing is lost.
  expect(await stack.up("guest", "web", args({ title: "again" }))).toBe("updated");
  expect(guest.process).toBe(process);
  expect(host.virsh("list", "--all", "--persistent", "--name").trim()).toBe("web");
});

it("a guest that does not let go of a device: an error that says so, and a true state", async () => {
  const name = "deaf";
  const deaf = (more: Values): Values => ({ host: stack.host(), vcpus: 1, memoryMiB: 64, ...more });
  const disks = { disks: { data: { disk: stack.disk("volume") } } };
  await stack.up("guest", name, deaf(disks));
  await expect(stack.up("guest", name, deaf({}))).rejects.toThrow(
    /disks.data: the guest did not let go of it within \d+ s.*Its definition has disks.data as wanted, the running guest has not/s,
  );
  expect(await stack.pendingOf(name)).toEqual(["disks.data"]);
  expect(host.virsh("domblklist", name)).toContain("volume.qcow2");
  await expect(stack.destroy("volume")).rejects.toThrow(/in use by guest deaf/);
  host.virsh("destroy", name);
  await nextRun();
  expect(await stack.up("guest", name, deaf({}))).toBe("updated");
  expect(await stack.pendingOf(name)).toEqual([]);
  host.virsh("destroy", name);
  await stack.destroy(name);
});

it("an adopted guest with a disk given by pool and volume has no differences", async () => {
  const file = `${host.data}/adopted.xml`;
  host.write(
    file,
    `<domain type='qemu'><name>adopted</name><memory unit='MiB'>64</memory><vcpu>1</vcpu><os><type machine='q35'>hvm</type></os>
     <devices><disk type='volume' device='disk'><driver name='qemu' type='qcow2'/><source pool='pool' volume='volume.qcow2'/>
     <target dev='vda' bus='virtio'/></disk></devices></domain>`,
  );
  host.enter("virsh", "-q", "define", "--validate", file);
  const adopted = (more: Values = {}): Values => ({
    host: stack.host(),
    name: "adopted",
    adopt: true,
    vcpus: 1,
    memoryMiB: 64,
    disks: { root: { disk: stack.disk("volume"), target: "vda" } },
    ...more,
  });
  await stack.up("guest", "adopted", adopted());
  expect(await stack.up("guest", "adopted", adopted())).toBe("same");
  expect(await stack.up("guest", "adopted", adopted({ title: "t" }))).toBe("updated");
  expect(host.virsh("dumpxml", "adopted")).toContain("<source pool='pool' volume='volume.qcow2'/>");
  await stack.destroy("adopted");
});

it("does nothing that is more than was said: somebody started the guest since", async () => {
  const name = "started";
  const started = (more: Values): Values => ({
    host: stack.host(),
    vcpus: 1,
    memoryMiB: 64,
    running: false,
    forceOff: true,
    shutdownTimeoutSeconds: 1,
    ...more,
  });
  await stack.up("guest", name, started({}));
  const checked = await stack.check("guest", name, started({ running: true, machine: "pc", restart: "ifNeeded" }));
  expect(checked.impact).toMatchObject({ machine: expect.stringMatching(/^live: /) as string });
  host.virsh("start", name);
  const { process } = new WatchedGuest(host, name);
  await expect(stack.update(name, checked)).rejects.toThrow(
    /machine of guest .*: it would be powerCycle now .*which is more than was said/,
  );
  expect(new WatchedGuest(host, name).process).toBe(process);
  expect(host.virsh("dumpxml", "--inactive", name)).toMatch(/machine='pc-q35/);
  host.virsh("destroy", name);
  await stack.destroy(name);
});

it("a boot order that the program drops waits for the next start, and says so (8.23)", async () => {
  const ordered = (bootOrder?: number): Values => ({
    host: stack.host(),
    name: "ordered",
    vcpus: 1,
    memoryMiB: 32,
    disks: { drive: { device: "cdrom", bootOrder: 2 } },
    nics: { out: { user: true, ...(bootOrder === undefined ? {} : { bootOrder }) } },
  });
  await stack.up("guest", "ordered", ordered(1));
  await stack.up("guest", "ordered", ordered());
  expect(stack.get("ordered").facts.pending).toEqual(["nics.out.bootOrder"]);
  await nextRun();
  expect(await stack.pendingOf("ordered")).toEqual(["nics.out.bootOrder"]);
  expect(await stack.up("guest", "ordered", ordered())).toBe("same");
  host.virsh("destroy", "ordered");
  host.virsh("start", "ordered");
  await nextRun();
  expect(await stack.pendingOf("ordered")).toEqual([]);
  host.virsh("destroy", "ordered");
});
