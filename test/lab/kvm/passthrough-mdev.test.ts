/** Mediated devices, of the kernel's sample driver: made, given to guests, made again, removed (issue 11). */

import type { Values } from "../../../provider/lifecycle/lifecycle";
import { cutAfter } from "../../support/cut";
import { claimedDeviceProgram, expectTakenTwice } from "../../support/claimed-device-program";
import { claimedDevice, guestWith } from "../../support/guest-with-devices";
import { nextRun } from "../../support/hosts";
import { startLabHost } from "../../support/lab-host";
import { Program } from "../../support/program";
import { settled } from "../../support/settled";
import { disconnect, Stack } from "../../support/stack";
import type { TestHost } from "../../support/test-host";
import { WatchedGuest } from "../../support/watched-guest";

let host: TestHost;
const stack = new Stack("mdev");
const other = new Stack("other");
const serial = "4348:3253";
const parent = "mtty_mtty";

beforeAll(async () => {
  host = startLabHost("kvm");
  host.installGuestImage();
  host.enter("sh", "-c", "modprobe mtty && udevadm settle");
  for (const each of [stack, other]) await each.up("host", "host", { uri: host.uri });
}, 900_000);
afterAll(async () => {
  await disconnect();
  host.enter("rmmod", "mtty");
  host.stop();
});

const claim = (type = "mtty-2", more: Values = {}): Values => ({
  host: stack.host(),
  mdev: { type, parent, ...more },
});
const secrets = (): string => host.virsh("secret-list").trim();
/** All that there is, and all that is only defined. */
const mediated = (): string[] => host.virsh("nodedev-list", "--cap", "mdev", "--all").split("\n").filter(Boolean);
const info = (name: string): string => host.virsh("nodedev-info", nodeNameOf(name)).replaceAll(/ +/g, " ");
const uuidOf = (name: string): string => String(stack.get(name).inputs.uuid);
const nodeNameOf = (name: string): string => `mdev_${uuidOf(name).replaceAll("-", "_")}_mtty`;
const device = (name: string): Values => claimedDevice(stack, name);
const guestOf = (name: string, passthrough: Values, more: Values = {}): Values =>
  guestWith(host, stack, name, passthrough, { forceOff: true, shutdownTimeoutSeconds: 5, ...more });

it("lists what they can be made of", () => {
  const devices = stack.get("host").facts.devices as { kind: string }[];
  expect(devices.filter(({ kind }) => kind === "mdev")).toEqual([
    {
      kind: "mdev",
      address: parent,
      description: expect.any(String) as string,
      mdevTypes: [
        { id: "mtty-1", name: "Single port serial", available: 24 },
        { id: "mtty-2", name: "Dual port serial", available: 12 },
      ],
    },
  ]);
});

it.each<readonly [string, Values, RegExp]>([
  [
    "parent",
    { type: "mtty-2", parent: "0000:01:00.0" },
    /^mdev: no mediated device can be made of 0000:01:00\.0\. There is: mtty_mtty \(mtty-1 Single port serial, 24 left; mtty-2 /,
  ],
  ["type", { type: "mtty-9", parent }, /^mdev\.type: mtty_mtty has no type "mtty-9"\. There is: mtty-1 /],
])("refuses in the preview what there is not, and says what there is: %s", async (_, mdev, says) => {
  await expect(stack.check("passthroughDevice", "none", { host: stack.host(), mdev })).rejects.toThrow(says);
});

describe("a mediated device", () => {
  it("is made under the UUID of its claim, is made again where it is gone, and goes with the claim", async () => {
    expect(await stack.up("passthroughDevice", "one", claim())).toBe("created");
    expect(stack.get("one").facts).toMatchObject({ address: uuidOf("one"), description: "mtty-2 of mtty_mtty" });
    expect(mediated()).toEqual([nodeNameOf("one")]);
    expect(info("one")).toMatch(/Active: yes\nPersistent: no/);
    await settled(stack, "one");
    // As a start of the host does.
    host.virsh("nodedev-destroy", nodeNameOf("one"));
    await nextRun();
    expect((await stack.check("passthroughDevice", "one", claim())).drift).toEqual({
      mdev: expect.stringMatching(/^not there on the host/) as string,
    });
    expect(await stack.up("passthroughDevice", "one", claim())).toBe("updated");
    expect(mediated()).toEqual([nodeNameOf("one")]);
    await settled(stack, "one");
    await stack.destroy("one");
    expect([mediated(), secrets()]).toEqual([[], ""]);
  });

  it("lasts where it is to, and no longer where it is not", async () => {
    await stack.up("passthroughDevice", "one", claim("mtty-1", { persistent: true }));
    expect(info("one")).toMatch(/Active: yes\nPersistent: yes\nAutostart: yes/);
    await settled(stack, "one");
    // mdevctl makes what is defined when what it is made of comes; Debian 13's rule of udev looks for it where it is not.
    host.enter("sh", "-c", "[ -e /usr/sbin/mdevctl ] || ln -s ../bin/mdevctl /usr/sbin/mdevctl");
    host.enter("sh", "-c", "rmmod mtty && modprobe mtty && udevadm settle");
    await nextRun();
    await settled(stack, "one");
    host.virsh("nodedev-autostart", nodeNameOf("one"), "--disable");
    await nextRun();
    expect(await stack.up("passthroughDevice", "one", claim("mtty-1", { persistent: true }))).toBe("updated");
    expect(info("one")).toMatch(/Autostart: yes/);
    expect(await stack.up("passthroughDevice", "one", claim("mtty-1"))).toBe("updated");
    expect(info("one")).toMatch(/Active: yes\nPersistent: no/);
    expect(await stack.up("passthroughDevice", "one", claim("mtty-1", { persistent: true }))).toBe("updated");
    // Another type is another device.
    expect(await stack.up("passthroughDevice", "one", claim("mtty-2", { persistent: true }))).toBe("updated");
    expect(host.virsh("nodedev-dumpxml", nodeNameOf("one"))).toMatch(/mtty-2/);
    expect(info("one")).toMatch(/Active: yes\nPersistent: yes\nAutostart: yes/);
    await settled(stack, "one");
    await stack.destroy("one");
    expect([mediated(), secrets()]).toEqual([[], ""]);
  });

  it("is neither left over nor made twice, wherever it is killed", async () => {
    // What does not last is made by one command of these three.
    const wanted = claim("mtty-2", { persistent: true });
    const andThenAsIfNothing = async (): Promise<void> => {
      await nextRun();
      if (!stack.kept.has("one")) await stack.up("passthroughDevice", "one", wanted);
      expect(mediated()).toEqual([nodeNameOf("one")]);
      await stack.destroy("one");
      expect([mediated(), secrets()]).toEqual([[], ""]);
      await nextRun();
    };
    let cuts = 0;
    for (let commands = 0, wasCut = true; wasCut; commands += 1) {
      wasCut = await cutAfter(host.uri, commands, () => stack.up("passthroughDevice", "one", wanted));
      if (wasCut) [cuts] = [cuts + 1, stack.kept.delete("one")];
      await andThenAsIfNothing();
    }
    for (let commands = 0, wasCut = true; wasCut; commands += 1) {
      await stack.up("passthroughDevice", "one", wanted);
      const kept = stack.get("one");
      wasCut = await cutAfter(host.uri, commands, () => stack.destroy("one"));
      if (!wasCut) break;
      cuts += 1;
      stack.kept.set("one", kept);
      await nextRun();
      await stack.destroy("one");
      expect([mediated(), secrets()]).toEqual([[], ""]);
    }
    expect(cuts).toBeGreaterThanOrEqual(8);
  });
});

describe("a guest", () => {
  let guest: WatchedGuest;

  it("boots with one, which stays as long as the guest has it", async () => {
    guest = new WatchedGuest(host, "web");
    for (const name of ["one", "two"]) await stack.up("passthroughDevice", name, claim());
    const passthrough = { one: { device: device("one") } };
    const theirs = { ...guestOf("theirs", passthrough), host: other.host(), running: false };
    await expect(other.check("guest", "theirs", theirs)).rejects.toThrow(/is claimed by another stack/);
    expect(await stack.up("guest", "web", guestOf("web", passthrough))).toBe("created");
    await guest.has(1, serial);
    for (const name of ["one", "two", "web"]) await settled(stack, name);
    expect(stack.get("web").facts.migrationBlockers).toEqual([expect.stringMatching(/^passthrough\.one: .*mediated/)]);
    expect(() => host.virsh("managedsave", "web")).toThrow(/Failed to save domain 'web' state/);
    await nextRun();
    await expect(stack.destroy("one")).rejects.toThrow(/Unable to remove the mediated device .*guest web has it/);
    const preview = stack.preview("passthroughDevice", "one", claim("mtty-1"));
    expect((await preview).report.warnings).toEqual([expect.stringMatching(/^mdev: .*guest web runs with it/)]);
    await expect(stack.up("passthroughDevice", "one", claim("mtty-1"))).rejects.toThrow(/guest web runs with it/);
    await stack.up("passthroughDevice", "one", claim());
  });

  it("gets another one while it runs, loses it, and nobody else gets it", async () => {
    const both = guestOf("web", { one: { device: device("one") }, two: { device: device("two") } });
    const run = guest.run;
    expect((await stack.check("guest", "web", both)).impact).toEqual({
      "passthrough.two": expect.stringMatching(/^live: /) as string,
    });
    expect(await stack.up("guest", "web", both)).toBe("updated");
    await guest.has(2, serial);
    await settled(stack, "web");
    await nextRun();
    const thief = guestOf("thief", { two: { device: device("two") } }, { running: false });
    await expect(stack.up("guest", "thief", thief)).rejects.toThrow(/belongs to guest web/);
    expect(await stack.up("guest", "web", guestOf("web", { one: { device: device("one") } }))).toBe("updated");
    await guest.has(1, serial);
    expect(guest.run).toEqual(run);
    await settled(stack, "web");
  });

  it("is gone with everything", async () => {
    await stack.destroy("web");
    for (const name of ["one", "two"]) await stack.destroy(name);
    expect([mediated(), secrets()]).toEqual([[], ""]);
  });
});

it("a program, by the real engine: the device is made before the guest, and removed after it", () => {
  const source = (guests?: readonly string[]): string =>
    claimedDeviceProgram(host, { mdev: { type: "mtty-2", parent } }, guests);
  const program = new Program(source());
  try {
    program.must("preview");
    program.up();
    expect(mediated()).toHaveLength(1);
    expect(host.virsh("dumpxml", "web")).toMatch(/<hostdev[^]*type='mdev'/);
    program.mustBeSettled();
    expectTakenTwice(program, source(["web", "second"]));
    program.destroy();
    expect([mediated(), secrets()]).toEqual([[], ""]);
  } finally {
    program.remove();
  }
});
