/** The emulated Xen host by itself, asked by plain virsh: what every test through the provider stands on. */

import { startLabHost } from "../../support/lab-host";
import type { TestHost } from "../../support/test-host";

let host: TestHost;
beforeAll(() => {
  host = startLabHost("xen");
}, 900_000);
afterAll(() => host.stop());

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
