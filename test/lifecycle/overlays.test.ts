/** An image that others lie on is not written to: they would be destroyed, and libvirt starts such a guest (8.1). */

import { mkdirSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import type { Values } from "../../provider/lifecycle/lifecycle";
import { nextRun } from "../support/hosts";
import { type PrivateHost, run, startPrivateHost } from "../support/private-host";
import { disconnect, Stack } from "../support/stack";

jest.setTimeout(120_000);

let host: PrivateHost;
let stack: Stack;
let base: string;
beforeAll(async () => {
  host = startPrivateHost();
  stack = new Stack();
  await stack.up("host", "host", { uri: host.uri });
  for (const name of ["images", "other"]) {
    await stack.up("pool", name, { host: stack.host(), type: "dir", path: `${host.data}/${name}` });
  }
  mkdirSync(`${host.data}/elsewhere`);
  symlinkSync(`${host.data}/images`, `${host.data}/alias`);
  base = `${host.data}/images/base.qcow2`;
  // Of what this process has made itself it knows that nobody else has laid anything on it.
  run("qemu-img", "create", "-q", "-f", "qcow2", base, "10M");
  await stack.up("disk", "base", { pool: stack.pool("images"), name: "base.qcow2", adopt: true });
  await stack.up("disk", "own", { pool: stack.pool("images"), sizeGiB: 0.01 });
  await stack.up("guest", "running", args("running"));
});
afterEach(() => {
  for (const name of host
    .virsh("list", "--all", "--name")
    .split("\n")
    .filter((each) => /^(web|theirs|top)$/.test(each))) {
    if (host.virsh("domstate", name).trim() === "running") host.virsh("destroy", name);
    host.virsh("undefine", name);
  }
  for (const name of ["web", "over", "top", "laid"]) stack.forget(name);
  run("sh", "-c", `rm -f ${host.data}/*/over.qcow2 ${host.data}/*/over2.qcow2`);
  for (const uuid of host.virsh("secret-list").match(/\S+(?= +tls .*\/over)/g) ?? [])
    host.virsh("secret-undefine", uuid);
  for (const pool of ["images", "other"]) host.virsh("pool-refresh", pool);
});
afterAll(async () => {
  await disconnect();
  host.stop();
});

const args = (name: string, disks: Values = {}, more: Values = {}): Values => ({
  host: stack.host(),
  name,
  vcpus: 1,
  memoryMiB: 32,
  forceOff: true,
  shutdownTimeoutSeconds: 1,
  disks,
  ...more,
});
const image = (path: string, beneath = base): void =>
  void run("qemu-img", "create", "-q", "-u", "-f", "qcow2", "-F", "qcow2", "-b", beneath, path, "10M");
const byPath = (path: string, more: Values = {}): Values => ({ root: { path, format: "qcow2", ...more } });
const xml = (source: string): string =>
  `<disk type='${source.includes("pool=") ? "volume" : "file"}'><driver name='qemu' type='qcow2'/><source ${source}/><target dev='vda' bus='virtio'/></disk>`;

/** A guest by hand. */
function theirs(disk: string, start: boolean): void {
  const file = `${host.data}/theirs.xml`;
  writeFileSync(
    file,
    `<domain type='qemu'><name>theirs</name><memory unit='MiB'>32</memory><vcpu>1</vcpu>
     <os><type arch='x86_64' machine='q35'>hvm</type></os><devices>${disk}</devices></domain>`,
  );
  host.virsh("define", file);
  if (start) host.virsh("start", "theirs");
}

const overlays: readonly (readonly [string, RegExp, () => unknown])[] = [
  [
    "a Disk of the same stack",
    /disk over\.qcow2 in pool images/,
    () => stack.up("disk", "over", { pool: stack.pool("images"), name: "over.qcow2", backing: stack.disk("base") }),
  ],
  ["an image in another pool", /disk over\.qcow2 in pool other/, () => image(`${host.data}/other/over.qcow2`)],
  [
    "an image that calls it by another name",
    /disk over\.qcow2 in pool other/,
    () => image(`${host.data}/other/over.qcow2`, `${host.data}/alias/base.qcow2`),
  ],
  [
    "what a guest that is off has outside of all pools",
    /the image .*elsewhere\/over\.qcow2/,
    () => {
      image(`${host.data}/elsewhere/over.qcow2`);
      theirs(xml(`file='${host.data}/elsewhere/over.qcow2'`), false);
    },
  ],
];

describe.each(overlays)("%s lies on it", (_title, by, lay) => {
  const refusal = (path: string): RegExp => new RegExp(`^${path}: .*base\\.qcow2 lies beneath ${by.source}.*readOnly`);
  beforeEach(async () => {
    await lay();
    // A look that showed nobody serves for a moment.
    await nextRun();
  });

  it("no new guest writes to it, by path, by Disk and by another name", async () => {
    await expect(stack.check("guest", "web", args("web", byPath(base)))).rejects.toThrow(refusal("disks.root"));
    const disk = { root: { disk: stack.disk("base") } };
    await expect(stack.check("guest", "web", args("web", disk))).rejects.toThrow(refusal("disks.root"));
    await expect(stack.check("guest", "web", args("web", byPath(`${host.data}/alias/base.qcow2`)))).rejects.toThrow(
      refusal("disks.root"),
    );
    await expect(stack.check("guest", "web", args("web", byPath(base, { shareable: true })))).rejects.toThrow(
      refusal("disks.root"),
    );
  });

  it("nor does a running guest get it, nor one whose disk becomes writable", async () => {
    const wanted = args("running", byPath(base));
    await expect(stack.check("guest", "running", wanted)).rejects.toThrow(refusal("disks.root"));
    const before = host.virsh("dumpxml", "running");
    await expect(stack.up("guest", "running", { ...wanted, restart: "ifNeeded" })).rejects.toThrow(
      refusal("disks.root"),
    );
    expect(host.virsh("dumpxml", "running")).toBe(before);
    await stack.up("guest", "web", args("web", byPath(base, { readOnly: true })));
    const writable = args("web", byPath(base), { restart: "ifNeeded" });
    await expect(stack.up("guest", "web", writable)).rejects.toThrow(refusal("disks.root"));
    expect(host.virsh("domstate", "web").trim()).toBe("running");
  });

  it("nor by raw XML", async () => {
    const wanted = args("web", {}, { xml: { raw: { fragment: xml(`file='${base}'`), at: "devices" } } });
    await expect(stack.check("guest", "web", wanted)).rejects.toThrow(refusal("xml"));
  });
});

describe("what is no such image is taken", () => {
  it("one that only reads it, and a disk on top of it", async () => {
    image(`${host.data}/other/over.qcow2`);
    await stack.up("guest", "web", args("web", byPath(base, { readOnly: true })));
    await stack.up("guest", "top", args("top", byPath(`${host.data}/other/over.qcow2`)));
    expect(host.virsh("domblklist", "top")).toContain("other/over.qcow2");
  });

  it("a snapshot's own base, after the snapshot was merged and its file stayed", async () => {
    await stack.up("guest", "web", args("web", { root: { disk: stack.disk("own") } }));
    const snapshot = `${host.data}/images/over.qcow2`;
    host.virsh("snapshot-create-as", "web", "s", "--disk-only", "--no-metadata", "--diskspec", `vda,file=${snapshot}`);
    await nextRun();
    expect(await stack.up("guest", "web", args("web", { root: { disk: stack.disk("own"), cache: "none" } }))).toBe(
      "updated",
    );
    host.virsh("blockcommit", "web", "vda", "--active", "--pivot", "--wait");
    await nextRun();
    expect(await stack.up("guest", "web", args("web", { root: { disk: stack.disk("own") } }))).toBe("updated");
    const off = args("web", { root: { disk: stack.disk("own") } }, { running: false });
    await stack.up("guest", "web", off);
    expect(await stack.up("guest", "web", { ...off, running: true })).toBe("updated");
  });
});

it("nobody's pool is stopped by the look, whose folder is away for a moment", async () => {
  const folder = `${host.data}/away`;
  mkdirSync(folder);
  host.virsh("pool-define-as", "away", "dir", "--target", folder);
  host.virsh("pool-start", "away");
  renameSync(folder, `${folder}-now`);
  await nextRun();
  expect(await stack.check("guest", "web", args("web", byPath(base)))).toBeDefined();
  expect(host.virsh("pool-list", "--name")).toContain("away");
  renameSync(`${folder}-now`, folder);
});

describe("a guest writes to it: no disk is laid on it", () => {
  const backed = (): Values => ({ pool: stack.pool("other"), name: "over2.qcow2", backing: stack.disk("base") });
  const writers: readonly (readonly [string, () => void])[] = [
    ["by its path", () => theirs(xml(`file='${base}'`), true)],
    ["as a volume", () => theirs(xml("pool='images' volume='base.qcow2'"), true)],
    ["by another name", () => theirs(xml(`file='${host.data}/alias/base.qcow2'`), true)],
  ];
  it.each(writers)("%s: the preview warns, and the `up` refuses it", async (_title, write) => {
    write();
    await nextRun();
    expect(await stack.check("disk", "laid", backed())).toBeDefined();
    await expect(stack.up("disk", "laid", backed())).rejects.toThrow(
      /backing: .*guest "theirs" writes to .*Nothing was changed/,
    );
    expect(host.virsh("vol-list", "other")).not.toContain("over2");
    expect(host.virsh("secret-list")).not.toContain("over2");
    host.virsh("destroy", "theirs");
    await nextRun();
    expect(await stack.up("disk", "laid", backed())).toBe("created");
  });

  it.each(writers)("%s: nor does another guest write to it", async (_title, write) => {
    write();
    await nextRun();
    await expect(stack.up("guest", "web", args("web", byPath(base)))).rejects.toThrow(
      /disks.root: .*running guest "theirs", which writes to it/,
    );
  });

  it("one that reads is in nobody's way", async () => {
    theirs(xml(`file='${base}'`).replace("</disk>", "<readonly/></disk>"), true);
    await nextRun();
    expect(await stack.up("disk", "laid", backed())).toBe("created");
  });
});
