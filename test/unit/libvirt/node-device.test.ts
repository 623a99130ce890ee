/** Node devices of machines as the field's bug reports tell of them: `node-devices/MACHINE.xml`. */

import { classInWords } from "../../../provider/libvirt/pci-class";
import { type NodeDevice, nodeDeviceFrom, type PciDevice } from "../../../provider/libvirt/node-device";
import { firstElement } from "../../../provider/reconcile/tree";
import { deviceDocuments, devicesOf, machines } from "../../support/machines";

function ofKind<Kind extends NodeDevice["kind"]>(machine: string, kind: Kind): Extract<NodeDevice, { kind: Kind }>[] {
  return devicesOf(machine).filter((device): device is Extract<NodeDevice, { kind: Kind }> => device.kind === kind);
}

function pci(machine: string, address: string): PciDevice {
  const found = ofKind(machine, "pci").find((device) => device.address === address);
  if (found === undefined) throw new Error(`${machine} has no ${address}`);
  return found;
}

describe.each(machines)("every device of %s", (machine) => {
  it("is read", () => {
    const sorts = deviceDocuments(machine).map(
      (document) => firstElement(document, "capability")?.attributes.type ?? "",
    );
    expect(devicesOf(machine)).toHaveLength(
      sorts.filter((sort) => /^(pci|usb_device|usb|net|mdev|mdev_types)$/.test(sort)).length,
    );
  });

  it("of PCI has the address that is in its name, and is in its own group", () => {
    for (const { name, address, iommuGroup } of ofKind(machine, "pci")) {
      expect(name).toBe(`pci_${address.replace(/[:.]/g, "_")}`);
      if (iommuGroup !== undefined) expect(iommuGroup.addresses).toContain(address);
    }
  });
});

it("a device of PCI, whole", () => {
  expect(pci("desktop-nvidia", "0000:01:00.1")).toEqual({
    kind: "pci",
    name: "pci_0000_01_00_1",
    parent: "pci_0000_00_01_0",
    address: "0000:01:00.1",
    classCode: "0x040300",
    vendor: { id: "10de", name: "NVIDIA Corporation" },
    product: { id: "1aeb", name: "TU116 High Definition Audio Controller" },
    driver: "snd_hda_intel",
    iommuGroup: {
      number: 2,
      addresses: ["00:01.0", "01:00.0", "01:00.1", "01:00.2", "01:00.3"].map((a) => `0000:${a}`),
    },
    isBridge: false,
    mdevTypes: [],
  });
});

it.each([
  [
    "desktop-nvidia",
    2,
    [
      "0000:00:01.0 PCI bridge, pcieport",
      "0000:01:00.0 VGA compatible controller, nvidia",
      "0000:01:00.1 Audio device, snd_hda_intel",
      "0000:01:00.2 USB controller, xhci_hcd",
      "0000:01:00.3 Serial bus controller, nvidia-gpu",
    ],
  ],
  [
    "desktop-amd",
    12,
    [
      "0000:01:00.0 USB controller, xhci_hcd",
      "0000:01:00.1 SATA controller, ahci",
      "0000:01:00.2 PCI bridge, pcieport",
      "0000:02:00.0 PCI bridge, pcieport",
      "0000:02:01.0 PCI bridge, pcieport",
      "0000:03:00.0 Ethernet controller, r8169",
    ],
  ],
  ["desktop-amd", 7, ["0000:00:14.0 SMBus, piix4_smbus", "0000:00:14.3 ISA bridge, undefined"]],
  ["server-nvme", 113, ["0000:5e:04.0 Non-Volatile memory controller, vfio-pci"]],
  ["server-vgpu", 55, ["0000:82:00.0 3D controller, nvidia"]],
])("%s has in group %i what belongs together", (machine, number, members) => {
  const first = ofKind(machine, "pci").find(({ iommuGroup }) => iommuGroup?.number === number);
  const inGroup = (first?.iommuGroup?.addresses ?? []).map((address) => pci(machine, address));
  expect(
    inGroup.map(({ address, classCode, driver }) => `${address} ${classInWords(classCode ?? "")}, ${driver}`),
  ).toEqual(members);
});

it.each([
  ["server-i350", "0000:02:00.0", 7, 0, undefined],
  ["server-i350", "0000:02:00.3", 7, 3, "0000:02:11.3"],
  ["server-nvme", "0000:5e:00.0", 32, 32, "0000:5e:04.0"],
  ["server-vgpu", "0000:82:00.0", 16, 0, undefined],
])("%s can divide %s into %i functions and did into %i", (machine, address, most, count, last) => {
  const { virtualFunctions } = pci(machine, address);
  expect(virtualFunctions?.most).toBe(most);
  expect(virtualFunctions?.addresses).toHaveLength(count);
  expect(virtualFunctions?.addresses.at(-1)).toBe(last);
});

it.each(["server-i350", "server-nvme"])("the functions of %s know what they were divided from", (machine) => {
  const functions = ofKind(machine, "pci").filter(({ physicalFunction }) => physicalFunction !== undefined);
  expect(functions.length).toBeGreaterThan(1);
  for (const { address, physicalFunction = "", virtualFunctions } of functions) {
    expect(virtualFunctions).toBeUndefined();
    expect(pci(machine, physicalFunction).virtualFunctions?.addresses).toContain(address);
  }
});

it.each([
  ["server-two-nodes", "0000:d7:02.0", { numaNode: 1, isBridge: true, parent: "computer" }],
  ["server-two-nodes", "0000:d8:00.0", { numaNode: 1, isBridge: false, parent: "pci_0000_d7_02_0" }],
  [
    "server-two-nodes",
    "10000:01:00.0",
    { numaNode: 0, iommuGroup: { number: 30, addresses: ["0000:5d:05.5", "10000:01:00.0"] } },
  ],
  ["desktop-amd", "0000:00:14.3", { isBridge: true, numaNode: undefined, driver: undefined }],
  ["desktop-amd", "0000:01:00.0", { product: { id: "43d0", name: undefined } }],
  ["desktop-without-iommu", "0000:00:02.0", { isBridge: true, classCode: undefined, iommuGroup: undefined }],
  ["desktop-without-iommu", "0000:00:11.0", { isBridge: false, classCode: undefined, iommuGroup: undefined }],
])("of %s, %s is %j", (machine, address, expected) => {
  expect(pci(machine, address)).toMatchObject(expected);
});

it.each([
  [
    "server-vgpu",
    "0000:82:00.0",
    ["nvidia-230 GRID T4-1Q vfio-pci 15", "nvidia-222 GRID T4-1B vfio-pci 0", "nvidia-234 GRID T4-16Q vfio-pci 0"],
  ],
  ["desktop-nvidia", "0000:00:02.0", ["i915-GVTg_V5_4 undefined vfio-pci 1", "i915-GVTg_V5_8 undefined vfio-pci 2"]],
  ["desktop-nvidia", "0000:01:00.0", []],
])("mediated devices that %s can make of %s", (machine, address, expected) => {
  const { mdevTypes } = pci(machine, address);
  expect(mdevTypes.map(({ id, name, deviceApi, available }) => `${id} ${name} ${deviceApi} ${available}`)).toEqual(
    expected,
  );
});

it("a mediated device has a group where it is there, and none where it is only defined", () => {
  const parent = "pci_0000_82_00_0";
  expect(ofKind("server-vgpu", "mdev")).toEqual([
    {
      kind: "mdev",
      name: "mdev_6ac6ab91_4ec5_46d3_9ec4_7b43bd6d1e2c_0000_82_00_0",
      parent,
      uuid: "6ac6ab91-4ec5-46d3-9ec4-7b43bd6d1e2c",
      type: "nvidia-230",
      isActive: true,
      iommuGroup: 140,
      driver: "nvidia-vgpu-vfio",
    },
    {
      kind: "mdev",
      name: "mdev_0f3c8f4e_8c0d_4ae4_a0a3_2d3e1c5b6a77_0000_82_00_0",
      parent,
      uuid: "0f3c8f4e-8c0d-4ae4-a0a3-2d3e1c5b6a77",
      type: "nvidia-234",
      isActive: false,
    },
  ]);
});

it("USB devices of one make are told apart by their place", () => {
  const devices = ofKind("desktop-usb", "usb");
  expect(devices.map(({ name, bus, device, vendor, product }) => [name, bus, device, vendor.id, product.id])).toEqual([
    ["usb_usb4", 4, 1, "1d6b", "0003"],
    ["usb_4_1", 4, 3, "11b0", "a012"],
    ["usb_4_2", 4, 4, "11b0", "a012"],
    ["usb_1_7", 1, 12, "046d", "c52b"],
  ]);
  expect(devices.map(({ port }) => port)).toEqual([undefined, "1", "2", "7"]);
  expect(devices.map(({ product }) => product.name)).toEqual(["3.0 root hub", "SD PG08", "SD PG08", undefined]);
});

it("network interfaces are on the function that has them", () => {
  expect(ofKind("server-i350", "net").map((device) => [device.interface, device.mac, device.parent])).toEqual([
    ["eno1", "00:1b:21:00:00:01", "pci_0000_02_00_0"],
    ["enp2s16f3", "02:1b:21:00:00:30", "pci_0000_02_10_3"],
  ]);
});

it.each([
  ["hexadecimal", "<domain>0x0000</domain><bus>0xAF</bus><slot>0x1f</slot><function>0x7</function>", "0000:af:1f.7"],
  ["decimal", "<domain>0</domain><bus>175</bus><slot>31</slot><function>7</function>", "0000:af:1f.7"],
  ["missing", "<domain>0</domain><bus>175</bus><slot>31</slot>", undefined],
])("an address with %s numbers", (_, place, address) => {
  const identity = "<product id='0x1AEB'/><vendor id='4318'/>";
  const device = nodeDeviceFrom(
    `<device><name>a</name><capability type='pci'>${place}${identity}</capability></device>`,
  );
  expect(device).toEqual(
    address && expect.objectContaining({ address, vendor: { id: "10de" }, product: { id: "1aeb" } }),
  );
});

it.each([
  ["no name", "<device><capability type='system'/></device>"],
  ["no capability", "<device><name>a</name></device>"],
  [
    "another capability",
    "<device><name>a</name><capability type='storage'><block>/dev/sda</block></capability></device>",
  ],
])("a document with %s tells of no device", (_, xml) => expect(nodeDeviceFrom(xml)).toBeUndefined());
