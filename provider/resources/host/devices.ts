/** Which devices of a host could be passed on, and who has them. */

import { deviceAddressText, meansUsbDevice, usbAddressOf } from "../../libvirt/device-address";
import { devicesPassedOn } from "../../libvirt/device-users";
import { inventory } from "../../libvirt/inventory";
import type { MdevType, NodeDevice } from "../../libvirt/node-device";
import { runningGuests } from "../../libvirt/running-guests";
import type { Virsh } from "../../libvirt/virsh";
import { candidates, inWords, isKept } from "../passthrough-device/find";
import { mdevParents } from "../passthrough-device/mdev-find";
import { serialOf, usbCandidates, usbInWords } from "../passthrough-device/usb-find";
import { type Serials, usbSerials } from "../passthrough-device/usb-serials";

type Row = Readonly<Record<string, unknown>>;

/** The names of the running guests that have one of which this is true of its address. */
type UsedBy = (is: (address: string) => boolean) => readonly string[];

/** As a Host shows them (schema/host.ts). None where the daemon has no driver for devices, or cannot tell. */
export async function devicesOf(virsh: Virsh): Promise<readonly Row[]> {
  const devices = await inventory(virsh)
    .devices()
    .catch(() => []);
  const [usedBy, serials] = await Promise.all([
    usersAmong(virsh, devices),
    usbSerials(virsh, devices).catch(() => new Map()),
  ]);
  return [...pciRows(devices, usedBy), ...usbRows(devices, usedBy, serials), ...otherParents(devices)];
}

async function usersAmong(virsh: Virsh, devices: readonly NodeDevice[]): Promise<UsedBy> {
  // A host of a hundred guests is not asked for each of them where none can have one.
  const canBeUsed = usbCandidates(devices).length > 0 || candidates(devices).some(isKept);
  const running = canBeUsed ? await runningGuests(virsh).catch(() => []) : [];
  const users = running.map(({ name, devices: theirs }) => ({ name, addresses: devicesPassedOn(theirs) }));
  return (is) => users.filter(({ addresses }) => addresses.some(is)).map(({ name }) => name);
}

function pciRows(devices: readonly NodeDevice[], usedBy: UsedBy): readonly Row[] {
  return candidates(devices).map((device) => {
    const { name, address, driver, iommuGroup, numaNode, virtualFunctions, physicalFunction, mdevTypes } = device;
    const interfaces = devices.flatMap((each) => (each.kind === "net" && each.parent === name ? [each.interface] : []));
    return {
      kind: "pci",
      address,
      description: inWords(device),
      ...(driver === undefined ? {} : { driver }),
      ...(iommuGroup === undefined ? {} : { iommuGroup: iommuGroup.number }),
      ...(numaNode === undefined ? {} : { numaNode }),
      ...(interfaces.length === 0 ? {} : { interfaces }),
      ...(virtualFunctions === undefined ? {} : { virtualFunctions }),
      ...(physicalFunction === undefined ? {} : { physicalFunction }),
      ...(mdevTypes.length === 0 ? {} : { mdevTypes: mdevTypes.map(typeRow) }),
      ...usedRow(usedBy((each) => each === address)),
    };
  });
}

function usbRows(devices: readonly NodeDevice[], usedBy: UsedBy, serials: Serials): readonly Row[] {
  return usbCandidates(devices).map((device) => {
    const { bus, port } = device;
    const serial = serialOf(device, serials);
    return {
      kind: "usb",
      address: deviceAddressText(usbAddressOf(device)),
      description: usbInWords(device),
      bus,
      port,
      ...(serial === undefined ? {} : { serial }),
      ...usedRow(usedBy((each) => meansUsbDevice(each, device))),
    };
  });
}

/** Those of PCI stand among the others. */
function otherParents(devices: readonly NodeDevice[]): readonly Row[] {
  return mdevParents(devices)
    .filter(({ kind }) => kind === "mdevParent")
    .map(({ name, driver, mdevTypes }) => ({
      kind: "mdev",
      address: name,
      description: `mediated devices can be made of ${name}`,
      ...(driver === undefined ? {} : { driver }),
      mdevTypes: mdevTypes.map(typeRow),
    }));
}

function typeRow({ id, name, available }: MdevType): Row {
  return { id, ...(name === undefined ? {} : { name }), available };
}

function usedRow(names: readonly string[]): Row {
  return names.length === 0 ? {} : { usedBy: names };
}
