/** Which USB device a program means (11.1). */

import type { NodeDevice } from "../../../../provider/libvirt/node-device";
import {
  canBeNeeded,
  findUsb,
  isHub,
  isKeyboard,
  placeOf,
  usbCandidates,
  usbInWords,
  type UsbSelector,
} from "../../../../provider/resources/passthrough-device/usb-find";
import { type Serials, serialsIn } from "../../../../provider/resources/passthrough-device/usb-serials";
import { devicesOf } from "../../../support/machines";

const devices = devicesOf("desktop-usb");
const serials = serialsIn("4-1 000000000001\n4-2 A  B \n1-7 \n");

function found(selector: UsbSelector, known: Serials = serials): string {
  const search = findUsb(selector, devices, known);
  return "none" in search ? search.none : placeOf(search.device);
}

const reader = { vendor: "11b0", product: "a012" };

it.each<readonly [UsbSelector, string]>([
  [{ vendor: "046d", product: "c52b" }, "1-7"],
  [{ bus: 4, port: "2" }, "4-2"],
  [{ ...reader, bus: 4, port: "1" }, "4-1"],
  [{ ...reader, serial: "000000000001" }, "4-1"],
  [{ ...reader, serial: "A  B" }, "4-2"],
])("%j is found", (selector, place) => {
  expect(found(selector)).toBe(place);
});

it.each<readonly [UsbSelector, RegExp]>([
  [
    reader,
    /^the host has 2 USB devices 11b0:a012: 4-1 ATECH .*\(11b0:a012\), serial number "000000000001"; 4-2 .*\. Say which with serial, or with bus and port\.$/,
  ],
  [{ ...reader, serial: "12" }, /^the host has no USB device 11b0:a012 with the serial number "12"\. There is: 1-7 /],
  [{ ...reader, bus: 1, port: "7" }, /^the host has no USB device 11b0:a012 in 1-7\. There is: /],
  [{ bus: 4, port: "1.2" }, /^the host has no USB device in 4-1\.2\. There is: /],
])("%j is not, and what there is is listed", (selector, says) => {
  expect(found(selector)).toMatch(says);
});

it("says why there are no serial numbers", () => {
  expect(found({ ...reader, serial: "1" }, { absent: "only libvirt is spoken over tls" })).toBe(
    "only a shell on the host tells serial numbers of USB devices: only libvirt is spoken over tls.",
  );
});

it("leaves hubs out, in the order of places", () => {
  expect(usbCandidates(devices).map((each) => `${placeOf(each)} ${usbInWords(each)}`)).toEqual([
    "1-7 Logitech, Inc. (046d:c52b)",
    "4-1 ATECH FLASH TECHNOLOGY SD PG08 (11b0:a012)",
    "4-2 ATECH FLASH TECHNOLOGY SD PG08 (11b0:a012)",
  ]);
});

it("knows by its functions what a device is to the host", () => {
  const [device] = usbCandidates(devices);
  if (device === undefined) throw new Error("none");
  const withFunction = (classCode: number, protocol = 0, net: NodeDevice[] = []): readonly NodeDevice[] => [
    device,
    { kind: "usbInterface", name: "usb_1_7_1_0", parent: device.name, classCode, protocol },
    ...net,
  ];
  const card: NodeDevice = { kind: "net", name: "net_usb0", parent: "usb_1_7_1_0", interface: "usb0" };
  expect([isHub(device, withFunction(9)), isHub(device, withFunction(8))]).toEqual([true, false]);
  expect([isKeyboard(device, withFunction(3, 1)), isKeyboard(device, withFunction(3, 2))]).toEqual([true, false]);
  expect([canBeNeeded(device, withFunction(8)), canBeNeeded(device, withFunction(3, 1))]).toEqual([true, false]);
  expect([canBeNeeded(device, withFunction(255, 0, [card])), canBeNeeded(device, withFunction(255))]).toEqual([
    true,
    false,
  ]);
});
