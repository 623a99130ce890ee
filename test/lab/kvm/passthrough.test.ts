/** Devices of the host for guests, on the emulated machine with an IOMMU: found, claimed, given, taken back (issue 11). */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Values } from "../../../provider/lifecycle/lifecycle";
import { cutAfter } from "../../support/cut";
import { expectTakenTwice } from "../../support/claimed-device-program";
import { claimedDevice, guestWith } from "../../support/guest-with-devices";
import { nextRun } from "../../support/hosts";
import { putIn } from "../../support/lab-hardware";
import { type LabHost, startLabHost } from "../../support/lab-host";
import { Program } from "../../support/program";
import { settled } from "../../support/settled";
import { disconnect, Stack } from "../../support/stack";
import { until } from "../../support/until";
import { WatchedGuest } from "../../support/watched-guest";

let host: LabHost;
const stack = new Stack("passthrough");
const other = new Stack("other");
/** Brings back what was pulled out. */
const rescan = (): void => void host.enter("sh", "-c", "echo 1 >/sys/bus/pci/rescan");
// What a row that failed left behind is not the next one's trouble.
afterEach(async () => {
  rescan();
  for (const name of ["found", "old"].filter((each) => stack.kept.has(each))) await stack.destroy(name);
});
beforeAll(async () => {
  host = startLabHost("kvm");
  host.installGuestImage();
  rescan();
  // Up, it hears of a router, and is the host's own way out.
  host.enter("ip", "link", "set", "enp3s0", "down");
  for (const each of [stack, other]) await each.up("host", "host", { uri: host.uri });
}, 900_000);
afterAll(async () => {
  await disconnect();
  host.stop();
});

const driverOf = (address: string): string =>
  host.enter("sh", "-c", `basename "$(readlink /sys/bus/pci/devices/${address}/driver)"`).trim();
const claim = (pci: Values, more: Values = {}): Values => ({ host: stack.host(), pci, ...more });
const secrets = (): string => host.virsh("secret-list").trim();
const device = (name: string): Values => claimedDevice(stack, name);
const guestOf = (name: string, passthrough: Values, more: Values = {}): Values =>
  guestWith(host, stack, name, passthrough, more);

it("lists what could be passed on", () => {
  const devices = stack.get("host").facts.devices as { address: string }[];
  const by = Object.fromEntries(devices.map((each) => [each.address, each]));
  expect(by["0000:01:00.0"]).toMatchObject({
    description: expect.stringMatching(/^Ethernet controller: .*\(8086:10d3\)$/) as string,
    driver: "e1000e",
    iommuGroup: expect.any(Number) as number,
    interfaces: [expect.stringMatching(/^e/)],
  });
  expect(by["0000:03:00.0"]).toMatchObject({ driver: "igb", virtualFunctions: { most: 7, addresses: [] } });
  expect(by["0000:04:00.0"]).toMatchObject({ driver: "nvme" });
});

describe("finding", () => {
  const claimed = async (pci: Values): Promise<unknown> => {
    await stack.up("passthroughDevice", "found", claim(pci));
    await settled(stack, "found");
    const { address } = stack.get("found").facts;
    await stack.destroy("found");
    return address;
  };

  it("by address, with or without its domain; by vendor and product; by interface", async () => {
    expect(await claimed({ address: "0000:02:00.0" })).toBe("0000:02:00.0");
    expect(await claimed({ address: "02:00.0" })).toBe("0000:02:00.0");
    expect(await claimed({ vendor: "8086", product: "10d3", index: 1 })).toBe("0000:02:00.0");
    expect(await claimed({ interface: "enp3s0" })).toBe("0000:03:00.0");
    expect(secrets()).toBe("");
  });

  it.each<readonly [string, Values, RegExp]>([
    [
      "none",
      { vendor: "10de", product: "2684" },
      /^pci: the host has no PCI device 10de:2684\. There is: .*0000:01:00\.0 /,
    ],
    [
      "several",
      { vendor: "8086", product: "10d3" },
      /the host has 2 devices 8086:10d3: 0000:01:00\.0, 0000:02:00\.0\. Say which/,
    ],
    ["too few", { vendor: "8086", product: "10d3", index: 2 }, /none of index 2/],
    ["no interface", { interface: "eth9" }, /no network interface "eth9"; those of PCI devices are: .*enp3s0/],
    ["a bridge", { address: "00:10.0" }, /0000:00:10\.0 is a bridge/],
    [
      "one of a group",
      { address: "05:01.0" },
      /shares IOMMU group \d+ with other devices.*0000:05:02\.0 .*wholeGroup: true/,
    ],
    ["the host's disk", { address: "00:02.0" }, /needed by the host itself: the host's own \/ is on it \(vda\)/],
    ["the way to it", { address: "00:03.0" }, /needed by the host itself: this connection comes in through it/],
  ])("refuses in the preview, with what there is: %s", async (_, pci, says) => {
    await expect(stack.check("passthroughDevice", "found", claim(pci))).rejects.toThrow(says);
  });
});

describe("claiming", () => {
  it("holds against another stack, and lets nothing be taken that a guest has", async () => {
    await stack.up("passthroughDevice", "card", claim({ address: "01:00.0" }));
    const theirs = { host: other.host(), pci: { address: "01:00.0" } };
    await expect(other.check("passthroughDevice", "card", theirs)).rejects.toThrow(/another stack/);
    await expect(other.up("passthroughDevice", "card", theirs)).rejects.toThrow(/claimed by another stack/);
    const guest = {
      ...guestOf("theirs", { card: { device: { host: other.host(), address: "0000:01:00.0" } } }),
      host: other.host(),
      running: false,
    };
    await expect(other.check("guest", "theirs", guest)).rejects.toThrow(/0000:01:00\.0 is claimed by another stack/);
    await stack.destroy("card");
    expect(secrets()).toBe("");
  });

  it("is refused where a person's guest has the device, by that guest's name", async () => {
    host.write(
      `${host.data}/person.xml`,
      `<domain type="kvm"><name>person</name><memory unit="MiB">64</memory><os><type>hvm</type></os><devices><hostdev mode="subsystem" type="pci" managed="yes"><source><address domain="0" bus="2" slot="0" function="0"/></source></hostdev></devices></domain>`,
    );
    host.enter("virsh", "define", `${host.data}/person.xml`);
    await nextRun();
    await expect(stack.check("passthroughDevice", "card", claim({ address: "02:00.0" }))).rejects.toThrow(
      /0000:02:00\.0 belongs to guest person already/,
    );
    host.virsh("undefine", "person");
    await nextRun();
  });

  it("follows a device that has another address, and says so where it was pulled out", async () => {
    const slot = "/sys/bus/pci/devices/0000:01:00.0";
    const first = claim({ vendor: "8086", product: "10d3", index: 0 });
    await stack.up("passthroughDevice", "found", first);
    host.enter("sh", "-c", `echo 1 >${slot}/remove`);
    await nextRun();
    expect((await stack.check("passthroughDevice", "found", first)).drift).toEqual({
      pci: expect.stringMatching(/^0000:01:00\.0 on the host/) as string,
    });
    expect(await stack.up("passthroughDevice", "found", first)).toBe("updated");
    expect(stack.get("found").facts.address).toBe("0000:02:00.0");
    expect(secrets()).toMatch(/pci\/0000:02:00\.0$/);
    await settled(stack, "found");
    rescan();
    await nextRun();
    expect(await stack.up("passthroughDevice", "found", first)).toBe("updated");
    expect(stack.get("found").facts.address).toBe("0000:01:00.0");
    await stack.destroy("found");
    const byAddress = claim({ address: "01:00.0" });
    await stack.up("passthroughDevice", "found", byAddress);
    host.enter("sh", "-c", `echo 1 >${slot}/remove`);
    await nextRun();
    const { report } = await stack.preview("passthroughDevice", "found", byAddress);
    expect(report.warnings).toEqual([expect.stringMatching(/the host has no PCI device 0000:01:00\.0/)]);
    rescan();
    await nextRun();
    await settled(stack, "found");
  });

  it("follows cards that changed their slots, and so do the guests that have them", async () => {
    const divisible = { driver: "igb", id: "nic3", netdev: "card3", mac: "52:54:00:00:03:01" };
    const plain = { driver: "e1000e", id: "nic2", netdev: "card2", mac: "52:54:00:00:02:01" };
    const swap = async (one: string, other: string): Promise<void> => {
      await putIn(host.monitor, [
        { ...divisible, bus: one },
        { ...plain, bus: other },
      ]);
      // udev names them last.
      const place = `/sys/bus/pci/devices/0000:0${one.at(-1)}:00.0/driver`;
      const seen = `readlink ${place} || true; ls /sys/class/net`;
      await until(() => /\/igb\n[^]*enp2s0\n[^]*enp3s0\n/.test(host.enter("sh", "-c", seen)));
      host.enter("sh", "-c", "udevadm settle; ip link set enp3s0 down");
      await nextRun();
    };
    const cards = { found: { vendor: "8086", product: "10c9" }, old: { vendor: "8086", product: "10d3", index: 1 } };
    const names = ["found", "old"] as const;
    const guest = (name: string): Values =>
      guestOf(`has-${name}`, { card: { device: device(name) } }, { running: false });
    // Each is where the other one was: neither's claim, nor its guest, is in the other's way for good.
    const follow = async (places: Record<(typeof names)[number], string>): Promise<void> => {
      for (const name of names) {
        expect((await stack.check("passthroughDevice", name, claim(cards[name]))).drift).toBeDefined();
        expect(await stack.up("passthroughDevice", name, claim(cards[name]))).toBe("updated");
        expect(stack.get(name).facts.address).toBe(places[name]);
        await nextRun();
      }
      expect(
        secrets()
          .match(/pci\/\S+/g)
          ?.sort(),
      ).toEqual(
        Object.values(places)
          .map((place) => `pci/${place}`)
          .sort(),
      );
      for (const name of names) {
        expect(await stack.up("guest", `has-${name}`, guest(name))).toBe("updated");
        const bus = `<address domain='0x0000' bus='0x${places[name].slice(5, 7)}'`;
        expect(host.virsh("dumpxml", `has-${name}`)).toMatch(bus);
        await nextRun();
      }
      for (const name of [...names, ...names.map((each) => `has-${each}`)]) await settled(stack, name);
      const port = claim({ interface: `enp${places.found.charAt(6)}s0` });
      const { report } = await stack.preview("passthroughDevice", "by-name", port);
      expect(report.warnings).toEqual([expect.stringContaining(`${places.found} is claimed by another resource`)]);
    };
    for (const name of names) {
      await stack.up("passthroughDevice", name, claim(cards[name]));
      await stack.up("guest", `has-${name}`, guest(name));
    }
    await swap("port2", "port3");
    await follow({ found: "0000:02:00.0", old: "0000:03:00.0" });
    await swap("port3", "port2");
    await follow({ found: "0000:03:00.0", old: "0000:02:00.0" });
    for (const name of names) await stack.destroy(`has-${name}`);
  });

  const group = ["0000:05:01.0", "0000:05:02.0"];
  const whole = (more: Values = {}): Values => claim({ address: "05:01.0" }, { wholeGroup: true, ...more });
  /** What a killed process left is taken up by the next one, and ends as if nothing had happened. */
  const andThenAsIfNothing = async (): Promise<void> => {
    await nextRun();
    if (!stack.kept.has("old")) await stack.up("passthroughDevice", "old", whole());
    await stack.destroy("old");
    expect(group.map(driverOf)).toEqual(["e1000", "e1000"]);
    expect(secrets()).toBe("");
    await nextRun();
  };

  it("binds the whole group, and gives it back", async () => {
    expect(group.map(driverOf)).toEqual(["e1000", "e1000"]);
    await stack.up("passthroughDevice", "old", whole());
    expect(group.map(driverOf)).toEqual(["e1000", "vfio-pci"]);
    await settled(stack, "old");
    // Somebody gives it back to the host: that is drift, and mended.
    host.virsh("nodedev-reattach", "pci_0000_05_02_0");
    await nextRun();
    expect((await stack.check("passthroughDevice", "old", whole())).drift).toEqual({
      wholeGroup: expect.any(String) as string,
    });
    expect(await stack.up("passthroughDevice", "old", whole())).toBe("updated");
    expect(driverOf("0000:05:02.0")).toBe("vfio-pci");
    await settled(stack, "old");
    await andThenAsIfNothing();
  });

  it("is not given back under a running guest, and what is forced is told", async () => {
    await stack.up("passthroughDevice", "old", whole());
    // What was claimed with it can be given with it.
    const beside = { device: { host: stack.host(), address: "0000:05:02.0" } };
    await stack.check("guest", "pair", guestOf("pair", { card: { device: device("old") }, beside }));
    const guest = guestOf("old", { card: { device: device("old") } });
    await stack.up("guest", "old-guest", guest);
    await nextRun();
    await expect(stack.up("passthroughDevice", "old", whole({ wholeGroup: false }))).rejects.toThrow(
      /shares IOMMU group/,
    );
    expect(driverOf("0000:05:02.0")).toBe("vfio-pci");
    await stack.destroy("old-guest");
    // Nor where it runs with a companion alone, for which the host has to be without the other.
    await nextRun();
    const alone = guestOf("old", { beside });
    await expect(stack.check("guest", "old-guest", alone)).rejects.toThrow(
      /passthrough\.beside\.device: 0000:05:02\.0 shares IOMMU group \d+ .*0000:05:01\.0 .*driver e1000\. Give/,
    );
    host.virsh("nodedev-detach", "pci_0000_05_01_0");
    await nextRun();
    await stack.up("guest", "old-guest", alone);
    await nextRun();
    await expect(stack.destroy("old")).rejects.toThrow(
      /Unable to give 0000:05:01\.0, 0000:05:02\.0 back .*guest old has 0000:05:02\.0/,
    );
    expect(driverOf("0000:05:02.0")).toBe("vfio-pci");
    await stack.destroy("old-guest");
    // libvirt has given it back, as it does with what a guest had; the next up binds it again.
    host.virsh("nodedev-reattach", "pci_0000_05_01_0");
    await nextRun();
    await andThenAsIfNothing();
    const forced = claim({ address: "00:02.0" }, { force: true });
    const { report } = await stack.preview("passthroughDevice", "found", forced);
    expect(report.warnings).toEqual([expect.stringMatching(/0000:00:02\.0 is needed by the host itself.*\(vda\)\.$/)]);
  });

  it("may be claimed device by device, each with the whole group, as a graphics card and its sound are", async () => {
    await stack.up("passthroughDevice", "old", whole());
    const second = { ...whole(), pci: { address: "05:02.0" } };
    await stack.up("passthroughDevice", "found", second);
    for (const name of ["old", "found"]) await settled(stack, name);
    await nextRun();
    const third = stack.preview("passthroughDevice", "third", { ...second });
    expect((await third).report.warnings).toEqual([expect.stringMatching(/claimed by another resource of this stack/)]);
    await stack.destroy("found");
    await andThenAsIfNothing();
  });

  it("leaves no device without its driver, wherever it is killed", async () => {
    let cuts = 0;
    for (let commands = 0, wasCut = true; wasCut; commands += 1) {
      wasCut = await cutAfter(host.uri, commands, () => stack.up("passthroughDevice", "old", whole()));
      if (wasCut) [cuts] = [cuts + 1, stack.kept.delete("old")];
      await andThenAsIfNothing();
    }
    for (let commands = 0, wasCut = true; wasCut; commands += 1) {
      await stack.up("passthroughDevice", "old", whole());
      const kept = stack.get("old");
      wasCut = await cutAfter(host.uri, commands, () => stack.destroy("old"));
      if (!wasCut) break;
      cuts += 1;
      stack.kept.set("old", kept);
      await andThenAsIfNothing();
    }
    expect(group.map(driverOf)).toEqual(["e1000", "e1000"]);
    expect(cuts).toBeGreaterThanOrEqual(4);
  });
});

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
