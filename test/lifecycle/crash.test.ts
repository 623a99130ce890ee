/** Creations that were cut short, at every point where they can be: the next `up` finds its own and finishes it (law 8). */

import { writeFileSync } from "node:fs";
import type { Values } from "../../provider/lifecycle/lifecycle";
import { type PrivateHost, run, startPrivateHost } from "../support/private-host";
import { disconnect, type Kind, Stack } from "../support/stack";

let host: PrivateHost;
let stack: Stack;
beforeAll(async () => {
  host = startPrivateHost();
  stack = new Stack();
  await stack.up("host", "host", { uri: host.uri });
});
afterAll(async () => {
  await disconnect();
  host.stop();
});

const poolArgs = (): Values => ({ host: stack.host(), type: "dir", path: `${host.data}/pool` });
const networkArgs = (): Values => ({ host: stack.host(), mode: "isolated" });
const guestArgs = (): Values => ({ host: stack.host(), vcpus: 1, memoryMiB: 64, running: false, autostart: true });

/** As when the process died before the engine recorded anything: what is on the host is all that is left. */
async function again(kind: Kind, name: string, args: Values): Promise<void> {
  const { id } = stack.get(name);
  stack.forget(name);
  expect(await stack.up(kind, name, args)).toBe("created");
  expect(stack.get(name).id).toBe(id);
  expect(await stack.up(kind, name, args)).toBe("same");
}

/** Defines the object again with the mark of an unfinished creation. */
function unfinish(dump: string, define: string, name: string): void {
  const text = host.virsh(dump, "--inactive", name);
  expect(text).toContain('state="finished"');
  writeFileSync(`${host.data}/unfinished.xml`, text.replace('state="finished"', 'state="unfinished"'));
  host.virsh(define, `${host.data}/unfinished.xml`);
}

it("a pool: defined and not started; started and not recorded", async () => {
  await stack.up("pool", "pool", poolArgs());
  host.virsh("pool-destroy", "pool");
  host.virsh("pool-autostart", "--disable", "pool");
  await again("pool", "pool", poolArgs());
  await again("pool", "pool", poolArgs());
});

it("a network: defined and not started; started and not marked; all of it and not recorded", async () => {
  await stack.up("network", "net", networkArgs());
  unfinish("net-dumpxml", "net-define", "net");
  await again("network", "net", networkArgs());
  unfinish("net-dumpxml", "net-define", "net");
  host.virsh("net-destroy", "net");
  host.virsh("net-autostart", "--disable", "net");
  await again("network", "net", networkArgs());
  await again("network", "net", networkArgs());
});

it("a guest: defined and nothing else; all of it and not recorded", async () => {
  await stack.up("guest", "guest", guestArgs());
  unfinish("dumpxml", "define", "guest");
  host.virsh("autostart", "--disable", "guest");
  await again("guest", "guest", guestArgs());
  await again("guest", "guest", guestArgs());
});

it("a disk: claimed and not made; made and not filled; filled and not marked; all of it and not recorded", async () => {
  run("sh", "-c", `head -c 1000000 /dev/urandom > ${host.data}/seed.img`);
  const args = { pool: stack.pool("pool"), format: "raw", source: { path: `${host.data}/seed.img` } };
  await stack.up("disk", "disk", args);
  const uuid = /^\s*(\S+)\s+tls pulumi-virt:volume:\//m.exec(host.virsh("secret-list"))?.[1] ?? "";
  const unclaim = (): void => {
    writeFileSync(
      `${host.data}/secret.xml`,
      host.virsh("secret-dumpxml", uuid).replace("state=finished", "state=unfinished"),
    );
    host.virsh("secret-define", `${host.data}/secret.xml`);
  };
  const path = `${host.data}/pool/disk.img`;
  unclaim();
  await again("disk", "disk", args);
  unclaim();
  host.enter("sh", "-c", `head -c 1000000 /dev/zero > ${path}`);
  await again("disk", "disk", args);
  expect(run("cmp", "--bytes=1000000", path, `${host.data}/seed.img`)).toBe("");
  unclaim();
  host.virsh("vol-delete", "--pool", "pool", "disk.img");
  await again("disk", "disk", args);
  expect(run("cmp", "--bytes=1000000", path, `${host.data}/seed.img`)).toBe("");
  await again("disk", "disk", args);
});

it("a stranger's object of the same name is refused at every one of these points", async () => {
  const twin = new Stack();
  await twin.up("host", "host", { uri: host.uri });
  const at = { host: twin.host() };
  await expect(twin.up("pool", "pool", { ...poolArgs(), ...at })).rejects.toThrow(/which another stack manages/);
  await expect(twin.up("network", "net", { ...networkArgs(), ...at })).rejects.toThrow(/which another stack manages/);
  await expect(twin.up("guest", "guest", { ...guestArgs(), ...at })).rejects.toThrow(/which another stack manages/);
  const disk = { pool: { ...stack.pool("pool"), ...at }, sizeGiB: 0.01, name: "disk.img", format: "raw" };
  await expect(twin.up("disk", "disk", disk)).rejects.toThrow(/another resource has claimed/);
});
