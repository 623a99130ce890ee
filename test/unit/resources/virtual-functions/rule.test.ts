/** The rule of udev, to the letter: its text is what is compared. */

import { ruleFor, rulePath } from "../../../../provider/resources/virtual-functions/rule";
import type { PciDevice } from "../../../../provider/libvirt/node-device";

const device: PciDevice = {
  kind: "pci",
  name: "pci_0000_03_00_0",
  address: "0000:03:00.0",
  vendor: { id: "8086" },
  product: { id: "10c9" },
  isBridge: false,
  mdevTypes: [],
};
const inputs = { host: { uri: "qemu:///system" }, uuid: "u", pci: { interface: "enp3s0" }, count: 4 };
const header =
  "# Made by pulumi-virt for the resource VirtualFunctions of the claim u, which rewrites it, and removes it in the end.\n";
const match = `ACTION=="add|bind", SUBSYSTEM=="pci", KERNEL=="0000:03:00.0", DRIVER=="?*", ATTR{vendor}=="0x8086", ATTR{device}=="0x10c9", ATTR{sriov_numvfs}="4"`;

it("divides the device, brings its interface up, and sets its functions", () => {
  expect(rulePath(device.address)).toBe("/etc/udev/rules.d/70-pulumi-virt-0000:03:00.0.rules");
  expect(ruleFor({ ...inputs, functions: { "0": { trust: true, spoofCheck: false } } }, device)).toBe(
    `${header}${match}, RUN+="/bin/sh -c 'PATH=/usr/sbin:/usr/bin:/sbin:/bin; for way in /sys%p/net/*; do [ -e $$way ] || continue; ip link set dev $\${way##*/} up; ip link set dev $\${way##*/} vf 0 trust on; ip link set dev $\${way##*/} vf 0 spoofchk off; done'"\n`,
  );
});

it("runs nothing where there is nothing to run", () => {
  expect(ruleFor({ ...inputs, up: false }, device)).toBe(`${header}${match}\n`);
});
