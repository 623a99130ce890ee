/**
 * Devices of the host that are functions of one slot of the guest, as a graphics card and its sound are on the host
 * (formatdomain, "Device Addresses": `multifunction`). libvirt gives each device a slot of its own, so these are chosen here,
 * and kept from then on. Pure.
 */

import type { GuestInputs } from "../../../schema/guest";
import { holdsUnknown } from "../../../schema/unknown";
import { wholeDeviceAddress } from "../../libvirt/device-address";
import { addressesOf } from "../../libvirt/device-users";
import { devicesIn } from "../../libvirt/devices";
import { hexadecimal, numberFrom } from "../../libvirt/pci-address";
import { pcieControllers, rootPortsOf, type Slot, slotOf } from "../../libvirt/pci";
import { type DesiredElement, element, instantiate, type Stated, stated } from "../../reconcile/desired";
import { type Element, firstElement } from "../../reconcile/tree";
import { type Held, isMap, keyOf } from "./devices/device";
import { hostdevKind, sharedSlots } from "./devices/hostdev";

/** The domain with the addresses of such devices. Without `held` nothing is there yet. */
export function withSharedSlots(domain: DesiredElement, inputs: GuestInputs, held: Held | undefined): DesiredElement {
  const groups = sharedSlots(inputs);
  const members = new Set([...groups.values()].flat());
  const devices = domain.children.find(({ name }) => name === "devices");
  if (devices === undefined || inputs.passthrough === undefined) return domain;
  const wanted = instantiate(domain);
  const present = presentDevices(inputs, held);
  const addresses = new Map<string, DesiredElement>();
  // One that the others have left keeps its place, and only does not say any more that there are some.
  for (const [key, device] of present) {
    const slot = slotOfFirst(device);
    if (slot !== undefined && isMultifunction(device) && !members.has(key)) addresses.set(key, addressOn("", slot, 0));
  }
  const chosen: Slot[] = [];
  for (const [first, others] of groups) {
    const given = devices.children.find(({ path }) => path === `passthrough.${first}`);
    const slot =
      (given && slotOf(instantiate(given))) ?? slotOfFirst(present.get(first)) ?? freeSlot(wanted, held, chosen);
    chosen.push(slot);
    const isOn = (device: Element | undefined): boolean => device !== undefined && isSame(slotOf(device), slot);
    const stays = (key: string): number => (isOn(present.get(key)) ? functionOf(present.get(key)) : 0);
    const group = [first, ...others];
    const strangers = devicesIn(held?.document).filter(
      (each) => isOn(each) && !group.some((key) => present.get(key) === each),
    );
    const taken = new Set([0, ...others.map(stays), ...strangers.map(functionOf)]);
    const path = `passthrough.${others[0]}.onSlotOf`;
    // A place that it has already is nobody's wish, and stays when the others go.
    addresses.set(first, addressOn(isOn(present.get(first)) ? "" : path, slot, 0, stated(path, "on")));
    for (const key of others) {
      const number = stays(key) || ([1, 2, 3, 4, 5, 6, 7].find((each) => !taken.has(each)) ?? 7);
      taken.add(number);
      addresses.set(key, addressOn(`passthrough.${key}.onSlotOf`, slot, number));
    }
  }
  const children = devices.children.map((device) => {
    const address = device.name === "hostdev" ? addresses.get(device.path.replace(/^passthrough\./, "")) : undefined;
    // Raw XML may say it.
    if (address === undefined || device.children.some(({ name }) => name === "address")) return device;
    return { ...device, children: [...device.children, address] };
  });
  return { ...domain, children: domain.children.map((each) => (each === devices ? { ...devices, children } : each)) };
}

/** By our names, and where somebody else gave it to the guest, or took the name out, by the device that it is. */
function presentDevices({ passthrough }: GuestInputs, held: Held | undefined): ReadonlyMap<string, Element> {
  const all = devicesIn(held?.document, "hostdev");
  const isMeant = (each: Element, address: string): boolean => addressesOf(each).includes(wholeDeviceAddress(address));
  return new Map(
    Object.entries(isMap(passthrough) ? passthrough : {}).flatMap(([key, { device }]) => {
      const found =
        all.find((each) => keyOf(each, hostdevKind) === key) ??
        (holdsUnknown(device) ? undefined : all.find((each) => isMeant(each, device.address)));
      return found === undefined ? [] : [[key, found] as const];
    }),
  );
}

function addressOn(path: string, { bus, slot }: Slot, number: number, multifunction?: Stated): DesiredElement {
  const hex = (value: number, digits: number): string => `0x${hexadecimal(value, digits)}`;
  return element("address", path, {
    type: "pci",
    domain: "0x0000",
    bus: hex(bus, 2),
    slot: hex(slot, 2),
    function: hex(number, 1),
    multifunction,
  });
}

/** Where the first one is already, the others come to it. */
function slotOfFirst(device: Element | undefined): Slot | undefined {
  return device === undefined || functionOf(device) !== 0 ? undefined : slotOf(device);
}

function isMultifunction(device: Element): boolean {
  return firstElement(device, "address")?.attributes.multifunction === "on";
}

function functionOf(device: Element | undefined): number {
  const address = device && firstElement(device, "address");
  return numberFrom(address?.attributes.function) ?? 0;
}

function isSame(one: Slot | undefined, other: Slot): boolean {
  return one !== undefined && one.bus === other.bus && one.slot === other.slot;
}

/**
 * A PCIe root port, which is a bus, or a slot of the one bus of other machines; there from the end, since libvirt and the
 * machine begin at the other one.
 */
function freeSlot(wanted: Element, held: Held | undefined, chosen: readonly Slot[]): Slot {
  const all = [...devicesIn(wanted), ...devicesIn(held?.document)].map(slotOf);
  const isFree = (slot: Slot): boolean => ![...all, ...chosen].some((each) => isSame(each, slot));
  const first = (slots: readonly Slot[]): Slot | undefined => slots.find(isFree);
  const buses = (numbers: readonly number[]): Slot[] => numbers.map((bus) => ({ bus, slot: 0 }));
  const count = (length: number): number[] => Array.from({ length }, (_, index) => index);
  if (held === undefined && pcieControllers(wanted).length > 0) {
    // libvirt numbers the ports that have no number from 1 on.
    const others = devicesIn(wanted, "controller").filter(({ attributes }) => attributes.model !== "pcie-root-port");
    const isPort = ({ bus }: Slot): boolean => !others.some(({ attributes }) => Number(attributes.index) === bus);
    return first(buses(count(256).slice(1)).filter(isPort)) ?? { bus: 1, slot: 0 };
  }
  const controllers = held === undefined ? [] : pcieControllers(held.document);
  if (held !== undefined && controllers.length > 0) {
    const ports = rootPortsOf(held.document).filter(({ isTaken }) => !isTaken);
    // One more comes with its device.
    const beyond = count(256).map((index) => (controllers.at(-1) ?? 0) + 1 + index);
    return first(buses([...ports.map(({ index }) => index), ...beyond])) ?? { bus: 1, slot: 0 };
  }
  const slots = count(28).map((index) => ({ bus: 0, slot: 30 - index }));
  return first(slots) ?? { bus: 0, slot: 30 };
}
