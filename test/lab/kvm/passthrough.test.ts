/** Devices of the host for guests, on the emulated machine with an IOMMU: found, claimed, given back (issue 11). */

import type { Values } from "../../../provider/lifecycle/lifecycle";
import { cutAfter } from "../../support/cut";
import { claimedDevice, driverOn, guestWith } from "../../support/guest-with-devices";
import { nextRun } from "../../support/hosts";
import { putIn } from "../../support/lab-hardware";
import { type LabHost, startLabHost } from "../../support/lab-host";
import { settled } from "../../support/settled";
import { disconnect, Stack } from "../../support/stack";
import { until } from "../../support/until";

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

const driverOf = (address: string): string => driverOn(host, address);
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
