/** Which device a program means, and what can only be passed on with it, on machines of many kinds (11.1, 11.3). */

import { candidates, companionsOf, findDevice, inWords } from "../../../../provider/resources/passthrough-device/find";
import { devicesOf } from "../../../support/machines";

type Selector = Parameters<typeof findDevice>[0]["pci"];

function found(machine: string, pci: Selector): string {
  const search = findDevice({ pci }, devicesOf(machine));
  return "none" in search ? search.none : search.device.address;
}

it.each<readonly [string, Selector, string]>([
  ["desktop-nvidia", { vendor: "10de", product: "2184" }, "0000:01:00.0"],
  ["desktop-nvidia", { address: "01:00.1" }, "0000:01:00.1"],
  ["server-i350", { vendor: "8086", product: "1521", index: 3 }, "0000:02:00.3"],
  ["server-two-nodes", { address: "10000:01:00.0" }, "10000:01:00.0"],
])("on %s, %j is found", (machine, pci, address) => {
  expect(found(machine, pci)).toBe(address);
});

it.each<readonly [string, Selector, RegExp]>([
  ["server-i350", { vendor: "8086", product: "1521" }, /^the host has 4 devices 8086:1521: 0000:02:00\.0, .*index/],
  ["server-i350", { vendor: "8086", product: "1521", index: 4 }, /has 4 of the devices 8086:1521 .*none of index 4/],
  ["server-i350", { vendor: "10de", product: "2684" }, /no PCI device 10de:2684\. There is: 0000:02:00\.0 Ethernet/],
  ["server-i350", { address: "0000:ff:00.0" }, /^the host has no PCI device 0000:ff:00\.0\. There is: /],
  ["server-i350", { interface: "none0" }, /no network interface "none0"; those of PCI devices are: /],
])("on %s, %j is not, and what there is is listed", (machine, pci, says) => {
  expect(found(machine, pci)).toMatch(says);
});

it.each<readonly [string, string, readonly string[]]>([
  // A graphics card with its sound and USB-C; the port above it is a bridge.
  ["desktop-nvidia", "0000:01:00.0", ["0000:01:00.1", "0000:01:00.2", "0000:01:00.3"]],
  // A whole chipset: USB, SATA and the NIC behind its bridges.
  ["desktop-amd", "0000:03:00.0", ["0000:01:00.0", "0000:01:00.1"]],
  ["server-i350", "0000:02:00.0", []],
  ["desktop-without-iommu", "0000:00:11.0", []],
])("on %s, with %s go %j", (machine, address, with_) => {
  const devices = devicesOf(machine);
  const search = findDevice({ pci: { address } }, devices);
  if ("none" in search) throw new Error(search.none);
  expect(companionsOf(search.device, devices).map((each) => each.address)).toEqual(with_);
});

it("shows no bridges among what could be passed on, and says what each is", () => {
  const rows = candidates(devicesOf("desktop-amd")).map((each) => `${each.address} ${inWords(each)}`);
  expect(rows.join("\n")).not.toMatch(/bridge/i);
  expect(rows).toContainEqual(expect.stringMatching(/^0000:01:00\.1 SATA controller: .* \([0-9a-f]{4}:[0-9a-f]{4}\)$/));
});
