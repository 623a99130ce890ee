/**
 * What keeps a guest from being saved, snapshotted with its memory and migrated while it runs: devices of the host, whose
 * state only their own drivers could hand over. QEMU asks the driver ("VFIO migration is not supported in kernel"), which
 * may also say no when it comes to it (libvirt 11.3, mtty: "ram_save_setup failed: Operation not supported"). Pure.
 */

import { deviceAddressOf } from "../../libvirt/device-address";
import { addressesOf } from "../../libvirt/device-users";
import { devicesIn } from "../../libvirt/devices";
import type { NodeDevice } from "../../libvirt/node-device";
import { aliasOf } from "../../reconcile/pair";
import { type Element, firstElement } from "../../reconcile/tree";
import { pathOfAlias } from "./devices";

/** Whether the host has to be asked for its devices: their drivers tell while it runs. */
export function hasPciDevices(guest: Element): boolean {
  return devicesIn(guest)
    .flatMap(addressesOf)
    .some((address) => deviceAddressOf(address).kind === "pci");
}

/** Whether the host has to be asked for its networks: some give a NIC a function of a card when the guest starts. */
export function hasNetworks(guest: Element): boolean {
  return devicesIn(guest, "interface").some((nic) => networkOf(nic) !== undefined);
}

/** What a host knows of the devices of a guest. */
export interface KnownOfHost {
  readonly devices: readonly NodeDevice[];
  /** Names of networks whose NICs are functions of a card. */
  readonly functionNetworks: readonly string[];
}

/** A sentence for each that does, by its input path. `runs`: then its driver tells. */
export function migrationBlockers(guest: Element, runs: boolean, { devices, functionNetworks }: KnownOfHost): string[] {
  return devicesIn(guest).flatMap((device) => {
    const network = networkOf(device);
    const reasons =
      network !== undefined && functionNetworks.includes(network)
        ? [`the network "${network}" gives it a function of a card, which ${untilItRuns}`]
        : addressesOf(device).flatMap((address) => reasonOf(address, runs, devices) ?? []);
    return reasons.map((reason) => `${pathOfAlias(aliasOf(device) ?? "") ?? device.name}: ${reason}.`);
  });
}

/** Of a NIC that is not one of a card yet. */
function networkOf(device: Element): string | undefined {
  if (device.name !== "interface" || device.attributes.type !== "network") return undefined;
  return firstElement(device, "source")?.attributes.network;
}

const untilItRuns = "can in general not be handed over; the guest's driver on the host tells when it runs";

function reasonOf(address: string, runs: boolean, devices: readonly NodeDevice[]): string | undefined {
  switch (deviceAddressOf(address).kind) {
    case "mdev":
      return `the mediated device ${address} can in general not be handed over, and nothing tells whether its driver does`;
    case "usb":
      return `the USB device ${address} stays with its host: the guest can be saved there, and not migrated`;
    case "pci": {
      const driver = devices.filter((each) => each.kind === "pci").find((each) => each.address === address)?.driver;
      if (!runs || driver === undefined) return `${address} ${untilItRuns}`;
      // A driver of VFIO for just this device (mlx5_vfio_pci, nvgrace-gpu-vfio-pci) is made for that, and QEMU asks it.
      return /.[-_]vfio[-_]pci$/.test(driver)
        ? undefined
        : `${address} is driven by ${driver}, which hands no device over`;
    }
  }
}
