/**
 * USB devices: claimed by the place where they are plugged in, which one of them has at a time. Their number on the bus is
 * another one each time they are plugged in, and a guest is given the new one.
 */

import type { PassthroughDeviceInputs } from "../../../schema/passthrough-device";
import { same } from "../../../schema/same";
import { deviceAddressText, meansUsbDevice, usbAddressOf } from "../../libvirt/device-address";
import { usersOfDevices } from "../../libvirt/device-users";
import { LibvirtError, reasonOf } from "../../libvirt/errors";
import { inventory } from "../../libvirt/inventory";
import type { NodeDevice, UsbDevice } from "../../libvirt/node-device";
import type { Settings } from "../../reconcile/desired";
import type { ConnectedHost, Objection } from "../resource";
import { claimPath, isOfAnother } from "./claim-path";
import { claimedByOthers, neededByHost, refuseWhere, usedByOthers } from "./in-the-way";
import type { ClaimedKind, InputsOf, ObservedClaim, Taking, There, Wanted } from "./kind";
import {
  canBeNeeded,
  findUsb,
  isHub,
  isKeyboard,
  placeOf,
  usbCandidates,
  type UsbSearch,
  usbInWords,
} from "./usb-find";
import { type Serials, usbSerials } from "./usb-serials";
import { addressIn, stampInWords, stampOf } from "./usb-stamp";

export const usbKind: ClaimedKind<InputsOf<"usb">> = {
  kind: "usb",

  problems({ usb: { vendor, product, serial, bus, port }, wholeGroup }) {
    if ((vendor === undefined) !== (product === undefined)) return ["usb: vendor and product go together."];
    if ((bus === undefined) !== (port === undefined)) return ["usb: bus and port go together."];
    if (vendor === undefined && bus === undefined)
      return ["usb: say which device it is: by vendor and product, or by bus and port."];
    if (serial !== undefined && vendor === undefined) return ["usb.serial: goes with vendor and product."];
    if (wholeGroup === true) return ["wholeGroup: only PCI devices can only be passed on together."];
    return [];
  },

  // The program may come to ask for one: what there is, is looked at before.
  look: async ({ virsh }, _inputs, devices) => ({ serials: await usbSerials(virsh, devices).catch(asAbsent) }),

  desired(inputs, there): Settings {
    const search = there && searchIn(inputs, there);
    return search !== undefined && "device" in search
      ? { usb: said(stampOf(search.device, inputs), placeOf(search.device)) }
      : {};
  },

  settings: (_inputs, { claim, claimed }) => ({ usb: said(claim.stamp ?? "", claimed) }),

  facts(inputs, there) {
    const search = searchIn(inputs, there);
    // As it was when it was there: a guest is given no other address for that.
    const { stamp } = there.claim;
    if ("none" in search)
      return { address: stamp === undefined ? there.claimed : addressIn(stamp), description: "not there" };
    return { address: textOf(search.device), description: usbInWords(search.device) };
  },

  impact: () => ({ class: "live", note: "its claim says what and where it is now" }),

  objections,

  async claim({ virsh }, inputs) {
    const devices = await inventory(virsh).devices({ fresh: true });
    const search = findUsb(inputs.usb, devices, await serialsFor(inputs, () => usbSerials(virsh, devices)));
    if ("none" in search) throw new LibvirtError("Gone", `Unable to claim a device on ${virsh.uri}: ${search.none}`);
    return takingOf(inputs, search.device);
  },

  async renew(_host, inputs, observed) {
    const search = searchIn(inputs, observed);
    const { path, stamp } = observed.claim;
    return "device" in search
      ? takingOf(inputs, search.device)
      : { parts: { path, stamp, drivers: undefined }, take: nothing };
  },

  async giveBack({ virsh }, claim) {
    const devices = await inventory(virsh).devices({ fresh: true });
    const device = usbCandidates(devices).find((each) => claimPath(placeOf(each), "usb") === claim.path);
    const users = await usersOfDevices(virsh);
    const was = claim.stamp === undefined ? undefined : addressIn(claim.stamp);
    const has = users.filter(
      ({ address }) => address === was || (device !== undefined && meansUsbDevice(address, device)),
    );
    refuseWhere(has, `give ${was ?? claim.path} back to ${virsh.uri}`);
  },

  async sought({ virsh }, inputs, devices) {
    const search = findUsb(inputs.usb, devices, await serialsFor(inputs, () => usbSerials(virsh, devices)));
    return "device" in search ? wantedUsb(inputs, search.device) : undefined;
  },

  named(address, devices) {
    const [device, ...more] = usbCandidates(devices).filter((each) => meansUsbDevice(address, each));
    if (device === undefined) return { none: `the host has no USB device ${address}.` };
    if (more.length === 0) return { device, wanted: wantedUsb({}, device) };
    const alike = [device, ...more].map(textOf).join(", ");
    return { none: `the host has several USB devices ${address}: say which, of ${alike}.` };
  },

  objectionsToUnclaimed: (host, device, devices) => neededUsb(host, {}, device as UsbDevice, devices),
};

async function objections(
  host: ConnectedHost,
  inputs: InputsOf<"usb">,
  observed: ObservedClaim | undefined,
): Promise<readonly Objection[]> {
  const { virsh } = host;
  const devices = observed?.devices ?? (await inventory(virsh).devices());
  const serials = observed?.beside.serials ?? (await serialsFor(inputs, () => usbSerials(virsh, devices)));
  if (inputs.usb.serial !== undefined && "absent" in serials) {
    const reason = `only a shell on the host tells serial numbers of USB devices: ${serials.absent}. Say bus and port instead.`;
    return [{ path: "usb.serial", reason }];
  }
  const search = findUsb(inputs.usb, devices, serials);
  if ("none" in search) {
    // One that was found once may be pulled out: nothing else is made of that.
    const isLost = same(observed?.sought.usb, inputs.usb);
    return [{ path: "usb", reason: search.none, ...(isLost ? { onlyTold: true } : {}) }];
  }
  const { device } = search;
  if (isHub(device, devices)) {
    const reason = `${placeOf(device)} is a hub (${usbInWords(device)}): only what is plugged into it can be passed on.`;
    return [{ path: "usb", reason }];
  }
  // What this very device has passed once is not asked again.
  const wanted = [wantedUsb(inputs, device)];
  if (observed !== undefined && hasPassed(observed, stampOf(device, inputs), placeOf(device))) return [];
  return [
    ...(await claimedByOthers(host, "usb", inputs, wanted)),
    ...usedByOthers(await usersOfDevices(virsh), "usb", inputs, wanted),
    ...(await neededUsb(host, inputs, device, devices)),
  ];
}

/** Without a disk or a network interface on it, the host does without it; at a keyboard somebody may sit. */
async function neededUsb(
  host: ConnectedHost,
  inputs: Pick<PassthroughDeviceInputs, "force">,
  device: UsbDevice,
  devices: readonly NodeDevice[],
): Promise<Objection[]> {
  const place = placeOf(device);
  if (canBeNeeded(device, devices)) return neededByHost(host, "usb", inputs, [{ place }]);
  if (!isKeyboard(device, devices)) return [];
  const reason = `${place} (${usbInWords(device)}) is a keyboard: while a guest has it, nobody types on the host's console with it.`;
  return [{ path: "usb", reason, onlyTold: true }];
}

function wantedUsb(inputs: Pick<PassthroughDeviceInputs, "usb">, device: UsbDevice): Wanted {
  const place = placeOf(device);
  return {
    place,
    stamp: stampOf(device, inputs),
    isHeldBy: ({ path }) => path === claimPath(place, "usb"),
    isUsedBy: ({ address }) => meansUsbDevice(address, device),
  };
}

/** The number on the bus is no part of what it is. */
function hasPassed({ claim, claimed }: ObservedClaim, stamp: string, place: string): boolean {
  return claimed === place && claim.stamp !== undefined && !isOfAnother(claim, stamp);
}

function takingOf(inputs: InputsOf<"usb">, device: UsbDevice): Taking {
  return {
    parts: { path: claimPath(placeOf(device), "usb"), stamp: stampOf(device, inputs), drivers: undefined },
    // libvirt takes it from the host's driver when a guest gets it.
    take: nothing,
  };
}

const nothing = (): Promise<void> => Promise.resolve();

function searchIn(inputs: InputsOf<"usb">, { devices, beside }: Pick<There, "devices" | "beside">): UsbSearch {
  if (typeof inputs.usb !== "object") return { none: "" };
  return findUsb(inputs.usb, devices, beside.serials ?? new Map());
}

/** An error is not "none": whoever goes by one is told that they cannot be seen. */
function asAbsent(error: unknown): Serials {
  if (error instanceof LibvirtError) return { absent: reasonOf(error) };
  throw error;
}

/** They are asked for where the program goes by one. */
async function serialsFor({ usb }: InputsOf<"usb">, ask: () => Promise<Serials>): Promise<Serials> {
  return usb.serial === undefined ? new Map() : ask();
}

function textOf(device: UsbDevice): string {
  return deviceAddressText(usbAddressOf(device));
}

function said(stamp: string, place: string): string {
  return `${stampInWords(stamp)} in ${place}`;
}
