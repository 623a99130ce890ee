/** Addresses of devices of a host, as programs and guests' XML write them. */

import { deviceAddressOf, deviceAddressText, meansUsbDevice } from "../../../provider/libvirt/device-address";
import { devicesPassedOn } from "../../../provider/libvirt/device-users";
import type { UsbDevice } from "../../../provider/libvirt/node-device";
import { parseXml } from "../../../provider/libvirt/xml";
import { deviceAddress } from "../../../schema/names";

const uuid = "6ac6ab91-4ec5-46d3-9ec4-7b43bd6d1e2c";

it.each([
  ["0000:65:00.0", "0000:65:00.0"],
  ["65:00.0", "0000:65:00.0"],
  ["10000:01:00.0", "10000:01:00.0"],
  ["046d:c52b", "046d:c52b"],
  ["046d:c52b@1:4", "046d:c52b@001:004"],
  ["@001:004", "@001:004"],
  [uuid, uuid],
])("%s is %s", (text, whole) => {
  expect(deviceAddress.safeParse(text).success).toBe(true);
  expect(deviceAddressText(deviceAddressOf(text))).toBe(whole);
});

it.each(["", "@", "046d", "046D:C52B", "046d:c52b@1", "usb", uuid.toUpperCase()])('"%s" is none', (text) => {
  expect(deviceAddress.safeParse(text).success).toBe(false);
  expect(() => deviceAddressOf(text)).toThrow(/is no address of a device/);
});

const stick: UsbDevice = {
  kind: "usb",
  name: "usb_1_1",
  bus: 1,
  port: "1",
  device: 4,
  vendor: { id: "46f4" },
  product: { id: "0001" },
};

it.each([
  ["46f4:0001", true],
  ["46f4:0001@001:004", true],
  ["@1:4", true],
  ["46f4:0001@001:005", false],
  ["046d:c52b@001:004", false],
  ["0000:01:00.0", false],
  [uuid, false],
])("%s means a stick: %s", (text, means) => {
  expect(meansUsbDevice(text, stick)).toBe(means);
});

it("guests' XML names them by all that it has", () => {
  const hostdev = (type: string, source: string): string =>
    `<hostdev mode="subsystem" type="${type}"><source>${source}</source></hostdev>`;
  const xml = [
    hostdev("pci", "<address domain='0' bus='2' slot='0' function='0'/>"),
    hostdev("usb", "<vendor id='0x46f4'/><product id='0x1'/>"),
    hostdev("usb", "<vendor id='0x46f4'/><product id='0x0001'/><address bus='1' device='4'/>"),
    hostdev("usb", "<address bus='1' device='5'/>"),
    hostdev("mdev", `<address uuid='${uuid.toUpperCase()}'/>`),
    hostdev("scsi", "<adapter name='scsi_host0'/><address bus='0' target='0' unit='0'/>"),
  ];
  const addresses = ["0000:02:00.0", "46f4:0001", "46f4:0001@001:004", "@001:005", uuid];
  expect(devicesPassedOn(parseXml(`<devices>${xml.join("")}</devices>`))).toEqual(addresses);
});
