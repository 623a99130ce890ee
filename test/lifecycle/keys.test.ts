/** Devices whose key in the program changes: the same image or MAC address is the same device, and the guest notices nothing (8.5). */

import { writeFileSync } from "node:fs";
import { parseXml } from "../../provider/libvirt/xml";
import type { Values } from "../../provider/lifecycle/lifecycle";
import { aliasOf } from "../../provider/reconcile/pair";
import { elementsOf } from "../../provider/reconcile/tree";
import { nextRun } from "../support/hosts";
import { type PrivateHost, run, startPrivateHost } from "../support/private-host";
import { disconnect, Stack } from "../support/stack";
import { WatchedGuest } from "../support/watched-guest";

jest.setTimeout(120_000);

let host: PrivateHost;
let stack: Stack;
beforeAll(async () => {
  host = startPrivateHost();
  stack = new Stack();
  await stack.up("host", "host", { uri: host.uri });
  for (const name of ["one", "two", "three"]) run("truncate", "-s", "1M", `${host.data}/${name}.img`);
  run("truncate", "-s", "1M", `${host.data}/cd.iso`);
});
afterEach(async () => {
  for (const name of [...stack.kept.keys()].filter((each) => each !== "host")) await stack.destroy(name);
});
afterAll(async () => {
  await disconnect();
  host.stop();
});

/** It has no system: it would let go of nothing that somebody wants to unplug. */
const args = (more: Values): Values => ({
  host: stack.host(),
  vcpus: 1,
  memoryMiB: 64,
  shutdownTimeoutSeconds: 1,
  forceOff: true,
  ...more,
});
const disk = (name: string, more: Values = {}): Values => ({ path: `${host.data}/${name}.img`, ...more });
const nic = (last: number, more: Values = {}): Values => ({ user: true, mac: `52:54:00:bb:00:0${last}`, ...more });

/** What runs, without the names that are ours. */
const running = (name = "guest"): string => host.virsh("dumpxml", name).replace(/<serial>.*<\/serial>/g, "");
const aliasesOf = (name: string, ...scope: string[]): string[] =>
  elementsOf(parseXml(host.virsh("dumpxml", name, ...scope)), "devices")
    .flatMap((devices) => elementsOf(devices))
    .flatMap((device) => aliasOf(device) ?? [])
    .filter((alias) => /^ua-(disk|nic|channel|memory)-/.test(alias))
    .sort();
const up = async (given: Values, name = "guest"): Promise<string> => {
  await nextRun();
  return stack.up("guest", name, given);
};
const impactOf = async (given: Values): Promise<unknown> => {
  await nextRun();
  return (await stack.check("guest", "guest", given)).impact;
};

/** A start is no news to it either: all that the program wants is there then, under its keys of now. */
async function mustStayAfterStart(given: Values): Promise<void> {
  expect(await up(given)).toBe("same");
  expect(await stack.pendingOf("guest")).toEqual([]);
  expect(await stack.refresh("guest")).not.toHaveProperty("drift");
  host.virsh("destroy", "guest");
  host.virsh("start", "guest");
  expect(await up(given)).toBe("same");
  expect(aliasesOf("guest")).toEqual(aliasesOf("guest", "--inactive"));
}

const renamed: readonly (readonly [string, () => Values, () => Values])[] = [
  ["a disk", () => ({ disks: { old: disk("one") } }), () => ({ disks: { new: disk("one") } })],
  [
    "a SCSI disk beside another, whose key sorts behind it now",
    () => ({ disks: { a: disk("one", { bus: "scsi" }), b: disk("two", { bus: "scsi" }) } }),
    () => ({ disks: { b: disk("two", { bus: "scsi" }), c: disk("one", { bus: "scsi" }) } }),
  ],
  [
    "a disk whose former name on the bus is not the first free one",
    () => ({ disks: { old: disk("one", { target: "vdc" }) } }),
    () => ({ disks: { new: disk("one") } }),
  ],
  [
    "a drive with a medium",
    () => ({ disks: { cd: { path: `${host.data}/cd.iso`, device: "cdrom" } } }),
    () => ({ disks: { dvd: { path: `${host.data}/cd.iso`, device: "cdrom" } } }),
  ],
  ["an empty drive", () => ({ disks: { cd: { device: "cdrom" } } }), () => ({ disks: { dvd: { device: "cdrom" } } })],
  ["a card with an address", () => ({ nics: { lan: nic(1) } }), () => ({ nics: { wan: nic(1) } })],
  ["one of two cards", () => ({ nics: { lan: nic(1), wan: nic(2) } }), () => ({ nics: { more: nic(1), wan: nic(2) } })],
  [
    "a channel",
    () => ({ channels: { a: { name: "org.example.a" } } }),
    () => ({ channels: { b: { name: "org.example.a" } } }),
  ],
];

describe("only the key is another one: nothing of what runs changes", () => {
  it.each(renamed)("%s", async (_title, before, after) => {
    await stack.up("guest", "guest", args(before()));
    const runs = running();
    const { process } = new WatchedGuest(host, "guest");
    const given = args(after());
    for (const said of Object.values(((await impactOf(given)) ?? {}) as Values)) expect(said).toMatch(/^nextStart: /);
    expect(await up(given)).toBe("updated");
    expect(running()).toBe(runs);
    expect(new WatchedGuest(host, "guest").process).toBe(process);
    await mustStayAfterStart(given);
  });
});

describe("what is under a former key now is another device, and nothing is in its way unsaid", () => {
  const nextStart = expect.stringMatching(/^nextStart: /) as string;
  const disks = (): string[] =>
    [...running().matchAll(/<source file='[^']*\/(\w+)\.img'|<target dev='(vd\w)'/g)].map(
      ([, image, target]) => image ?? target ?? "",
    );

  it("a disk under the former key of one that runs on comes at once", async () => {
    await stack.up("guest", "guest", args({ disks: { a: disk("one") } }));
    await up(args({ disks: { b: disk("one") } }));
    const given = args({ disks: { b: disk("one"), a: disk("two") } });
    expect(await impactOf(given)).toMatchObject({ "disks.a": expect.stringMatching(/^live/) as string });
    expect(await up(given)).toBe("updated");
    expect(disks()).toEqual(["one", "vda", "two", "vdb"]);
    await mustStayAfterStart(given);
    expect(disks()).toEqual(["one", "vda", "two", "vdb"]);
  });

  it("two that change places wait for a start", async () => {
    const of = (first: string, second: string): Values =>
      args({
        disks: { a: disk(first), b: disk(second) },
        nics: { lan: nic(first === "one" ? 1 : 2), wan: nic(first === "one" ? 2 : 1) },
      });
    await stack.up("guest", "guest", of("one", "two"));
    const runs = running();
    expect(await impactOf(of("two", "one"))).toMatchObject({
      "disks.a.path": nextStart,
      "disks.b.path": nextStart,
      "nics.lan.mac": nextStart,
      "nics.wan.mac": nextStart,
    });
    expect(await up(of("two", "one"))).toBe("updated");
    expect(running()).toBe(runs);
    expect(await up(of("two", "one"))).toBe("same");
    expect(await stack.pendingOf("guest")).toEqual(["disks.a.path", "disks.b.path", "nics.lan.mac", "nics.wan.mac"]);
    expect(await up({ ...of("two", "one"), restart: "ifNeeded" })).toBe("updated");
    expect(disks()).toEqual(["two", "vda", "one", "vdb"]);
    await mustStayAfterStart({ ...of("two", "one"), restart: "ifNeeded" });
  });

  it("what runs under a former key of another one runs on, and that comes beside it", async () => {
    await stack.up("guest", "guest", args({ disks: { b: disk("one") }, nics: { lan: nic(1) } }));
    const runs = running();
    const given = args({ disks: { a: disk("one"), b: disk("two") }, nics: { lan: nic(2), wan: nic(1) } });
    expect(await impactOf(given)).toMatchObject({
      "disks.b": expect.stringMatching(/^live/) as string,
      "nics.lan": expect.stringMatching(/^live/) as string,
    });
    expect(await up(given)).toBe("updated");
    expect(running()).toContain(runs.split("<devices>")[0]);
    expect(disks()).toEqual(["one", "vda", "two", "vdb"]);
    await mustStayAfterStart(given);
    expect(disks()).toEqual(["one", "vda", "two", "vdb"]);
  });

  it("an image that another key has from now on stays with the guest until it is started again", async () => {
    await stack.up(
      "guest",
      "guest",
      args({ disks: { a: disk("one"), b: disk("two") }, nics: { lan: nic(1), wan: nic(2) } }),
    );
    const runs = running();
    const given = args({ disks: { b: disk("one") }, nics: { wan: nic(1) } });
    expect(await impactOf(given)).toMatchObject({
      "disks.a": nextStart,
      "disks.b.path": nextStart,
      "nics.lan": nextStart,
      "nics.wan.mac": nextStart,
    });
    expect(await up(given)).toBe("updated");
    expect(running()).toBe(runs);
    expect(await up({ ...given, restart: "ifNeeded" })).toBe("updated");
    expect(disks()).toEqual(["one", "vdb"]);
    await mustStayAfterStart({ ...given, restart: "ifNeeded" });
  });

  it("a former key that is used again and left again takes nothing along", async () => {
    await stack.up("guest", "guest", args({ disks: { a: disk("one") }, nics: { lan: nic(1) } }));
    const renamed = args({ disks: { b: disk("one") }, nics: { wan: nic(1) } });
    await up(renamed);
    await up(args({ disks: { b: disk("one"), a: disk("two") }, nics: { wan: nic(1), lan: nic(2) } }));
    // A guest without a system lets go of nothing: what it is asked for is what is looked at.
    await expect(up(renamed)).rejects.toThrow(/disks\.a: the guest did not let go/);
    expect(disks().slice(0, 2)).toEqual(["one", "vda"]);
    host.virsh("destroy", "guest");
    host.virsh("start", "guest");
    await up(renamed);
    expect(disks()).toEqual(["one", "vda"]);
    await mustStayAfterStart(renamed);
  });

  it("another disk under the name of one that the guest keeps is refused, and nothing is forgotten", async () => {
    const before = args({ disks: { root: disk("three"), x: disk("one", { target: "vdb" }) } });
    await stack.up("guest", "guest", before);
    const runs = running();
    const given = args({ disks: { root: disk("three"), y: disk("two", { target: "vdb" }) } });
    expect(await impactOf(given)).toMatchObject({
      "disks.y": expect.stringMatching(/\(it has another disk with vdb; the guest keeps running\)$/) as string,
    });
    await expect(stack.up("guest", "guest", given)).rejects.toThrow(/disks\.x: the guest did not let go/);
    expect(running()).toBe(runs);
    expect(await up(before)).toBe("updated");
    expect(running()).toBe(runs);
    await mustStayAfterStart(before);
  });

  it.each([{}, { target: "vdd" }])(
    "what a refusal put back is the same disk under a third key, too: %j",
    async (more) => {
      run("sh", "-c", `head -c 1M /dev/urandom >'${host.data}/broken.img'`);
      await stack.up("guest", "guest", args({ disks: { root: disk("three"), x: disk("two") } }));
      const broken = disk("broken", { format: "qcow2", target: "vdc" });
      await expect(up(args({ title: "taken", disks: { root: disk("three"), n: broken } }))).rejects.toThrow(
        /disks\.n: /,
      );
      const given = args({ title: "taken", disks: { root: disk("three"), y: disk("two", more) } });
      expect(await up(given)).toBe("updated");
      expect(aliasesOf("guest", "--inactive")).toEqual(["ua-disk-root", "ua-disk-y"]);
      expect(host.virsh("dumpxml", "--inactive", "guest").match(/two\.img/g)).toHaveLength(1);
      expect(disks().slice(2)).toEqual(["two", "vdb"]);
      host.virsh("destroy", "guest");
      host.virsh("start", "guest");
      expect(await up(given)).toBe("same");
    },
  );

  it("the image beneath a snapshot stays beneath it", async () => {
    const before = args({ disks: { a: disk("one", { bus: "scsi" }), b: disk("two", { bus: "scsi" }) } });
    await stack.up("guest", "guest", before);
    const snapshot = ["--disk-only", "--no-metadata", "--diskspec", `sda,file=${host.data}/one.snap`];
    host.virsh("snapshot-create-as", "guest", "s", ...snapshot, "--diskspec", "sdb,snapshot=no");
    const held = [[], ["--inactive"]].map((scope) => host.virsh("domblklist", "guest", ...scope));
    for (const given of [
      { b: disk("one", { bus: "scsi" }) },
      { a: disk("two", { bus: "scsi" }), b: disk("one", { bus: "scsi" }) },
    ]) {
      await expect(up(args({ disks: given }))).rejects.toThrow(
        /disks\.b: \S+one\.img lies beneath the snapshot \S+one\.snap/,
      );
      expect([[], ["--inactive"]].map((scope) => host.virsh("domblklist", "guest", ...scope))).toEqual(held);
    }
    // A new key takes the disk over with its snapshot.
    const renamed = args({ disks: { c: disk("one", { bus: "scsi" }), b: disk("two", { bus: "scsi" }) } });
    expect(await up(renamed)).toBe("updated");
    expect([[], ["--inactive"]].map((scope) => host.virsh("domblklist", "guest", ...scope))).toEqual(held);
    expect(await up(renamed)).toBe("same");
    expect(stack.get("guest").facts.snapshots).toEqual({ c: `${host.data}/one.snap` });
  });

  it.each(["never", "ifNeeded"])(
    "names that somebody took out of the definition take no device along: %s",
    async (restart) => {
      await stack.up("guest", "guest", args({ restart, disks: { old: disk("one") }, nics: { lan: nic(1) } }));
      const { process } = new WatchedGuest(host, "guest");
      const runs = running();
      const definition = `${host.data}/guest.xml`;
      writeFileSync(
        definition,
        host.virsh("dumpxml", "--inactive", "guest").replace(/<alias name='ua-(disk|nic)-[^>]*>/g, ""),
      );
      host.virsh("define", "--validate", definition);
      expect(aliasesOf("guest", "--inactive")).toEqual([]);
      const given = args({ restart, disks: { new: disk("one") }, nics: { wan: nic(1) } });
      expect(await impactOf(given)).toBeUndefined();
      expect(await up(given)).toBe("updated");
      expect([running(), new WatchedGuest(host, "guest").process]).toEqual([runs, process]);
      expect(aliasesOf("guest", "--inactive")).toEqual(["ua-disk-new", "ua-nic-wan"]);
      await mustStayAfterStart(given);
    },
  );

  it.each([
    ["of its own", {}],
    ["that the program states from now on", { mac: "52:54:00:bb:00:09" }],
  ])("a card of an adopted guest keeps its address, one %s", async (_title, more) => {
    const definition = `${host.data}/theirs.xml`;
    writeFileSync(
      definition,
      `<domain type='qemu'><name>theirs</name><memory unit='MiB'>64</memory><vcpu>1</vcpu><os><type machine='q35'>hvm</type></os>
      <features><acpi/></features><devices><interface type='user'><mac address='52:54:00:bb:00:09'/><model type='virtio'/></interface></devices></domain>`,
    );
    host.virsh("define", "--validate", definition);
    host.virsh("start", "theirs");
    const theirs = (nics: Values): Values =>
      args({ name: "theirs", adopt: true, deleteAdopted: true, spareRootPorts: 0, nics });
    await nextRun();
    await stack.up("guest", "guest", theirs({ lan: { user: true } }));
    const runs = running("theirs");
    const given = theirs({ wan: { user: true, ...more } });
    expect(await impactOf(given)).toBeUndefined();
    expect(await up(given)).toBe("updated");
    expect(running("theirs")).toBe(runs);
    expect(aliasesOf("theirs", "--inactive")).toEqual(["ua-nic-wan"]);
    expect(host.virsh("dumpxml", "--inactive", "theirs").match(/52:54:00:bb:00:09/g)).toHaveLength(1);
    expect(await up(given)).toBe("same");
    expect(await stack.pendingOf("guest")).toEqual([]);
  });

  it("on another bus it is still the same disk, and waits for a start", async () => {
    await stack.up("guest", "guest", args({ disks: { old: disk("one", { bus: "virtio" }) } }));
    const runs = running();
    const given = args({ disks: { new: disk("one", { bus: "scsi" }) } });
    expect(await impactOf(given)).toMatchObject({ "disks.new.bus": nextStart });
    expect(await up(given)).toBe("updated");
    expect(running()).toBe(runs);
    expect(await up({ ...given, restart: "ifNeeded" })).toBe("updated");
    await mustStayAfterStart({ ...given, restart: "ifNeeded" });
  });

  it("a medium that goes from a dropped floppy to a renamed cdrom does not take the drive along", async () => {
    const drive = (device: string, medium: string): Values => ({ device, path: `${host.data}/${medium}` });
    await up(args({ disks: { a: disk("one"), cd: drive("cdrom", "cd.iso"), fd: drive("floppy", "three.img") } }));
    const after = args({ restart: "ifNeeded", disks: { a: disk("one"), eins: drive("cdrom", "three.img") } });
    expect(await up(after)).toBe("updated");
    expect(await up(after)).toBe("same");
    const definition = host.virsh("dumpxml", "--inactive", "guest");
    expect(definition).not.toContain("device='floppy'");
    expect(definition).toMatch(/device='cdrom'>(?:(?!<\/disk>)[^])*three\.img/);
    expect(host.virsh("dumpxml", "guest")).not.toContain("device='floppy'");
  });

  it.each(["cdrom", "floppy"])("a forgotten device: %s is stated later, and left out again", async (device) => {
    const given = (more: Values): Values =>
      args({ running: false, disks: { a: disk("one"), b: { path: `${host.data}/cd.iso`, ...more } } });
    const kinds = (): string[] => host.virsh("dumpxml", "guest").match(/(?<=device=')\w+(?='>)/g) ?? [];
    await up(given({}));
    for (const [more, kind] of [
      [{ device }, device],
      [{}, "disk"],
    ] as const) {
      expect(await up(given(more))).toBe("updated");
      expect(kinds()).toEqual(["disk", kind]);
      expect(await up(given(more))).toBe("same");
    }
  });

  it("a DIMM alike is the same one", async () => {
    const of = (key: string): Values =>
      args({
        cpu: { mode: "maximum" },
        memoryHotplug: { slots: 2, maxMiB: 1024 },
        memoryDevices: { [key]: { model: "dimm", sizeMiB: 128 } },
      });
    await stack.up("guest", "guest", of("a"));
    const runs = running();
    expect(await up(of("b"))).toBe("updated");
    expect(running()).toBe(runs);
    await mustStayAfterStart(of("b"));
  });
});
