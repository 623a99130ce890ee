/** Pools and disks when others act behind libvirt's back, when programs move them, and when nothing of it can work. */

import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import type { Values } from "../../provider/lifecycle/lifecycle";
import { nextRun } from "../support/hosts";
import { type PrivateHost, run, startPrivateHost } from "../support/private-host";
import { disconnect, Stack } from "../support/stack";

jest.setTimeout(120_000);

let host: PrivateHost;
let stack: Stack;
beforeAll(async () => {
  host = startPrivateHost();
  stack = new Stack();
  await stack.up("host", "host", { uri: host.uri });
  await stack.up("pool", "images", poolArgs("images"));
});
afterAll(async () => {
  await disconnect();
  host.stop();
});

const poolArgs = (name: string, more: Values = {}): Values => ({
  host: stack.host(),
  type: "dir",
  path: `${host.data}/${name}`,
  ...more,
});
const diskArgs = (pool = "images", more: Values = {}): Values => ({
  pool: stack.pool(pool),
  sizeGiB: 0.01,
  format: "raw",
  ...more,
});
/** Claims on volumes, and keys of volumes; claims on pools are another matter. */
const claims = (): string =>
  host
    .virsh("secret-list")
    .split("\n")
    .filter((line) => line.trim() !== "" && !line.includes("pulumi-virt:volume:pool/"))
    .join("\n");
const pools = (): string[] => host.virsh("pool-list", "--all", "--name").split(/\s+/).filter(Boolean).sort();

describe("a volume that somebody removed behind libvirt's back (8.21)", () => {
  beforeEach(() => stack.up("disk", "lost", diskArgs()));

  it("is gone for a refresh, without a pool-refresh by hand, and made anew afterwards", async () => {
    rmSync(`${host.data}/images/lost.img`);
    expect(host.virsh("vol-list", "images")).toContain("lost.img");
    expect(await stack.refresh("lost")).toBeUndefined();
    stack.forget("lost");
    await stack.up("disk", "lost", diskArgs());
    await stack.destroy("lost");
  });

  it("is not made anew under a guest that still runs on it", async () => {
    const args = { host: stack.host(), vcpus: 1, memoryMiB: 32, disks: { root: { disk: stack.disk("lost") } } };
    await stack.up("guest", "on", args);
    rmSync(`${host.data}/images/lost.img`);
    expect(await stack.refresh("lost")).toBeUndefined();
    stack.forget("lost");
    await expect(stack.up("disk", "lost", diskArgs())).rejects.toThrow(
      /guest "on" still runs on the one that somebody removed.*Nothing was changed[^]*blockcopy on vda/,
    );
    expect(existsSync(`${host.data}/images/lost.img`)).toBe(false);
    host.virsh("destroy", "on");
    await nextRun();
    await stack.up("disk", "lost", diskArgs());
    await stack.destroy("on");
    await stack.destroy("lost");
  });

  it("is no reason for destroy to fail", async () => {
    rmSync(`${host.data}/images/lost.img`);
    await stack.destroy("lost");
    expect(claims()).toBe("");
  });
});

describe("the claim on what is gone (8.6)", () => {
  const file = (): string => `${host.data}/images/lost.img`;
  const secrets = (): string => host.virsh("secret-list");

  it("stays in a refresh, which writes nothing: the file may be out of sight only, and is ours when it is back", async () => {
    await stack.up("disk", "lost", diskArgs());
    renameSync(file(), `${host.data}/away.img`);
    const before = secrets();
    expect(await stack.refresh("lost")).toBeUndefined();
    expect(secrets()).toBe(before);
    stack.forget("lost");
    renameSync(`${host.data}/away.img`, file());
    expect(await stack.up("disk", "lost", diskArgs())).toBe("created");
    await stack.destroy("lost");
    expect([claims(), existsSync(file())]).toEqual(["", false]);
  });

  it("refuses another stack, and says how to let it go", async () => {
    await stack.up("disk", "lost", diskArgs());
    rmSync(file());
    const other = new Stack("other");
    await other.up("host", "host", { uri: host.uri });
    const args = { ...diskArgs(), pool: { ...stack.pool("images"), host: other.host() } };
    await expect(other.up("disk", "lost", args)).rejects.toThrow(
      /another resource has claimed .*lost\.img[^]*virsh secret-undefine [0-9a-f-]{36}/,
    );
    const [uuid = ""] = /[0-9a-f-]{36}/.exec(claims()) ?? [];
    host.virsh("secret-undefine", uuid);
    await nextRun();
    await other.up("disk", "lost", args);
    expect(await other.up("disk", "lost", args)).toBe("same");
    // The first one's is gone for good: what is there now is neither changed nor deleted for it.
    await expect(stack.up("disk", "lost", diskArgs("images", { sizeGiB: 0.02 }))).rejects.toThrow(
      /another stack or resource manages it/,
    );
    await expect(stack.destroy("lost")).rejects.toThrow(/does not say that it is this resource's/);
    stack.forget("lost");
    await other.destroy("lost");
    expect(claims()).toBe("");
  });

  it("that a creation has written and not yet made anything of is left to it, and the refusal says how to let it go", async () => {
    host.write(
      `${host.data}/claim.xml`,
      `<secret ephemeral='no' private='no'><uuid>11111111-2222-4333-8444-555555555555</uuid>
         <description>pulumi-virt volume owner=somebody state=unfinished adopted=no</description>
         <usage type='tls'><name>pulumi-virt:volume:${file()}</name></usage></secret>`,
    );
    host.virsh("secret-define", `${host.data}/claim.xml`);
    await expect(stack.up("disk", "lost", diskArgs())).rejects.toThrow(
      /another resource has claimed .*lost\.img[^]*virsh secret-undefine 11111111-2222-4333-8444-555555555555/,
    );
    host.virsh("secret-undefine", "11111111-2222-4333-8444-555555555555");
  });
});

describe("a pool that goes away behind its disks (8.21)", () => {
  const ways: readonly [string, () => void, boolean][] = [
    ["stopped", () => host.virsh("pool-destroy", "passing"), true],
    [
      "stopped and undefined",
      () => void (host.virsh("pool-destroy", "passing"), host.virsh("pool-undefine", "passing")),
      true,
    ],
    ["without its folder", () => rmSync(`${host.data}/passing`, { recursive: true }), false],
  ];

  it.each(ways)("%s: a refresh keeps what was recorded, and destroy works", async (_how, happen, stays) => {
    await stack.up("pool", "passing", poolArgs("passing"));
    await stack.up("disk", "kept", diskArgs("passing"));
    happen();
    await nextRun();
    const file = `${host.data}/passing/kept.img`;
    expect(await stack.refresh("kept")).toEqual(expect.objectContaining({ name: "kept.img", sizeGiB: 0.01 }));
    expect(existsSync(file)).toBe(stays);
    await stack.destroy("kept");
    expect(existsSync(file)).toBe(false);
    expect(claims()).toBe("");
    await stack.destroy("passing");
    expect(pools()).toEqual(["images"]);
  });
});

describe("a pool that holds disks (8.6)", () => {
  beforeAll(async () => {
    await stack.up("pool", "full", poolArgs("full"));
    await stack.up("disk", "inside", diskArgs("full"));
  });
  afterAll(async () => {
    await stack.destroy("inside");
    await stack.destroy("full");
  });

  it.each([
    [
      "path",
      () => poolArgs("moved"),
      /^path: cannot change while the pool holds disks of Pulumi stacks \(inside\.img\)/,
    ],
    ["name", () => poolArgs("full", { name: "renamed" }), /^name: cannot change while the pool holds disks/],
  ])("is refused another %s when it is previewed", async (_field, args, why) => {
    await expect(stack.check("pool", "full", args())).rejects.toThrow(why);
  });

  it("is not removed, running or stopped", async () => {
    await expect(stack.destroy("full")).rejects.toThrow(
      /Unable to remove pool "full" .*it holds disks of Pulumi stacks \(inside\.img\)\. Nothing was changed/,
    );
    host.virsh("pool-destroy", "full");
    await expect(stack.destroy("full")).rejects.toThrow(/it holds disks of Pulumi stacks/);
    host.virsh("pool-start", "full");
  });

  it("and its disk do not move to another pool, host, path, name or format: the data would not come along (8.32)", async () => {
    const elsewhere = { uri: "qemu:///system", id: "qemu:///system#host=00000000-0000-0000-0000-000000000001&owner=x" };
    const moves: readonly [Values, RegExp][] = [
      [
        { pool: stack.pool("images") },
        /^pool: a disk does not move to another pool \(from "full" on .* to "images" on/,
      ],
      [{ pool: { ...stack.pool("full"), host: elsewhere } }, /^pool: a disk does not move to another host/],
      [{ pool: { ...stack.pool("full"), path: "/elsewhere" } }, /^pool: "full" moves from .* to \/elsewhere/],
      [{ name: "other.img" }, /^name: a disk does not change it/],
      [{ format: "qcow2" }, /^format: a disk does not change it/],
    ];
    for (const [more, why] of moves) {
      const refused = expect(stack.check("disk", "inside", diskArgs("full", more))).rejects;
      await refused.toThrow(why);
    }
    await expect(stack.check("disk", "inside", diskArgs("full", { name: "other.img" }))).rejects.toThrow(
      /its data would not come along, and nothing was touched\. Make a new Disk/,
    );
  });

  it("keeps its name in another spelling of its host's address", async () => {
    const again = { ...stack.host(), uri: `${host.uri}&mode=direct` };
    const args = diskArgs("full", { pool: { ...stack.pool("full"), host: again } });
    expect(await stack.up("disk", "inside", args)).toBe("updated");
    expect(await stack.up("disk", "inside", diskArgs("full"))).toBe("updated");
  });
});

describe("a pool that guests use (8.1)", () => {
  it.each([
    ["a running guest, by path", "<source file='DATA/used/x.img'/>", true],
    ["a running guest, by another spelling", "<source file='DATA/used/..//used/x.img'/>", true],
    ["a guest that is off, as a volume", "<source pool='used' volume='x.img'/>", false],
  ])("is not removed under %s", async (_who, source, start) => {
    await stack.up("pool", "used", poolArgs("used"));
    run("truncate", "-s", "1M", `${host.data}/used/x.img`);
    const type = source.includes("pool=") ? "volume" : "file";
    const disk = `<disk type='${type}'>${source.replace("DATA", host.data)}<target dev='vda' bus='virtio'/></disk>`;
    host.write(
      `${host.data}/guest.xml`,
      `<domain type='qemu'><name>web</name><memory unit='MiB'>64</memory><os><type arch='x86_64' machine='q35'>hvm</type></os>
       <devices>${disk}</devices></domain>`,
    );
    host.virsh("define", `${host.data}/guest.xml`);
    if (start) host.virsh("start", "web");
    await expect(stack.destroy("used")).rejects.toThrow(/Unable to remove pool "used" .*in use by guest web/);
    expect(host.virsh("pool-list", "--name")).toContain("used");
    if (start) host.virsh("destroy", "web");
    host.virsh("undefine", "web");
    await stack.destroy("used");
    expect(existsSync(`${host.data}/used/x.img`)).toBe(true);
  });
});

it("claims and the keys of encrypted volumes are not in each other's way (8.24)", async () => {
  const key = (): void => {
    host.write(
      `${host.data}/secret.xml`,
      `<secret ephemeral='no' private='yes'><usage type='volume'><volume>${host.data}/images/locked.img</volume></usage></secret>`,
    );
    host.virsh("secret-define", `${host.data}/secret.xml`);
  };
  const uuid = (): string => /(\S+)\s+volume/.exec(claims())?.[1] ?? "";
  key();
  await stack.up("disk", "locked", diskArgs());
  expect(await stack.up("disk", "locked", diskArgs())).toBe("same");
  host.virsh("secret-undefine", uuid());
  key();
  await stack.destroy("locked");
  expect(claims()).toMatch(/volume .*locked\.img$/);
  host.virsh("secret-undefine", uuid());
});

describe("what cannot be is said before anything is touched (8.34)", () => {
  it.each([
    ["disk", () => diskArgs("images", { sizeGiB: 2 ** 34 }), /^sizeGiB: no disk can have more than/],
    [
      "disk",
      () => diskArgs("images", { sizeGiB: 2 ** 32 }),
      /^sizeGiB: 4294967296 GiB are more than 1000 times what pool "images" holds/,
    ],
    ["disk", () => diskArgs("images", { name: "a/b" }), /^name: must not contain a slash/],
    [
      "disk",
      () => ({ ...diskArgs(), sizeGiB: undefined, source: { path: __dirname } }),
      /^source\.path: .*it is a folder/,
    ],
    [
      "pool",
      () => poolArgs("guest.file/below"),
      /^path: .*guest\.file\/below cannot be a folder: .*guest\.file is a file/,
    ],
    ["pool", () => poolArgs("x".repeat(300)), /^path: is too long/],
    ["pool", () => ({ ...poolArgs("x"), path: "/proc/pool" }), /^path: \/proc\/pool is no place for disks/],
    ["pool", () => ({ ...poolArgs("x"), path: "/" }), /^path: \/ is no place for disks/],
  ] as const)("%s %#", async (kind, args, why) => {
    writeFileSync(`${host.data}/guest.file`, "");
    await expect(stack.check(kind, "wrong", args())).rejects.toThrow(why);
  });

  it.each(["team/web", "x".repeat(250)])("a name that follows from the resource's: %s", async (name) => {
    await expect(stack.check("disk", name, diskArgs())).rejects.toThrow(
      /^name: .*It follows from the rest: state another one/,
    );
    await expect(stack.check("pool", name, poolArgs("x"))).rejects.toThrow(/^name: .*It follows from the rest/);
  });
});

describe("the file that fills a disk (8.33)", () => {
  it("is refused with its own name, and nothing is left", async () => {
    writeFileSync(`${host.data}/page.qcow2`, "<html>404</html>");
    const args = { pool: stack.pool("images"), source: { path: `${host.data}/page.qcow2` } };
    await expect(stack.up("disk", "page", args)).rejects.toThrow(/^source\.path: .*page\.qcow2 is no qcow2 image/);
    expect(existsSync(`${host.data}/images/page.qcow2`)).toBe(false);
  });

  it("is told when it has another content later, and nothing is touched", async () => {
    const path = `${host.data}/seed.img`;
    writeFileSync(path, Buffer.alloc(2 ** 20, "one"));
    const args = { pool: stack.pool("images"), format: "raw", source: { path } };
    await stack.up("disk", "seeded", args);
    run("touch", path);
    expect((await stack.check("disk", "seeded", args)).impact).toBeUndefined();
    writeFileSync(path, Buffer.alloc(2 ** 20, "two"));
    expect((await stack.check("disk", "seeded", args)).impact).toEqual({
      source: expect.stringMatching(/^none: .*seed\.img has another content than when it seeded the disk/) as string,
    });
    expect(await stack.up("disk", "seeded", args)).toBe("same");
    rmSync(path);
    expect(await stack.up("disk", "seeded", args)).toBe("same");
    await stack.destroy("seeded");
  });

  it("lies beneath an overlay in its own format, also where a reference by hand does not say it", async () => {
    await stack.up("disk", "beneath", diskArgs("images", { format: "qcow2" }));
    const backing = { host: stack.host(), pool: "images", name: "beneath.qcow2" };
    await stack.up("disk", "over", { pool: stack.pool("images"), backing });
    expect(host.virsh("vol-dumpxml", "--pool", "images", "over.qcow2")).toMatch(
      /<backingStore>\s*<path>.*beneath\.qcow2<\/path>\s*<format type='qcow2'\/>/,
    );
    await stack.destroy("over");
    await stack.destroy("beneath");
  });
});

describe("any size (8.22)", () => {
  const sizes = [0.0001, 1 / 300, 0.00731];
  const disks = (["raw", "qcow2"] as const).flatMap((format) =>
    sizes.map((sizeGiB, index) => ({ name: `${format}${index}`, format, sizeGiB })),
  );
  const buses = ["virtio", "scsi", "sata", "usb"];

  it("works on every bus past the host's cache, grows by fractions, and is settled", async () => {
    const args = (grown: number, { format, sizeGiB }: (typeof disks)[number]): Values =>
      diskArgs("images", { format, sizeGiB: sizeGiB + grown });
    for (const disk of disks) {
      await stack.up("disk", disk.name, args(0, disk));
      expect(await stack.up("disk", disk.name, args(0, disk))).toBe("same");
    }
    run("sh", "-c", `head -c 70001 /dev/urandom > ${host.data}/odd.img`);
    await stack.up("disk", "odd", { ...diskArgs(), sizeGiB: undefined, source: { path: `${host.data}/odd.img` } });
    const names = [...disks.map(({ name }) => name), "odd"];
    await stack.up("guest", "sizes", {
      host: stack.host(),
      vcpus: 1,
      memoryMiB: 64,
      forceOff: true,
      shutdownTimeoutSeconds: 1,
      disks: Object.fromEntries(
        names.map((name, index) => [
          name,
          { disk: stack.disk(name), bus: buses[index % buses.length], cache: index % 2 === 0 ? "none" : "directsync" },
        ]),
      ),
    });
    for (const disk of disks) {
      expect(await stack.up("disk", disk.name, args(1 / 7000, disk))).toBe("updated");
      expect(await stack.up("disk", disk.name, args(1 / 7000, disk))).toBe("same");
      await nextRun();
      expect((await stack.check("disk", disk.name, args(1 / 7000, disk))).drift).toBeUndefined();
    }
    await stack.destroy("sizes");
    for (const name of names) await stack.destroy(name);
  });
});

it("a disk that does not fit, and a pool that cannot start, leave nothing, and can be tried again (8.9)", async () => {
  mkdirSync(`${host.data}/small`);
  host.enter("mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", `${host.data}/small`);
  await stack.up("pool", "small", poolArgs("small"));
  run("sh", "-c", `head -c 4000000 /dev/urandom > ${host.data}/large.img`);
  const args = { pool: stack.pool("small"), format: "raw", source: { path: `${host.data}/large.img` } };
  await expect(stack.up("disk", "large", args)).rejects.toThrow(/Unable to create disk "large.img" in pool "small"/);
  expect(claims()).toBe("");
  expect(host.virsh("vol-list", "small").trim()).toBe("");
  await stack.destroy("small");
  host.enter("umount", `${host.data}/small`);
});
