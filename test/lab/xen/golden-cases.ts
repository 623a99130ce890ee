/**
 * Golden cases of Xen through the provider: libxl defines them and starts them, nothing is left to do then, and what libvirt
 * made of each is what stands in test/golden/read-back (UPDATE_GOLDEN=1 rewrites it).
 */

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { goldenCase, goldenNames, readBackFile } from "../../support/golden";
import { startLabHost } from "../../support/lab-host";
import { nextRun } from "../../support/hosts";
import { settled } from "../../support/settled";
import { disconnect, Stack } from "../../support/stack";
import type { TestHost } from "../../support/test-host";
import { WatchedGuest } from "../../support/watched-guest";
import { tripleFaults } from "./triple-faults";

/** What the cases name: images, a logical volume (a loop device under its name), one with a guest's system, bridges. */
const belongings = `
  set -e
  mkdir -p /srv/guests /srv/iso /dev/vg0
  cp "$1/kernel" /boot/vmlinuz
  cp "$1/initrd" /boot/initrd
  truncate -s 16M /srv/guests/old.img /srv/iso/installer.iso /srv/data.img /srv/fixed.img
  mkdir -p /srv/root/boot/grub
  cp "$1/kernel" "$1/initrd" /srv/root/boot
  printf 'default 0\\ntimeout 0\\ntitle Linux\\nroot (hd0)\\nkernel /boot/kernel console=hvc0\\ninitrd /boot/initrd\\n' \\
    >/srv/root/boot/grub/menu.lst
  mkfs.ext4 -q -O ^metadata_csum -d /srv/root /srv/root.img 64M
  ln -sf "$(losetup --find --show /srv/data.img)" /dev/vg0/data
  ln -sf "$(losetup --find --show /srv/fixed.img)" /dev/vg0/fixed
  ln -sf "$(losetup --find --show /srv/root.img)" /dev/vg0/root
  ip link add br0 type bridge
  ip link set br0 up`;

/** Those with devices of the host, or those without: they need another machine each (decisions/lab-xen.md). */
export function startsGoldenCases({ withDevices }: { readonly withDevices: boolean }): void {
  const cases = goldenNames("guest").filter((name) => {
    const { host: known, inputs } = goldenCase("guest", name);
    return known.profile.name === "xen" && (inputs.passthrough !== undefined) === withDevices;
  });
  let host: TestHost;
  const stack = new Stack("golden");

  beforeAll(async () => {
    host = startLabHost("xen");
    host.installGuestImage();
    host.enter("sh", "-c", belongings, "belongings", host.data);
    await stack.up("host", "host", { uri: host.uri });
    await stack.up("pool", "guests", { host: stack.host(), name: "guests", type: "dir", path: "/srv/guests" });
    await stack.up("disk", "root", { pool: stack.pool("guests"), name: "root.qcow2", sizeGiB: 0.25 });
    await stack.up("network", "lan", { host: stack.host(), name: "lan", mode: "isolated" });
  }, 900_000);
  afterAll(async () => {
    for (const name of ["root", "guests", "lan", "host"]) await stack.destroy(name);
    await disconnect();
    host.enter("sh", "-c", "losetup --detach-all; rm -r /dev/vg0 /srv/root /srv/*.img; ip link del br0");
    host.stop();
  });

  const forget = (name: string): void => {
    const uuid = String(goldenCase("guest", name).inputs.uuid);
    stack.kept.delete(name);
    host.enter("sh", "-c", `virsh destroy ${uuid}; virsh undefine ${uuid} --managed-save; true`);
  };
  // What one that failed left behind is not the next one's trouble.
  afterEach(() => cases.filter((name) => stack.kept.has(name)).forEach(forget));

  /** Of every object that the host and the program's other resources are, this run's own. */
  function here(value: unknown): unknown {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
    if ("uri" in value) return stack.host();
    if ("pool" in value) return stack.disk("root");
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, here(inner)]));
  }

  it.each(cases)("%s", async (name) => {
    const faults = tripleFaults(host);
    await startsAsWritten(name).catch(async (error: unknown) => {
      if (tripleFaults(host) === faults) throw error;
      console.warn(`${name}: the emulated processor failed the guest (triple fault); it is asked once more`);
      forget(name);
      await nextRun();
      await startsAsWritten(name);
    });
  });

  const startsAsWritten = async (name: string): Promise<void> => {
    const inputs = here(goldenCase("guest", name).inputs) as Record<string, unknown>;
    // UEFI writes to CR8 at each interrupt, of which the machine that the host is emulated on dies (decisions/lab-xen.md).
    const mayRun = inputs.firmware !== "efi";
    expect(await stack.up("guest", name, { ...inputs, running: mayRun })).toBe("created");
    const uuid = String(inputs.uuid);
    if (!mayRun) host.virsh("start", "--paused", uuid);
    expect(host.virsh("domstate", uuid).trim()).toBe(mayRun ? "running" : "paused");
    if (mayRun) {
      await settled(stack, name);
      expect(stack.get(name).facts.pending).toEqual([]);
    }
    // libvirt hears nothing of a device that did not come to be: the guest tells.
    if (name.endsWith("-everything") && inputs.boot !== undefined) {
      const disks = `xvda=256MiB xvdb=16MiB xvdc=16MiB${inputs.virtualization === "pvh" ? "" : " xvdd=16MiB"}`;
      await WatchedGuest.onXen(host, String(inputs.name)).sees(new RegExp(` disks: ${disks} cards: eth0=\\S+ eth1=`));
    }
    // What our mark says beside is this run's own.
    const held = host
      .virsh("dumpxml", "--inactive", "--security-info", uuid)
      .replace(/(<pulumi-virt:resource xmlns:pulumi-virt="[^"]*")[^>]*?(\/?>)/, "$1$2");
    // Nothing in most of these guests would hear the power button.
    host.virsh("destroy", uuid);
    await stack.destroy(name);
    const file = readBackFile(name);
    if (process.env.UPDATE_GOLDEN === "1" || !existsSync(file)) writeFileSync(file, held);
    expect(held).toBe(readFileSync(file, "utf8"));
  };
}
