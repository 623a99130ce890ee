/** Addresses of devices of a host that a guest can have, as one text each, in the spelling of lspci, lsusb and mdevctl. Pure. */

import { LibvirtError } from "./errors";
import type { UsbDevice } from "./node-device";
import { wholePciAddress } from "./pci-address";

export type DeviceAddress =
  { readonly kind: "pci"; readonly address: string } | UsbAddress | { readonly kind: "mdev"; readonly uuid: string };

/**
 * What tells a USB device apart: vendor and product, bus and number on the bus, or all of it. Two may be alike in the former,
 * and the latter is another one each time it is plugged in.
 */
export interface UsbAddress {
  readonly kind: "usb";
  readonly vendor?: string | undefined;
  readonly product?: string | undefined;
  readonly bus?: number | undefined;
  readonly device?: number | undefined;
}

/** Throws for what is none: nothing is guessed. */
export function deviceAddressOf(text: string): DeviceAddress {
  if (/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text)) return { kind: "mdev", uuid: text };
  if (text.includes(".")) return { kind: "pci", address: wholePciAddress(text) };
  const [all, vendor, product, bus, device] =
    /^(?:([0-9a-f]{4}):([0-9a-f]{4}))?(?:@([0-9]{1,3}):([0-9]{1,3}))?$/.exec(text) ?? [];
  if (all === undefined || all === "")
    throw new LibvirtError("InvalidInput", `"${text}" is no address of a device of a host.`);
  const number = (part: string | undefined): number | undefined => (part === undefined ? undefined : Number(part));
  return { kind: "usb", vendor, product, bus: number(bus), device: number(device) };
}

/** `0000:65:00.0`, `046d:c52b@001:004`, or a UUID. */
export function deviceAddressText(address: DeviceAddress): string {
  switch (address.kind) {
    case "pci":
      return address.address;
    case "mdev":
      return address.uuid;
    case "usb": {
      const { vendor, product, bus, device } = address;
      const identity = vendor === undefined || product === undefined ? "" : `${vendor}:${product}`;
      const place = [bus, device].map((part) => String(part).padStart(3, "0")).join(":");
      return bus === undefined || device === undefined ? identity : `${identity}@${place}`;
    }
  }
}

/** In one spelling. */
export function wholeDeviceAddress(text: string): string {
  return deviceAddressText(deviceAddressOf(text));
}

export function usbAddressOf({ vendor, product, bus, device }: UsbDevice): UsbAddress {
  return { kind: "usb", vendor: vendor.id, product: product.id, bus, device };
}

/** Whether the address means this device, by all that it says. */
export function meansUsbDevice(text: string, device: UsbDevice): boolean {
  const address = deviceAddressOf(text);
  if (address.kind !== "usb") return false;
  const own = usbAddressOf(device);
  return (["vendor", "product", "bus", "device"] as const).every(
    (part) => address[part] === undefined || address[part] === own[part],
  );
}
