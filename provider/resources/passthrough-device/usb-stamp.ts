/**
 * What a claim on a USB device says of it: its sort, the serial number where the program goes by one, and its address. Two
 * of one sort are told apart by the former, also where each is plugged in where the other one was. Pure.
 */

import type { PassthroughDeviceInputs } from "../../../schema/passthrough-device";
import { deviceAddressText, usbAddressOf } from "../../libvirt/device-address";
import type { UsbDevice } from "../../libvirt/node-device";

/** `046d:c52b@001:004`, or `046d:c52b/0012345678@001:004`: a claim has one word for it. */
export function stampOf(device: UsbDevice, { usb }: Pick<PassthroughDeviceInputs, "usb">): string {
  const [sort, place] = deviceAddressText(usbAddressOf(device)).split("@");
  return `${sort}${usb?.serial === undefined ? "" : `/${encodeURIComponent(usb.serial)}`}@${place}`;
}

/** `046d:c52b@001:004`. */
export function addressIn(stamp: string): string {
  return stamp.replace(/\/[^@]*/, "");
}

/** `046d:c52b@001:004 with the serial number "0012345678"`. */
export function stampInWords(stamp: string): string {
  const [, serial] = /\/([^@]*)/.exec(stamp) ?? [];
  return serial === undefined ? stamp : `${addressIn(stamp)} with the serial number "${decodeURIComponent(serial)}"`;
}
