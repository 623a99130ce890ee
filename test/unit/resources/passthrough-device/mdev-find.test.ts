/** What mediated devices can be made of, by libvirt's XML of two machines (11.1). */

import {
  mdevParents,
  mediatedDevice,
  parentNamed,
  placeOfParent,
  typeInWords,
} from "../../../../provider/resources/passthrough-device/mdev-find";
import { devicesOf } from "../../../support/machines";

it.each([
  ["server-vgpu", ["0000:82:00.0 nvidia-230 GRID T4-1Q, 15 left"]],
  ["sample-mtty", ["mtty_mtty mtty-1 Single port serial, 24 left"]],
  ["desktop-usb", []],
])("%s has %j", (machine, expected) => {
  const rows = mdevParents(devicesOf(machine)).map((each) =>
    [placeOfParent(each), ...each.mdevTypes.slice(0, 1).map(typeInWords)].join(" "),
  );
  expect(rows).toEqual(expected);
});

it("a parent is known by its address, with or without its domain, and by libvirt's name", () => {
  const devices = [...devicesOf("server-vgpu"), ...devicesOf("sample-mtty")];
  const found = (name: string): string | undefined => parentNamed(name, devices)?.name;
  expect(["0000:82:00.0", "82:00.0", "pci_0000_82_00_0", "mtty_mtty", "mtty", "83:00.0"].map(found)).toEqual([
    "pci_0000_82_00_0",
    "pci_0000_82_00_0",
    "pci_0000_82_00_0",
    "mtty_mtty",
    undefined,
    undefined,
  ]);
  expect(mediatedDevice("a297db4a-f4c2-51e6-90f6-d3b88d6c9525", devices)).toMatchObject({ isActive: true });
});
