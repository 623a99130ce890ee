/** Devices of the host in guests, on the emulated machine with an IOMMU: given, taken away, given back (issue 11). */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Values } from "../../../provider/lifecycle/lifecycle";
import { expectTakenTwice } from "../../support/claimed-device-program";
import { claimedDevice, driverOn, guestWith } from "../../support/guest-with-devices";
import { nextRun } from "../../support/hosts";
import { startLabHost } from "../../support/lab-host";
import { Program } from "../../support/program";
import { settled } from "../../support/settled";
import { disconnect, Stack } from "../../support/stack";
import type { TestHost } from "../../support/test-host";
import { WatchedGuest } from "../../support/watched-guest";

let host: TestHost;
const stack = new Stack("passthrough");
beforeAll(async () => {
  host = startLabHost("kvm");
  host.installGuestImage();
  // Up, it hears of a router, and is the host's own way out.
  host.enter("ip", "link", "set", "enp3s0", "down");
  await stack.up("host", "host", { uri: host.uri });
}, 900_000);
afterAll(async () => {
  await disconnect();
  host.stop();
});

const driverOf = (address: string): string => driverOn(host, address);
const claim = (pci: Values): Values => ({ host: stack.host(), pci });
const secrets = (): string => host.virsh("secret-list").trim();
const device = (name: string): Values => claimedDevice(stack, name);
const guestOf = (name: string, passthrough: Values, more: Values = {}): Values =>
  guestWith(host, stack, name, passthrough, more);

describe("a guest", () => {
  let guest: WatchedGuest;
  const card = "8086:10d3";

  it("boots with a card, which the host has back when the guest is off", async () => {
    guest = new WatchedGuest(host, "web");
    await stack.up("passthroughDevice", "card", claim({ vendor: "8086", product: "10d3", index: 0 }));
    const alone = guestOf("web", { card: { device: device("card") } });
    expect(await stack.up("guest", "web", alone)).toBe("created");
    expect(driverOf("0000:01:00.0")).toBe("vfio-pci");
    await guest.has(1, card);
    for (const name of ["card", "web"]) await settled(stack, name);
    expect(stack.get("web").facts.migrationBlockers).toEqual([
      "passthrough.card: 0000:01:00.0 is driven by vfio-pci, which hands no device over.",
    ]);
    expect(() => host.virsh("managedsave", "web")).toThrow(/VFIO migration is not supported in kernel/);
    await expect(stack.destroy("card")).rejects.toThrow(
      /Unable to give 0000:01:00\.0 back .*guest web has 0000:01:00\.0/,
    );
  });

  it("gets a second one while it runs, loses it, and gets it again; another guest is refused", async () => {
    await stack.up("passthroughDevice", "second", claim({ address: "02:00.0" }));
    const both = guestOf("web", { card: { device: device("card") }, second: { device: device("second") } });
    const run = guest.run;
    expect((await stack.check("guest", "web", both)).impact).toEqual({
      "passthrough.second": expect.stringMatching(/^live: /) as string,
    });
    expect(await stack.up("guest", "web", both)).toBe("updated");
    await guest.has(2, card);
    await settled(stack, "web");
    const thief = guestOf("thief", { card: { device: device("second") } }, { running: false });
    await nextRun();
    const { failures, warnings } = (await stack.preview("guest", "thief", thief)).report;
    expect([...(failures ?? []), ...(warnings ?? [])].join()).toMatch(/0000:02:00\.0 belongs to guest web/);
    await expect(stack.up("guest", "thief", thief)).rejects.toThrow(/0000:02:00\.0 belongs to guest web/);
    expect(await stack.up("guest", "web", guestOf("web", { card: { device: device("card") } }))).toBe("updated");
    await guest.has(1, card);
    expect(driverOf("0000:02:00.0")).toBe("e1000e");
    expect(guest.run).toEqual(run);
    await settled(stack, "web");
  });

  it("gets a virtual function of an NVMe disk and a disk beside, and what it has keeps its place", async () => {
    const divide = (count: number): void =>
      void host.enter("sh", "-c", `echo ${count} >/sys/bus/pci/devices/0000:04:00.0/sriov_numvfs; udevadm settle`);
    divide(1);
    await nextRun();
    await stack.up("passthroughDevice", "nvme", claim({ physicalFunction: "0000:04:00.0", virtualFunction: 0 }));
    host.enter("sh", "-c", `truncate -s 16M ${host.data}/data.img; chmod 666 ${host.data}/data.img`);
    const disks = { data: { path: `${host.data}/data.img` } };
    const before = WatchedGuest.addresses(guest.live());
    const run = guest.run;
    const one = { device: device("card") };
    const more = guestOf("web", { card: one, nvme: { device: device("nvme") } }, { disks });
    expect((await stack.check("guest", "web", more)).impact).toEqual({
      "disks.data": expect.stringMatching(/^live: /) as string,
      "passthrough.nvme": expect.stringMatching(/^live: /) as string,
    });
    expect(await stack.up("guest", "web", more)).toBe("updated");
    await guest.has(1, "1b36:0010");
    await guest.sees(/vda=16MiB/);
    expect(WatchedGuest.addresses(guest.live())).toMatchObject(before);
    expect(WatchedGuest.addresses(guest.definition())).toEqual(WatchedGuest.addresses(guest.live()));
    await settled(stack, "web");
    expect(await stack.up("guest", "web", guestOf("web", { card: one }))).toBe("updated");
    await guest.has(0, "1b36:0010");
    expect(WatchedGuest.addresses(guest.live())).toEqual(before);
    expect(guest.run).toEqual(run);
    await stack.destroy("nvme");
    divide(0);
    await nextRun();
  });

  it("has two on one slot from its next start on, and does not know what it runs on", async () => {
    const romFile = "/usr/share/qemu/pxe-e1000e.rom";
    const pair = { card: { device: device("card") }, second: { device: device("second"), onSlotOf: "card", romFile } };
    const waits = guestOf("web", pair, { hideHypervisor: true });
    expect((await stack.check("guest", "web", waits)).impact).toEqual({
      hideHypervisor: expect.stringMatching(/^nextStart: /) as string,
      "passthrough.second": expect.stringMatching(/^nextStart: /) as string,
      "passthrough.second.onSlotOf": expect.stringMatching(/^nextStart: /) as string,
    });
    expect(await stack.up("guest", "web", waits)).toBe("updated");
    expect(driverOf("0000:02:00.0")).toBe("e1000e");
    await settled(stack, "web");
    await stack.up("guest", "web", { ...waits, restart: "ifNeeded", restartTrigger: "together" });
    await guest.has(2, card);
    const places = [...host.virsh("dumpxml", "web").matchAll(/<address type='pci'[^>]*(?=\/>\s*<\/hostdev>)/g)].map(
      ([address]) => address.replace(/function='0x.'/, ""),
    );
    expect(places).toHaveLength(2);
    expect(places[1]).toBe(places[0]?.replace(" multifunction='on'", ""));
    expect(host.enter("sh", "-c", "tr '\\0' ' ' </proc/$(cat /run/libvirt/qemu/web.pid)/cmdline")).toMatch(
      /kvm=off[^]*pxe-e1000e\.rom/,
    );
    await settled(stack, "web");
    // One that goes does so with a start, too; the other one keeps its place.
    const less = guestOf("web", { card: pair.card }, { restart: "ifNeeded", restartTrigger: "together" });
    expect(await stack.up("guest", "web", less)).toBe("updated");
    await guest.has(1, card);
    expect(driverOf("0000:02:00.0")).toBe("e1000e");
    await settled(stack, "web");
  });

  it("keeps its card where the program finds it in another way", async () => {
    expect(await stack.up("passthroughDevice", "card", claim({ address: "01:00.0" }))).toBe("updated");
    expect(stack.get("card").facts.address).toBe("0000:01:00.0");
    for (const name of ["card", "web"]) await settled(stack, name);
  });

  it.each<readonly [string, string, RegExp]>([
    ["that the host needs", "0000:00:02.0", /passthrough\.it\.device: 0000:00:02\.0 is needed by the host itself/],
    ["of a group", "0000:05:01.0", /passthrough\.it\.device: it shares IOMMU group/],
    ["that is a bridge", "0000:00:10.0", /passthrough\.it\.device: 0000:00:10\.0 is a bridge/],
    ["that is not there", "0000:77:00.0", /the host has no PCI device 0000:77:00\.0/],
  ])("is refused one without a claim %s", async (_, address, says) => {
    const args = guestOf("bare", { it: { device: { host: stack.host(), address } } });
    await expect(stack.check("guest", "bare", args)).rejects.toThrow(says);
  });

  it("is gone with everything, and each device has its driver", async () => {
    await stack.destroy("web");
    for (const name of ["second", "card"]) await stack.destroy(name);
    expect(["0000:01:00.0", "0000:02:00.0"].map(driverOf)).toEqual(["e1000e", "e1000e"]);
    expect(secrets()).toBe("");
  });
});

it("runs examples/gpu-and-vf", async () => {
  const folder = join(__dirname, "../../../examples/gpu-and-vf");
  const files = Object.fromEntries(readdirSync(folder).map((file) => [file, readFileSync(join(folder, file), "utf8")]));
  // Three guests boot slowly here, and hear nothing until they have.
  files["index.ts"] =
    files["index.ts"]?.replaceAll("  boot,\n", "  boot, forceOff: true, shutdownTimeoutSeconds: 1,\n") ?? "";
  const program = new Program("", { name: "gpu-and-vf", files });
  try {
    for (const need of ["typescript", "@types/node"])
      program.link(need, join(__dirname, "../../../node_modules", need));
    const config = { uri: host.uri, folder: host.data, gpu: "0000:05:01.0", sound: "0000:05:02.0", card: "enp3s0" };
    for (const [key, value] of Object.entries({ ...config, memoryMiB: "256" }))
      program.must("config", "set", key, value);
    program.must("preview");
    program.up();
    program.mustBeSettled();
    expect(host.virsh("list", "--name").split("\n").filter(Boolean).sort()).toEqual(["desk", "router", "web"]);
    expect(host.virsh("dumpxml", "desk")).toMatch(/multifunction='on'\/>[^]*function='0x1'\/>\s*<\/hostdev>/);
    program.destroy();
    expect(["0000:05:01.0", "0000:05:02.0", "0000:03:00.0"].map(driverOf)).toEqual(["e1000", "e1000", "igb"]);
    expect(secrets()).toBe("");
  } finally {
    program.remove();
    host.enter("ip", "link", "set", "enp3s0", "down");
  }
});

describe("a program, by the real engine", () => {
  const source = (guests: string, more = ""): string => `
    const virt = require("pulumi-virt");
    const host = new virt.Host("host", { uri: ${JSON.stringify(host.uri)} });
    const card = new virt.PassthroughDevice("card", { host, pci: { vendor: "8086", product: "10d3", index: 1 }${more} });
    const given = { host, vcpus: 1, memoryMiB: 64, running: false, passthrough: { card: { device: card } } };
    ${guests}
    exports.address = card.address;
    exports.devices = host.devices;`;
  let program: Program;
  beforeAll(() => (program = new Program(source('new virt.Guest("web", given);'))));
  afterAll(() => program.remove());

  it("claims it and gives it to a guest, whose preview does not know its address yet", () => {
    program.must("preview");
    program.up();
    expect(host.virsh("dumpxml", "web")).toMatch(/<hostdev[^]*bus='0x02'/);
    program.mustBeSettled();
  });

  it("refuses in the preview that a second guest has it, and a device that is not there", () => {
    const both = source('for (const name of ["web", "second"]) new virt.Guest(name, given);');
    expectTakenTwice(program, both, "the device 0000:02:00\\.0");
    program.write("index.js", source("").replace("index: 1", "index: 7"));
    const none = program.pulumi("preview");
    expect([none.code === 0, none.text]).toEqual([false, expect.stringContaining("none of index 7")]);
  });

  it("has nothing to do while the guest runs with it", () => {
    const running = "{ ...given, running: true, forceOff: true, shutdownTimeoutSeconds: 1 }";
    program.write("index.js", source(`new virt.Guest("web", ${running});`));
    program.up();
    expect(driverOf("0000:02:00.0")).toBe("vfio-pci");
    program.mustBeSettled();
  });

  it("gives it up after the guest", () => {
    const off = "{ ...given, forceOff: true, shutdownTimeoutSeconds: 1 }";
    program.write("index.js", source(`new virt.Guest("web", ${off});`, ", wholeGroup: true"));
    program.up();
    program.mustBeSettled();
    program.destroy();
    expect(secrets()).toBe("");
    expect(driverOf("0000:02:00.0")).toBe("e1000e");
  });
});
