/** USB devices for guests: the emulated host's stick is found, claimed, given, plugged in again, taken back (issue 11). */

import { hostShell } from "../../../provider/libvirt/shell";
import type { Values } from "../../../provider/lifecycle/lifecycle";
import { claimedDeviceProgram, expectTakenTwice } from "../../support/claimed-device-program";
import { claimedDevice, guestWith } from "../../support/guest-with-devices";
import { hosts, nextRun } from "../../support/hosts";
import { type Card, exchange } from "../../support/lab-hardware";
import { type LabHost, startLabHost } from "../../support/lab-host";
import { Program } from "../../support/program";
import { settled } from "../../support/settled";
import { disconnect, Stack } from "../../support/stack";
import { until } from "../../support/until";
import { WatchedGuest } from "../../support/watched-guest";

let host: LabHost;
const stack = new Stack("usb");
const other = new Stack("other");
const model = { vendor: "46f4", product: "0001" };

const shell = (script: string): string => host.enter("sh", "-ec", script).trim();
/** Switches its port off and on: with another number on the bus it is back. */
const port = "/sys/bus/usb/devices/usb2/2-0:1.0/usb2-port1/disable";
const pull = (): void => void shell(`echo 1 >${port}; udevadm settle; ! [ -e /sys/bus/usb/devices/2-1 ]`);
const plug = (): void =>
  void shell(
    `echo 0 >${port}; n=0; until [ -e /sys/bus/usb/devices/2-1/2-1:1.0 ] || [ $n = 50 ]; do n=$((n+1)); sleep 0.2; done; udevadm settle`,
  );
/** As lsusb says it. */
const address = (): string => `46f4:0001@002:${shell("cat /sys/bus/usb/devices/2-1/devnum").padStart(3, "0")}`;
const disk = (): string => shell("ls /sys/bus/usb/devices/2-1/2-1:1.0/host*/target*/*/block 2>/dev/null || true");
const driver = (): string => shell('basename "$(readlink /sys/bus/usb/devices/2-1/2-1:1.0/driver)"');
/** QEMU takes its interfaces when the guest's kernel looks at it. */
const guestHasIt = (): Promise<void> => until(() => driver() === "usbfs");
/** The kernel looks at what it was given back for a moment, before there is a disk again. */
const hostHasIt = (): Promise<void> => until(() => driver() === "usb-storage" && /^sd/.test(disk()));
const secrets = (): string => host.virsh("secret-list").trim();

/** Debian's cloud kernel, which the tests' guest has, knows no USB: it gets the host's own, with the drivers. */
function giveGuestUsb(): void {
  shell(`
    cd ${host.data}; mkdir -p usb/lib/modules
    for module in xhci_pci usb_storage sd_mod evdev button; do modprobe --show-depends $module; done |
      sed -n 's/^insmod \\([^ ]*\\).*/\\1/p' | awk '!seen[$0]++' | while read -r path; do
        name=$(basename "$path" .xz)
        busybox xzcat "$path" >usb/lib/modules/$name
        echo /lib/modules/$name >>usb/lib/modules/order
      done
    (cd usb && find . | busybox cpio -o -H newc | gzip -1) >>initrd
    cp "/boot/vmlinuz-$(uname -r)" kernel; chmod 644 kernel`);
}

beforeAll(async () => {
  host = startLabHost("kvm");
  plug();
  host.installGuestImage();
  giveGuestUsb();
  for (const each of [stack, other]) await each.up("host", "host", { uri: host.uri });
}, 900_000);
afterAll(async () => {
  await disconnect();
  host.stop();
});

/** How often meanwhile the host lists its devices, and its shell is asked for their serial numbers. */
async function asked(action: () => Promise<unknown>): Promise<{ readonly looks: number; readonly listings: number }> {
  const virsh = hosts.connect(host.uri);
  const found = await hostShell(virsh);
  if ("absent" in found) throw new Error(found.absent);
  const spies = [jest.spyOn(virsh, "runAll"), jest.spyOn(found.shell, "run")] as const;
  try {
    await action();
    const [told, scripts] = spies.map(({ mock }) => mock.calls.map(([words]) => JSON.stringify(words)));
    return {
      looks: scripts?.filter((each) => each.includes("/sys/bus/usb/devices")).length ?? 0,
      listings: told?.filter((each) => each.includes('"nodedev-list"')).length ?? 0,
    };
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}

const claim = (usb: Values, more: Values = {}): Values => ({ host: stack.host(), usb, ...more });
const device = (name: string): Values => claimedDevice(stack, name);
const guestOf = (name: string, passthrough: Values, more: Values = {}): Values =>
  guestWith(host, stack, name, passthrough, { memoryMiB: 320, forceOff: true, shutdownTimeoutSeconds: 5, ...more });

it("lists what could be passed on, and no hubs", () => {
  const devices = stack.get("host").facts.devices as { kind: string }[];
  expect(devices.filter(({ kind }) => kind === "usb")).toEqual([
    {
      kind: "usb",
      address: address(),
      description: "QEMU QEMU USB HARDDRIVE (46f4:0001)",
      bus: 2,
      port: "1",
      serial: "LABSTICK",
    },
  ]);
});

describe("finding", () => {
  it.each<readonly [string, Values]>([
    ["vendor and product", model],
    ["the serial number as well", { ...model, serial: "LABSTICK" }],
    ["bus and port", { bus: 2, port: "1" }],
  ])("by %s, also after it was plugged in again", async (_, usb) => {
    await stack.up("passthroughDevice", "found", claim(usb));
    const before = address();
    expect(stack.get("found").facts).toMatchObject({ address: before });
    expect(secrets()).toMatch(/usb\/2-1$/);
    await settled(stack, "found");
    pull();
    await nextRun();
    const { report } = await stack.preview("passthroughDevice", "found", claim(usb));
    expect([report.drift ?? [], report.warnings]).toEqual([
      [],
      [expect.stringMatching(/^usb: the host has no USB device/)],
    ]);
    plug();
    expect(address()).not.toBe(before);
    await nextRun();
    expect(await stack.up("passthroughDevice", "found", claim(usb))).toBe("updated");
    expect(stack.get("found").facts).toMatchObject({ address: address() });
    await settled(stack, "found");
    await stack.destroy("found");
    expect(secrets()).toBe("");
  });

  it.each<readonly [string, Values, RegExp]>([
    ["none", { vendor: "046d", product: "c52b" }, /^usb: the host has no USB device 046d:c52b\. There is: 2-1 QEMU/],
    [
      "another serial number",
      { ...model, serial: "OTHER" },
      /with the serial number "OTHER"\. There is: .*serial number "LABSTICK"/,
    ],
    ["another port", { bus: 2, port: "4" }, /no USB device in 2-4\. There is: 2-1 /],
  ])("refuses in the preview, with what there is: %s", async (_, usb, says) => {
    await expect(stack.check("passthroughDevice", "none", claim(usb))).rejects.toThrow(says);
  });

  it("refuses what the host has mounted, unless it is forced", async () => {
    shell(`mke2fs -q -F /dev/${disk()} && mkdir -p /mnt/stick && mount /dev/${disk()} /mnt/stick`);
    await nextRun();
    await expect(stack.check("passthroughDevice", "found", claim(model))).rejects.toThrow(
      /^usb: 2-1 is needed by the host itself: the host's own \/mnt\/stick is on it \(sd.\)\. Say force: true/,
    );
    const plain = guestOf("bare", { stick: { device: { host: stack.host(), address: "46f4:0001" } } });
    await expect(stack.check("guest", "bare", plain)).rejects.toThrow(/2-1 is needed by the host itself/);
    const { report } = await stack.preview("passthroughDevice", "found", claim(model, { force: true }));
    expect(report.warnings).toEqual([expect.stringMatching(/2-1 is needed by the host itself.*\(sd.\)\.$/)]);
    shell("umount /mnt/stick");
    await nextRun();
  });
});

describe("claiming", () => {
  it("holds against another stack and another resource, however they name it", async () => {
    await stack.up("passthroughDevice", "found", claim(model));
    const theirs = { host: other.host(), usb: { bus: 2, port: "1" } };
    await expect(other.check("passthroughDevice", "found", theirs)).rejects.toThrow(/2-1 is claimed by another stack/);
    const guest = guestOf("theirs", { it: { device: { host: other.host(), address: "46f4:0001" } } });
    await expect(other.check("guest", "theirs", { ...guest, host: other.host() })).rejects.toThrow(
      /46f4:0001 is claimed by another stack/,
    );
    await nextRun();
    const twin = await stack.preview("passthroughDevice", "twin", claim({ bus: 2, port: "1" }));
    expect(twin.report.warnings).toEqual([expect.stringMatching(/claimed by another resource of this stack/)]);
    await nextRun();
    const { looks, listings } = await asked(() =>
      Promise.all(
        ["found", "twin", "third"].map((name) =>
          stack.preview("passthroughDevice", name, claim({ ...model, serial: "LABSTICK" })),
        ),
      ),
    );
    expect(looks).toBeGreaterThan(0);
    expect(looks).toBeLessThanOrEqual(listings);
    await stack.destroy("found");
  });

  it("follows two of one sort that were plugged in crosswise, and so do the guests that have them", async () => {
    const names = ["one", "two"] as const;
    const mouse = (name: string, place: string): Card => ({
      driver: "usb-mouse",
      id: name,
      serial: name,
      bus: "usb.0",
      port: place,
    });
    const mice = (places: readonly string[]): Card[] => names.map((name, index) => mouse(name, places[index] ?? ""));
    const seen = async (places: readonly string[]): Promise<void> => {
      const look = places.map((place) => `cat /sys/bus/usb/devices/1-${place}/serial || true`).join("; ");
      await until(() => shell(`${look}; udevadm settle`) === names.join("\n"));
      await nextRun();
    };
    // What comes before the kernel has seen the other one go is that one to it, and is asked for a minute.
    const unplug = async (): Promise<void> => {
      await exchange(host.monitor, mice([]), []);
      await until(() => shell("ls -d /sys/bus/usb/devices/1-[23] 2>/dev/null || true") === "");
    };
    const bySerial = (serial: string): Values => claim({ vendor: "0627", product: "0001", serial });
    const has = (name: string): Values => guestOf(`has-${name}`, { it: { device: device(name) } }, { running: false });
    await exchange(host.monitor, [], mice(["2", "3"]));
    await seen(["2", "3"]);
    for (const name of names) {
      await stack.up("passthroughDevice", name, bySerial(name));
      await stack.up("guest", `has-${name}`, has(name));
    }
    await unplug();
    await exchange(host.monitor, [], mice(["3", "2"]));
    await seen(["3", "2"]);
    for (const name of names) {
      expect(await stack.up("passthroughDevice", name, bySerial(name))).toBe("updated");
      await nextRun();
    }
    expect(
      secrets()
        .match(/usb\/\S+/g)
        ?.sort(),
    ).toEqual(["usb/1-2", "usb/1-3"]);
    for (const [index, name] of names.entries()) {
      const number = shell(`cat /sys/bus/usb/devices/1-${["3", "2"][index]}/devnum`);
      expect(await stack.up("guest", `has-${name}`, has(name))).toBe("updated");
      expect(host.virsh("dumpxml", `has-${name}`)).toMatch(new RegExp(`<address bus='1' device='${number}'/>`));
      await nextRun();
    }
    for (const name of names) for (const each of [name, `has-${name}`]) await settled(stack, each);
    for (const name of names) for (const each of [`has-${name}`, name]) await stack.destroy(each);
    await unplug();
    await nextRun();
  });

  it.each(["<vendor id='0x46f4'/><product id='0x0001'/>", "<address bus='2' device='NUMBER'/>"])(
    "is refused where a person's guest has the device, by that guest's name: %s",
    async (source) => {
      const given = source.replace("NUMBER", shell("cat /sys/bus/usb/devices/2-1/devnum"));
      host.write(
        `${host.data}/person.xml`,
        `<domain type="kvm"><name>person</name><memory unit="MiB">64</memory><os><type>hvm</type></os><devices><hostdev mode="subsystem" type="usb" managed="yes"><source>${given}</source></hostdev></devices></domain>`,
      );
      host.enter("virsh", "define", `${host.data}/person.xml`);
      await nextRun();
      await expect(stack.check("passthroughDevice", "found", claim(model))).rejects.toThrow(
        /2-1 belongs to guest person already/,
      );
      host.virsh("undefine", "person");
      await nextRun();
    },
  );
});

describe("a guest", () => {
  let guest: WatchedGuest;
  const web = (): Values => guestOf("web", { stick: { device: device("stick") } });

  it("boots with the stick, which the host lacks meanwhile", async () => {
    guest = new WatchedGuest(host, "web");
    await stack.up("passthroughDevice", "stick", claim({ ...model, serial: "LABSTICK" }));
    expect(await stack.up("guest", "web", web())).toBe("created");
    await guest.sees(/sda=64MiB/);
    await guestHasIt();
    expect(disk()).toBe("");
    for (const name of ["stick", "web"]) await settled(stack, name);
    expect(stack.get("web").facts.migrationBlockers).toEqual([
      expect.stringMatching(/^passthrough\.stick: .*can be saved/),
    ]);
    host.virsh("save", "web", `${host.data}/web.save`);
    host.virsh("restore", `${host.data}/web.save`);
    await stack.up("host", "host", { uri: host.uri });
    await nextRun();
    await expect(stack.destroy("stick")).rejects.toThrow(/Unable to give 46f4:0001@002:\d{3} back .*guest web has it/);
    const thief = guestOf("thief", { stick: { device: device("stick") } }, { running: false });
    await expect(stack.up("guest", "thief", thief)).rejects.toThrow(/46f4:0001@002:\d{3} belongs to guest web/);
  });

  it("loses it while it runs, and gets it again", async () => {
    const { run } = guest;
    const without = guestOf("web", {});
    expect((await stack.check("guest", "web", without)).impact).toEqual({
      "passthrough.stick": expect.stringMatching(/^live: /) as string,
    });
    expect(await stack.up("guest", "web", without)).toBe("updated");
    await guest.sees(/disks: none/);
    await hostHasIt();
    await settled(stack, "web");
    expect(await stack.up("guest", "web", web())).toBe("updated");
    await guest.sees(/sda=64MiB/);
    expect(guest.run).toEqual(run);
    await settled(stack, "web");
  });

  it("gets it under its new number where it was plugged in again", async () => {
    const { run } = guest;
    pull();
    plug();
    // The host has it again, and nothing gives it to the guest by itself.
    await hostHasIt();
    await nextRun();
    expect(await stack.up("passthroughDevice", "stick", claim({ ...model, serial: "LABSTICK" }))).toBe("updated");
    expect((await stack.check("guest", "web", web())).impact).toEqual({
      "passthrough.stick.device": expect.stringMatching(/^live: /) as string,
    });
    expect(await stack.up("guest", "web", web())).toBe("updated");
    await guestHasIt();
    await guest.sees(/sd.=64MiB/);
    expect(guest.run).toEqual(run);
    for (const name of ["stick", "web"]) await settled(stack, name);
  });

  it("gets it again where a person took it away", async () => {
    const [, hostdev = ""] = /(<hostdev[^]*<\/hostdev>)/.exec(host.virsh("dumpxml", "web")) ?? [];
    host.write(`${host.data}/stick.xml`, hostdev);
    host.enter("virsh", "detach-device", "web", `${host.data}/stick.xml`, "--live");
    await nextRun();
    expect((await stack.check("guest", "web", web())).drift).toBeDefined();
    expect(await stack.up("guest", "web", web())).toBe("updated");
    await guestHasIt();
    await guest.sees(/sd.=64MiB/);
    await settled(stack, "web");
  });

  it("is gone, and the host has its stick", async () => {
    await stack.destroy("web");
    await stack.destroy("stick");
    await hostHasIt();
    expect(secrets()).toBe("");
  });
});

it("a program, by the real engine", async () => {
  const source = (guests?: readonly string[], more?: string): string =>
    claimedDeviceProgram(host, { usb: { ...model, serial: "LABSTICK" } }, guests, more);
  const program = new Program(source());
  try {
    program.must("preview");
    program.up();
    expect(host.virsh("dumpxml", "web")).toMatch(/<hostdev[^]*type='usb'/);
    program.mustBeSettled();
    const before = address();
    pull();
    plug();
    program.up();
    expect(address()).not.toBe(before);
    const number = Number(address().split(":").at(-1));
    expect(host.virsh("dumpxml", "web")).toMatch(new RegExp(`<address bus='2' device='${number}'/>`));
    program.mustBeSettled();
    expectTakenTwice(program, source(["web", "second"]));
    // In other words it is the same device, which only the host knows.
    const raw = '{ it: { device: { host, address: "46f4:0001" } } }';
    const second = `new virt.Guest("second", { ...given, passthrough: ${raw} });`;
    expectTakenTwice(program, source(["web"], second), "the device 46f4:0001(@\\S+)?");
    program.destroy();
    await hostHasIt();
    expect(secrets()).toBe("");
  } finally {
    program.remove();
  }
});
