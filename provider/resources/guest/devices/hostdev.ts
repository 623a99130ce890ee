/** Devices of the host that the guest has for itself (formatdomain, "Host device assignment"). Pure. */

import type { GuestInputs } from "../../../../schema/guest";
import type { GuestPassthrough } from "../../../../schema/guest-devices";
import type { PassthroughDeviceReference } from "../../../../schema/references";
import { holdsUnknown, unknown } from "../../../../schema/unknown";
import { type DeviceAddress, deviceAddressOf, wholeDeviceAddress } from "../../../libvirt/device-address";
import { type LiveChange, plugged } from "../../../libvirt/live-change";
import { pciAddressParts } from "../../../libvirt/pci-address";
import { type DesiredElement, element, type Stated, stated } from "../../../reconcile/desired";
import { sameHost } from "../../recorded-identity";
import { aliasFor, isDevice, isMap, type KeyedKind } from "./device";

/** A USB device that was plugged in again has another number on its bus. */
const replugged: LiveChange = {
  place: /^devices\/hostdev\/source\/(vendor@id|product@id|address@(bus|device)|(vendor|product|address)[+-])$/,
  method: "replug-device",
  device: [{ at: "@type", is: ["usb"] }],
  page: "manpages/virsh.html#detach-device",
};

/** libvirt: "cannot hot unplug multifunction PCI device"; and one that comes alone is not seen by the guest. */
const alone = [
  { at: "address@function", is: [undefined, "0x0"] },
  { at: "address@multifunction", is: [undefined, "off"] },
];

export const hostdevKind: KeyedKind<GuestPassthrough> = {
  map: "passthrough",
  alias: "hostdev",
  elements: ["hostdev"],

  write: ({ inputs }) =>
    Object.entries(inputs.passthrough ?? {}).map(([key, { device, romFile }]) => {
      const path = `passthrough.${key}`;
      const kind = kindOf(device);
      return {
        ...element("hostdev", path, { mode: "subsystem", ...attributes[kind] }, [
          element("source", `${path}.device`, {}, sourceOf(`${path}.device`, device)),
          romFile === undefined ? undefined : element("rom", `${path}.romFile`, { file: romFile }),
          element("alias", path, { name: aliasFor(hostdevKind, key) }),
        ]),
        // What the guest had in its place may have been on another bus.
        without: [{ path, child: "address", is: (address) => address.attributes.type !== bus[kind] }],
      };
    }),

  live: {
    qemu: [...plugged("hostdev", alone), replugged],
    xenFull: plugged("hostdev"),
    // Not of PVH guests: "passthrough not yet supported for x86 PVH guests".
    xenParavirtual: plugged("hostdev"),
  },

  identities: ({ device }) => [device.address === unknown ? undefined : wholeDeviceAddress(device.address)],

  needs({ attributes: { type } }) {
    if (type === "pci") return { slot: "express", passedOn: true };
    if (type === "mdev") return { slot: "express" };
    return type === "usb" ? { controller: "usb" } : {};
  },

  // Those on a slot of another one need none.
  portsOf: ({ passthrough = {} }) =>
    Object.values(passthrough).filter(({ device, onSlotOf }) => kindOf(device) !== "usb" && onSlotOf === undefined)
      .length,

  problems({ passthrough = {}, host }) {
    const devices = isMap(passthrough) ? passthrough : {};
    const elsewhere = Object.entries(devices).flatMap(([key, { device }]) =>
      problemOfHost(`passthrough.${key}.device`, device, host),
    );
    const found = Object.entries(devices).flatMap(([key, { device, onSlotOf }]): string[] => {
      if (onSlotOf === undefined || onSlotOf === unknown) return [];
      const path = `passthrough.${key}.onSlotOf`;
      const first = Object.hasOwn(devices, onSlotOf) ? devices[onSlotOf] : undefined;
      if (first === undefined) return [`${path}: there is no "${onSlotOf}" in passthrough.`];
      if (onSlotOf === key) return [`${path}: that is the device itself. Leave it out.`];
      // Whether that one has a slot of its own, a preview may not know.
      if (first.onSlotOf === unknown) return [];
      if (first.onSlotOf !== undefined)
        return [`${path}: "${onSlotOf}" is on the slot of another one itself. Name that.`];
      const usb = [device, first.device].some((each) => isDevice(each) && kindOf(each) === "usb");
      return usb ? [`${path}: USB devices have no slot. Leave it out.`] : [];
    });
    const full = [...sharedSlots({ passthrough: devices })].filter(([, others]) => others.length > 7);
    return [
      ...elsewhere,
      ...found,
      ...full.map(([key]) => `passthrough.${key}: a slot has eight functions, and more are to be on this one's.`),
    ];
  },
};

/** A claim is of one host, and so is an address. */
export function problemOfHost(path: string, device: PassthroughDeviceReference, host: GuestInputs["host"]): string[] {
  const { host: theirs = host } = isDevice(device) ? device : {};
  if (holdsUnknown([theirs, host]) || sameHost(theirs, host) === true) return [];
  return [`${path}: the device is of another host (${theirs.uri}) than the guest (${host.uri}).`];
}

/** By the key of the device that is first on a slot, those that share it. */
export function sharedSlots({ passthrough }: Pick<GuestInputs, "passthrough">): ReadonlyMap<string, readonly string[]> {
  const devices = isMap(passthrough) ? passthrough : {};
  const shared = new Map<string, string[]>();
  for (const [key, { onSlotOf = key }] of Object.entries(devices))
    if (onSlotOf !== key && Object.hasOwn(devices, onSlotOf))
      shared.set(onSlotOf, [...(shared.get(onSlotOf) ?? []), key]);
  return shared;
}

/** Where a virtual function is that is a NIC (`<interface>`): the type stands at the address there. */
export function functionSource(path: string, { address }: PassthroughDeviceReference): DesiredElement {
  // In a preview it may not be known yet.
  const known: Record<string, string> = address === unknown ? {} : { type: "pci", ...pciAddressParts(address) };
  const parts = Object.entries(known).map(([part, value]) => [part, stated(path, value)] as const);
  return element("source", path, {}, [element("address", path, Object.fromEntries(parts))]);
}

/** Managed: libvirt takes it from the host's driver, and gives it back when the guest ends. */
const attributes = {
  pci: { type: "pci", managed: "yes" },
  usb: { type: "usb", managed: "yes" },
  mdev: { type: "mdev", model: "vfio-pci" },
} as const;

/** Of the guest, on which it has such a device. */
const bus = { pci: "pci", usb: "usb", mdev: "pci" } as const;

/** In a preview it may not be known where it is yet, but by which words it is sought. */
function kindOf({ address, usb, mdev }: PassthroughDeviceReference): DeviceAddress["kind"] {
  if (address !== unknown) return deviceAddressOf(address).kind;
  if (usb !== undefined) return "usb";
  return mdev === undefined ? "pci" : "mdev";
}

function sourceOf(path: string, { address }: PassthroughDeviceReference): DesiredElement[] {
  if (address === unknown) return [element("address", path)];
  const parts = (values: Readonly<Record<string, string | number | undefined>>): Record<string, Stated | undefined> =>
    Object.fromEntries(Object.entries(values).map(([part, value]) => [part, stated(path, value)]));
  const at = deviceAddressOf(address);
  switch (at.kind) {
    case "pci":
      return [element("address", path, parts(pciAddressParts(at.address)))];
    case "mdev":
      return [element("address", path, parts({ uuid: at.uuid }))];
    case "usb": {
      const { vendor, product, bus, device } = at;
      // Two may be alike; and at the number of one may be another one, which libvirt does not give then.
      const identity =
        vendor === undefined || product === undefined
          ? []
          : [
              element("vendor", path, parts({ id: `0x${vendor}` })),
              element("product", path, parts({ id: `0x${product}` })),
            ];
      return bus === undefined ? identity : [...identity, element("address", path, parts({ bus, device }))];
    }
  }
}
