/** Which USB device of a host a program means. Pure. */

import type { PassthroughDeviceInputs } from "../../../schema/passthrough-device";
import type { NodeDevice, UsbDevice, UsbInterface } from "../../libvirt/node-device";
import type { Serials } from "./usb-serials";

export type UsbSelector = NonNullable<PassthroughDeviceInputs["usb"]>;

/** The device, or a sentence that says why there is none, with what there is. */
export type UsbSearch = { readonly device: UsbDevice } | { readonly none: string };

export function findUsb(selector: UsbSelector, devices: readonly NodeDevice[], serials: Serials): UsbSearch {
  const { vendor, product, serial, bus, port } = selector;
  const what = [
    ...(vendor === undefined ? [] : [`${vendor}:${product}`]),
    ...(port === undefined ? [] : [`in ${bus}-${port}`]),
    ...(serial === undefined ? [] : [`with the serial number "${serial}"`]),
  ].join(" ");
  const plugged = usbDevicesOf(devices).filter(
    (each) =>
      (vendor === undefined || (each.vendor.id === vendor && each.product.id === product)) &&
      (port === undefined || (each.bus === bus && each.port === port)),
  );
  if (serial !== undefined && "absent" in serials)
    return { none: `only a shell on the host tells serial numbers of USB devices: ${serials.absent}.` };
  const alike = plugged.filter((each) => serial === undefined || serialOf(each, serials) === serial);
  const [device, ...more] = alike;
  if (device === undefined) return { none: `the host has no USB device ${what}. ${thereIs(devices, serials)}` };
  if (more.length === 0) return { device };
  const rows = alike.map((each) => row(each, serials)).join("; ");
  return {
    none: `the host has ${alike.length} USB devices ${what}: ${rows}. Say which with serial, or with bus and port.`,
  };
}

/** Those that are no hubs, in the order of their places. */
export function usbCandidates(devices: readonly NodeDevice[]): readonly UsbDevice[] {
  return usbDevicesOf(devices).filter((device) => !isHub(device, devices));
}

/** Also a bus itself is one, as the kernel shows it. */
export function isHub(device: UsbDevice, devices: readonly NodeDevice[]): boolean {
  return device.port === undefined || interfacesOf(device, devices).some(({ classCode }) => classCode === hubClass);
}

export function interfacesOf({ name }: UsbDevice, devices: readonly NodeDevice[]): readonly UsbInterface[] {
  return devices.filter((each) => each.kind === "usbInterface").filter(({ parent }) => parent === name);
}

/** usb.org/defined-class-codes. */
const [hidClass, storageClass, hubClass] = [3, 8, 9];

/** Whether the firmware and the host's console can be typed on with it. */
export function isKeyboard(device: UsbDevice, devices: readonly NodeDevice[]): boolean {
  return interfacesOf(device, devices).some(({ classCode, protocol }) => classCode === hidClass && protocol === 1);
}

/** Whether a disk of the host's, or one of its network interfaces, can be on it. */
export function canBeNeeded(device: UsbDevice, devices: readonly NodeDevice[]): boolean {
  const own = interfacesOf(device, devices);
  const isCard = devices.some((each) => each.kind === "net" && own.some(({ name }) => name === each.parent));
  return isCard || own.some(({ classCode }) => classCode === storageClass);
}

/** Where it is plugged in, as sysfs names it: `1-1.2`. */
export function placeOf({ bus, port }: UsbDevice): string {
  return port === undefined ? `usb${bus}` : `${bus}-${port}`;
}

export function serialOf(device: UsbDevice, serials: Serials): string | undefined {
  return "absent" in serials ? undefined : serials.get(placeOf(device));
}

/** `Logitech, Inc. Unifying Receiver (046d:c52b)`. */
export function usbInWords({ vendor, product }: UsbDevice): string {
  const names = [vendor.name, product.name].filter((name) => name !== undefined).join(" ");
  return `${names === "" ? "" : `${names} `}(${vendor.id}:${product.id})`;
}

function usbDevicesOf(devices: readonly NodeDevice[]): readonly UsbDevice[] {
  const inOrder = new Intl.Collator("en", { numeric: true });
  return devices
    .filter((each) => each.kind === "usb")
    .sort((one, other) => inOrder.compare(placeOf(one), placeOf(other)));
}

function thereIs(devices: readonly NodeDevice[], serials: Serials): string {
  const rows = usbCandidates(devices).map((each) => row(each, serials));
  return `There is: ${rows.join("; ") || "none"}.`;
}

function row(device: UsbDevice, serials: Serials): string {
  const serial = serialOf(device, serials);
  return `${placeOf(device)} ${usbInWords(device)}${serial === undefined ? "" : `, serial number "${serial}"`}`;
}
