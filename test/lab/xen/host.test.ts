/** The emulated Xen host by itself, asked by plain virsh: what every test through the provider stands on. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { startLabHost } from "../../support/lab-host";
import type { TestHost } from "../../support/test-host";
import { until } from "../../support/until";
import { WatchedGuest } from "../../support/watched-guest";

let host: TestHost;
beforeAll(() => {
  host = startLabHost("xen");
  host.installGuestImage();
}, 900_000);
afterAll(() => {
  for (const name of ["pv", "pvh", "hvm"]) {
    for (const verb of ["destroy", "undefine"]) host.enter("sh", "-c", `virsh ${verb} ${name} 2>&1 || true`);
  }
  host.stop();
});

/** Kinds of guests by the names of their files, each as its own kernel calls it. */
const kinds = [
  ["pv", "PV"],
  ["pvh", "PVH"],
] as const;

it("is Xen 4.17 with libvirt 9.0, reached by xen+ssh", () => {
  expect(host.uri).toMatch(/^xen\+ssh:\/\/root@127\.0\.0\.1:\d+\/system/);
  const said = host.virsh("version", "--daemon");
  expect(said).toContain("Running hypervisor: Xen 4.17");
  expect(said).toContain("Running against daemon: 9.0.0");
});

it("lists Domain-0 as a guest among others", () => {
  expect(host.virsh("list", "--all")).toMatch(/^\s*0\s+Domain-0\s+running$/m);
});

it("has devices to pass on, and an IOMMU that Xen uses", () => {
  const devices = host.virsh("nodedev-list", "--cap", "pci").split("\n");
  expect(devices).toEqual(expect.arrayContaining(["pci_0000_01_00_0", "pci_0000_02_00_0", "pci_0000_00_12_0"]));
  const capabilities = /^virt_caps\s*:(.*)$/m.exec(host.enter("xl", "info"))?.[1]?.trim().split(" ");
  expect(capabilities).toEqual(expect.arrayContaining(["pv", "hvm", "pv_directio", "hvm_directio"]));
});

/** Defines it as it stands in guests/NAME.xml, with a disk that begins with `of-NAME`, and starts it. */
function start(name: string): void {
  host.enter("sh", "-c", `printf %-8s of-${name} >${host.data}/${name}.img; truncate -s 16M ${host.data}/${name}.img`);
  const xml = readFileSync(join(__dirname, `guests/${name}.xml`), "utf8").replaceAll("@FOLDER@", host.data);
  host.write(`${host.data}/${name}.xml`, xml);
  host.enter("virsh", "define", "--validate", `${host.data}/${name}.xml`);
  host.enter("virsh", "start", name);
}

describe.each(kinds)("a guest defined from %s.xml", (name, kind) => {
  it("starts, sees its hardware and reads its disk", async () => {
    start(name);
    const guest = WatchedGuest.onXen(host, name);
    await guest.says(new RegExp(`is a guest of Xen: ${kind}\\s`));
    await guest.sees(/^cpus=1 memory=\d+MiB disks: xvda=16MiB cards: eth0=00:16:3e:00:00:0\d/);
    await guest.says(new RegExp(`guest: reads xvda=${Buffer.from(`of-${name}`.padEnd(8)).toString("hex")}`));
  });

  it("shuts down when it is asked to", async () => {
    host.enter("virsh", "shutdown", name);
    await until(() => host.enter("virsh", "domstate", name).trim() === "shut off");
    expect(WatchedGuest.onXen(host, name).console).toContain("guest: asked for poweroff");
  });
});

// That it boots to the end, which takes minutes, is seen once: through the provider.
it("starts a guest defined from hvm.xml, in the firmware of Xen and a QEMU of its own", () => {
  start("hvm");
  expect(host.enter("virsh", "domstate", "hvm").trim()).toBe("running");
  const id = host.enter("virsh", "domid", "hvm").trim();
  expect(host.enter("pgrep", "-af", `xen-domid ${id} `)).toContain(`-kernel ${host.data}/kernel`);
});
