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
import type { Element } from "../../reconcile/tree";
import { pathOfAlias } from "./devices";

/** Whether the host has to be asked for its devices: their drivers tell while it runs. */
export function hasPciDevices(guest: Element): boolean {
  return passedOn(guest).some(({ address }) => deviceAddressOf(address).kind === "pci");
}

/** A sentence for each that does, by its input path. `runs`: then its driver tells. */
export function migrationBlockers(guest: Element, runs: boolean, devices: readonly NodeDevice[]): string[] {
  return passedOn(guest).flatMap(({ device, address }) => {
    const reason = reasonOf(address, runs, devices);
    return reason === undefined ? [] : [`${pathOfAlias(aliasOf(device) ?? "") ?? device.name}: ${reason}.`];
  });
}

function passedOn(guest: Element): { readonly device: Element; readonly address: string }[] {
  return devicesIn(guest).flatMap((device) => addressesOf(device).map((address) => ({ device, address })));
}

function reasonOf(address: string, runs: boolean, devices: readonly NodeDevice[]): string | undefined {
  switch (deviceAddressOf(address).kind) {
    case "mdev":
      return `the mediated device ${address} can in general not be handed over, and nothing tells whether its driver does`;
    case "usb":
      return `the USB device ${address} stays with its host: the guest can be saved there, and not migrated`;
    case "pci": {
      const driver = devices.filter((each) => each.kind === "pci").find((each) => each.address === address)?.driver;
      if (!runs || driver === undefined)
        return `${address} can in general not be handed over; the guest's driver on the host tells when it runs`;
      // A driver of VFIO for just this device (mlx5_vfio_pci, nvgrace-gpu-vfio-pci) is made for that, and QEMU asks it.
      return /.[-_]vfio[-_]pci$/.test(driver)
        ? undefined
        : `${address} is driven by ${driver}, which hands no device over`;
    }
  }
}
