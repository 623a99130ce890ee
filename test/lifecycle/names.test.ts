/** Names as people write them, for everything that has one: made, found again, changed, listed and removed. */

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { inventory } from "../../provider/libvirt/inventory";
import type { Values } from "../../provider/lifecycle/lifecycle";
import { type PrivateHost, startPrivateHost } from "../support/private-host";
import { disconnect, type Kind, Stack } from "../support/stack";
import { hosts } from "../support/hosts";

let host: PrivateHost;
let stack: Stack;
beforeAll(() => void (host = startPrivateHost()));
beforeEach(async () => {
  stack = new Stack();
  await stack.up("host", "host", { uri: host.uri });
});
afterAll(async () => {
  await disconnect();
  host.stop();
});

/** Law 9: there is nothing to do, and no drift. */
async function settled(kind: Kind, key: string, args: Values): Promise<void> {
  expect(await stack.up(kind, key, args)).toBe("same");
  expect((await stack.check(kind, key, args)).drift).toBeUndefined();
}

/** The last one has letters that C libraries of today do not know, which virsh cannot write. */
const names = [
  "日本語 ü e\u0301",
  "--all",
  "-x two  and   three spaces",
  `it's "said" $(touch pwned); \`id\` & * back\\slash \\x41`,
  "😀 \u{1fae9} \u0378",
  // Xen's management domain has the id 0 and a name that these only begin with.
  "0",
  "Domain-0x",
];

it.each(names)("a pool, disks, a guest and a network called %j (8.2, 8.25)", async (name) => {
  const path = join(host.data, name);
  const pool = { host: stack.host(), type: "dir", name, path };
  await stack.up("pool", "pool", pool);
  await settled("pool", "pool", pool);

  const base = (sizeGiB: number): Values => ({ pool: stack.pool("pool"), name, sizeGiB });
  await stack.up("disk", "base", base(0.01));
  await settled("disk", "base", base(0.01));
  expect(await stack.up("disk", "base", base(0.02))).toBe("updated");
  await settled("disk", "base", base(0.02));
  writeFileSync(join(host.data, "image"), Buffer.alloc(1024 * 1024, 1));
  const filled = {
    pool: stack.pool("pool"),
    name: `${name} 2`,
    format: "raw",
    source: { path: join(host.data, "image") },
  };
  await stack.up("disk", "filled", filled);
  await settled("disk", "filled", filled);
  const overlay = { pool: stack.pool("pool"), name: `${name} 3`, backing: stack.disk("base") };
  await stack.up("disk", "overlay", overlay);
  await settled("disk", "overlay", overlay);
  await expect(stack.destroy("base")).rejects.toThrow(`in use by disk ${name} 3`);

  const network = { host: stack.host(), name, mode: "isolated" };
  await stack.up("network", "network", network);
  await settled("network", "network", network);

  const guest = (called: string): Values => ({
    host: stack.host(),
    name: called,
    title: called,
    vcpus: 1,
    memoryMiB: 64,
    running: false,
    disks: { root: { disk: stack.disk("overlay") } },
    nics: { lan: { network: stack.network("network") } },
  });
  await stack.up("guest", "guest", guest(name));
  await settled("guest", "guest", guest(name));
  expect(await stack.up("guest", "guest", guest(`${name} (renamed)`))).toBe("updated");
  await settled("guest", "guest", guest(`${name} (renamed)`));
  await expect(stack.destroy("overlay")).rejects.toThrow(`in use by guest ${name} (renamed)`);

  for (const key of ["guest", "network", "overlay", "filled", "base", "pool"]) await stack.destroy(key);
  expect(host.virsh("list", "--all", "--name") + host.virsh("pool-list", "--all", "--name")).not.toContain(name);
});

it("a guest whose name is another one's number is itself, whatever happens to it (10)", async () => {
  const xml = join(host.data, "first.xml");
  writeFileSync(
    xml,
    `<domain type='qemu'><name>first</name><memory unit='MiB'>32</memory><os><type>hvm</type></os></domain>`,
  );
  host.virsh("create", xml);
  const id = host.virsh("domid", "first").trim();
  const guest = (title: string): Values => ({
    host: stack.host(),
    name: id,
    title,
    vcpus: 1,
    memoryMiB: 32,
    shutdownTimeoutSeconds: 1,
    forceOff: true,
  });
  await stack.up("guest", "guest", guest("one"));
  expect(await stack.up("guest", "guest", guest("two"))).toBe("updated");
  await settled("guest", "guest", guest("two"));
  await stack.destroy("guest");
  expect(host.virsh("list", "--all", "--name").trim()).toBe("first");
  expect(host.virsh("dumpxml", "first")).not.toContain("<title>");
  host.virsh("destroy", "first");
});

it("names that others gave are listed as they are, white space at their ends included (8.2)", async () => {
  const given = [" in front", "behind ", "both  ways "];
  for (const name of given) {
    const xml = join(host.data, "other.xml");
    writeFileSync(xml, `<network><name>${name}</name></network>`);
    host.virsh("net-define", xml);
    writeFileSync(
      xml,
      `<domain type='qemu'><name>${name}</name><memory>1024</memory><os><type>hvm</type></os></domain>`,
    );
    host.virsh("define", xml);
    mkdirSync(join(host.data, name));
    host.virsh("pool-define-as", name, "dir", "--target", join(host.data, name));
  }
  const listed = inventory(hosts.connect(host.uri));
  for (const kind of ["guests", "networks", "pools"] as const) {
    const found = (await listed[kind]({ fresh: true })).map(({ name }) => name);
    expect(found).toEqual(expect.arrayContaining(given));
  }
});
