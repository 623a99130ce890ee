/** What uses a volume or a pool, wherever it is written down: nothing is removed from under it, and nothing else is in the way. */

import { existsSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { wordsOf } from "../../provider/hypervisors/profile-of";
import { Hosts, statistics } from "../../provider/libvirt/connection";
import { filesInFolder } from "../../provider/libvirt/folder-look";
import type { Values } from "../../provider/lifecycle/lifecycle";
import { type PrivateHost, run, startPrivateHost } from "../support/private-host";
import { disconnect, Stack } from "../support/stack";
import { hosts } from "../support/hosts";

jest.setTimeout(120_000);

let host: PrivateHost;
let stack: Stack;
let folder: string;
let base: string;

beforeAll(async () => {
  host = startPrivateHost();
  stack = new Stack();
  folder = `${host.data}/images`;
  base = `${folder}/base.qcow2`;
  await stack.up("host", "host", { uri: host.uri });
  await stack.up("pool", "images", poolArgs("images"));
  await stack.up("pool", "other", poolArgs("other"));
  symlinkSync(folder, `${host.data}/alias`);
  for (const name of ["elsewhere", "sleeping"]) mkdirSync(`${host.data}/${name}`);
  host.virsh("pool-define-as", "sleeping", "dir", "--target", `${host.data}/sleeping`);
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
const diskArgs = (pool: string, more: Values = {}): Values => ({ pool: stack.pool(pool), sizeGiB: 0.01, ...more });

/** A guest by hand, in the words of libvirt. */
function define(devices: string, os = "", arguments_ = ""): void {
  const file = `${host.data}/guest.xml`;
  writeFileSync(
    file,
    `<domain type='qemu' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'><name>web</name><memory unit='MiB'>64</memory>
     <os><type arch='x86_64' machine='q35'>hvm</type>${os}</os><devices>${devices}</devices>${arguments_}</domain>`,
  );
  host.virsh("define", file);
}
const file = (path: string, type = "qcow2", target = "dev='vda' bus='virtio'"): string =>
  `<disk type='file'><driver name='qemu' type='${type}'/><source file='${path}'/><target ${target}/></disk>`;
const volume = (pool: string): string =>
  `<disk type='volume'><driver name='qemu' type='qcow2'/><source pool='${pool}' volume='base.qcow2'/><target dev='vda' bus='virtio'/></disk>`;
const image = (path: string, beneath = base): void =>
  void run("qemu-img", "create", "-q", "-u", "-f", "qcow2", "-F", "qcow2", "-b", beneath, path, "10M");
const json = (value: object): string => `json:${JSON.stringify(value)}`;

const overlays: readonly [string, () => string][] = [
  ["by its path", () => base],
  ["by a path with doubled slashes", () => `${host.data}//images/./base.qcow2`],
  ["by a relative path", () => "../images/base.qcow2"],
  ["through a symbolic link", () => `${host.data}/alias/base.qcow2`],
  ["as file:", () => `file:${base}`],
  ["as json:", () => json({ driver: "qcow2", file: { driver: "file", filename: base } })],
  ["as json: with dotted keys", () => json({ driver: "qcow2", "file.filename": `${host.data}/alias/base.qcow2` })],
];

interface Row {
  readonly what: string;
  readonly use: () => void;
  readonly by: RegExp;
}

const rows: readonly Row[] = [
  ...overlays.map(([what, beneath]): Row => ({
    what: `an overlay in another pool, ${what}`,
    use: () => image(`${host.data}/other/over.qcow2`, beneath()),
    by: /in use by disk over\.qcow2 in pool other\./,
  })),
  {
    what: "an overlay in a pool that is not active",
    use: () => image(`${host.data}/sleeping/over.qcow2`),
    by: /in use by the image .*\/sleeping\/over\.qcow2/,
  },
  {
    what: "a guest that is off, on an overlay of an overlay outside all pools",
    use: () => {
      image(`${host.data}/elsewhere/one.qcow2`);
      image(`${host.data}/elsewhere/two.qcow2`, "one.qcow2");
      define(file(`${host.data}/elsewhere/two.qcow2`));
    },
    by: /in use by the image .*\/elsewhere\/one\.qcow2/,
  },
  { what: "a guest that is off, as a volume", use: () => define(volume("images")), by: /by guest web\./ },
  {
    what: "a guest that is off, as a volume of another pool of the same folder",
    use: () => {
      host.virsh("pool-define-as", "same", "dir", "--target", `${host.data}/alias`);
      define(volume("same"));
    },
    by: /by guest web\./,
  },
  {
    what: "a running guest, as a volume",
    use: () => {
      define(volume("images"));
      host.virsh("start", "web");
    },
    by: /by guest web\./,
  },
  {
    what: "a running guest whose definition has dropped it",
    use: () => {
      define(file(`${host.data}/alias/base.qcow2`));
      host.virsh("start", "web");
      host.virsh("detach-disk", "web", "vda", "--config");
    },
    by: /by guest web\./,
  },
  { what: "a trailing slash", use: () => define(file(`${base}/`)), by: /by guest web\./ },
  {
    what: "a CD-ROM drive",
    use: () => define(file(base, "raw", "dev='sda' bus='sata'").replace("'file'>", "'file' device='cdrom'>")),
    by: /by guest web\./,
  },
  { what: "a kernel", use: () => define("", `<kernel>${base}</kernel>`), by: /by guest web\./ },
  {
    what: "QEMU's own arguments",
    use: () =>
      define(
        "",
        "",
        `<qemu:commandline><qemu:arg value='-drive'/><qemu:arg value='file=${base},if=none'/></qemu:commandline>`,
      ),
    by: /by guest web\./,
  },
  {
    what: "a snapshot that would need it",
    use: () => {
      define(file(base));
      host.virsh("snapshot-create-as", "web", "before");
      host.virsh("detach-disk", "web", "vda", "--config");
    },
    by: /by snapshot before of guest web\./,
  },
  {
    what: "a saved guest whose definition has dropped it",
    use: () => {
      define(file(base));
      host.virsh("start", "web");
      host.virsh("managedsave", "web");
      host.virsh("detach-disk", "web", "vda", "--config");
    },
    by: /by guest web\./,
  },
];

function unused(): void {
  for (const words of [["destroy"], ["undefine", "--snapshots-metadata", "--managed-save"]]) {
    try {
      host.virsh(words[0] ?? "", "web", ...words.slice(1));
    } catch {
      // There is no such guest, or it does not run.
    }
  }
  for (const pool of ["same", "share", "group"])
    if (host.virsh("pool-list", "--all", "--name").includes(pool)) host.virsh("pool-undefine", pool);
  run("sh", "-c", `rm -f ${host.data}/other/* ${host.data}/elsewhere/* ${host.data}/sleeping/*`);
}

describe("a disk is not deleted while it is used by (8.1)", () => {
  beforeEach(async () => {
    if (!existsSync(base)) await stack.up("disk", "base", diskArgs("images"));
  });
  afterEach(() => {
    unused();
    expect(host.virsh("pool-list", "--all", "--name")).not.toContain("pulumi-virt-look");
  });

  it.each(rows)("$what", async ({ use, by }) => {
    use();
    await expect(stack.destroy("base")).rejects.toThrow(by);
    expect(existsSync(base)).toBe(true);
  });

  it("anything that cannot be seen: an error while looking is not nobody", async () => {
    host.virsh("pool-define-as", "share", "netfs", "--source-host", "nas", "--source-path", "/x", "--target", "/mnt");
    await expect(stack.destroy("base")).rejects.toThrow(
      /whether anything uses it cannot be seen: pool "share" is not active.*Nothing was changed[\s\S]*virsh pool-undefine share/,
    );
    expect(existsSync(base)).toBe(true);
  });

  it("nobody: a namesake, a guest whose folder is gone and pools that hold no files are not in the way", async () => {
    run("cp", base, `${host.data}/other/base.qcow2`);
    define(file(`${host.data}/other/base.qcow2`) + file("/nowhere/at/all.qcow2", "qcow2", "dev='vdb' bus='virtio'"));
    host.virsh("pool-define-as", "group", "logical", "--source-name", "group");
    await stack.destroy("base");
    host.virsh("pool-undefine", "group");
    expect(existsSync(base)).toBe(false);
    expect(host.virsh("secret-list")).not.toContain("pulumi-virt:volume:/");
  });
});

it("a look whose process was killed is ended by the first look an hour later", async () => {
  const lookSince = (minutes: number): string => `pulumi-virt-look-${Date.now() - minutes * 60_000}-0123456789ab`;
  const [old, young] = [lookSince(61), lookSince(59)];
  // libvirt takes one path for one pool.
  host.virsh("pool-create-as", old, "dir", "--target", `${folder}/.`);
  host.virsh("pool-create-as", young, "dir", "--target", `${folder}/./.`);
  const another = new Hosts(wordsOf);
  await filesInFolder(another.connect(host.uri), folder);
  await another.close();
  const pools = host.virsh("pool-list", "--name");
  expect(pools).not.toContain(old);
  expect(pools).toContain(young);
  host.virsh("pool-destroy", young);
});

it("many disks are refreshed and deleted with few looks: the cost is linear (8.1, 9)", async () => {
  const names = Array.from({ length: 24 }, (_, index) => `many${index}`);
  await Promise.all(names.map((name) => stack.up("disk", name, diskArgs("images", { format: "raw" }))));
  const commands = (): number => statistics(hosts.connect(host.uri)).commands;
  const beforeRefresh = commands();
  for (const name of names) expect(await stack.refresh(name)).toBeDefined();
  // The volume and its claim, and now and then the listings that all share. None of it asks the host about every volume.
  expect(commands() - beforeRefresh).toBeLessThan(24 * 3);
  const before = commands();
  await Promise.all(names.map((name) => stack.destroy(name)));
  // One look asks each volume once; a look for each disk would be 24 * 24.
  expect(commands() - before).toBeLessThan(24 * 14);
});
