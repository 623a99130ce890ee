/**
 * Volume groups and NFS, for real. They need a kernel with device mapper and an NFS server: a machine without them cannot
 * run these tests, and says so by name. (Run on an emulated host with Debian 13's libvirt 11.3, lvm2 and nfs-kernel-server.)
 */

import { readFileSync } from "node:fs";
import type { Values } from "../../provider/lifecycle/lifecycle";
import { type PrivateHost, startPrivateHost } from "../support/private-host";
import { disconnect, Stack } from "../support/stack";

const kernelHas = (file: string, what: string): boolean =>
  new RegExp(`\\b${what}$`, "m").test(readFileSync(file, "utf8"));
const hasVolumeGroups = kernelHas("/proc/misc", "device-mapper");
const hasNfs = kernelHas("/proc/filesystems", "nfsd");

// An emulated machine takes its time.
jest.setTimeout(300_000);

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

/** Law 9: there is nothing to do, and no drift. */
async function settled(kind: "pool" | "disk", name: string, args: Values): Promise<void> {
  expect(await stack.up(kind, name, args)).toBe("same");
  expect((await stack.check(kind, name, args)).drift).toBeUndefined();
}

const volumeGroups = hasVolumeGroups ? it : it.skip;
volumeGroups(`a volume group${hasVolumeGroups ? "" : " (SKIPPED: no device mapper in this kernel)"}`, async () => {
  const device = host
    .enter("sh", "-c", "truncate -s 200M /var/tmp/test-pv.img; losetup --find --show /var/tmp/test-pv.img")
    .trim();
  try {
    const args = { host: stack.host(), type: "logical", source: { name: "test-group", devices: [device] } };
    await expect(stack.up("pool", "group", args)).rejects.toThrow(/cannot find logical volume group/);
    await stack.up("pool", "group", { ...args, build: true });
    await settled("pool", "group", { ...args, build: true });
    // Rounded up to whole extents, which is no difference.
    const volume = { pool: stack.pool("group"), sizeGiB: 0.03 };
    await stack.up("disk", "volume", volume);
    await settled("disk", "volume", volume);
    expect(stack.get("volume").outputs.format).toBe("raw");
    await expect(stack.up("disk", "large", { ...volume, sizeGiB: 1 })).rejects.toThrow(
      /insufficient free space[\s\S]*Nothing is left/,
    );
    await stack.up("disk", "over", { pool: stack.pool("group"), backing: stack.disk("volume"), sizeGiB: 0.03125 });
    await expect(stack.destroy("volume")).rejects.toThrow(/in use by disk over/);
    await stack.destroy("over");
    await stack.destroy("volume");
    await stack.destroy("group");
    // Neither is the group taken apart, nor another one made over what the device holds.
    const other = { ...args, source: { name: "test-other", devices: [device] }, build: true };
    await expect(stack.up("pool", "other", other)).rejects.toThrow(/already formatted using 'LVM2_member'/);
    expect(await stack.up("pool", "group", args)).toBe("created");
    await stack.destroy("group");
  } finally {
    host.enter("sh", "-c", `vgremove -fy test-group; losetup --detach ${device}; rm -f /var/tmp/test-pv.img`);
  }
});

const shares = hasNfs ? it : it.skip;
shares(`an NFS share${hasNfs ? "" : " (SKIPPED: no NFS server in this kernel)"}`, async () => {
  host.enter(
    "sh",
    "-c",
    "mkdir -p /srv/test-share && chmod 777 /srv/test-share && systemctl start nfs-server && systemctl stop nfs-server",
  );
  // A server that has just started makes its first clients wait for a minute and a half.
  host.enter("sh", "-c", "echo 10 >/proc/fs/nfsd/nfsv4gracetime; systemctl start nfs-server");
  host.enter("exportfs", "-o", "rw,no_root_squash,no_subtree_check", "127.0.0.1:/srv/test-share");
  try {
    const args = {
      host: stack.host(),
      type: "netfs",
      path: "/var/lib/test-share",
      source: { host: "127.0.0.1", directory: "/srv/test-share", format: "nfs" },
    };
    await stack.up("pool", "share", args);
    await settled("pool", "share", args);
    const disk = (sizeGiB: number): Values => ({ pool: stack.pool("share"), sizeGiB });
    await stack.up("disk", "remote", disk(0.01));
    await settled("disk", "remote", disk(0.01));
    expect(host.enter("ls", "/srv/test-share").trim()).toBe("remote.qcow2");
    expect(await stack.up("disk", "remote", disk(0.02))).toBe("updated");
    await settled("disk", "remote", disk(0.02));
    await stack.destroy("remote");
    await stack.destroy("share");
  } finally {
    host.enter("exportfs", "-u", "127.0.0.1:/srv/test-share");
  }
});
