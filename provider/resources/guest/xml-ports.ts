/** Room for devices that are plugged later: on PCIe each needs a root port of its own, and ports cannot be plugged. Pure. */

import type { GuestInputs } from "../../../schema/guest";
import type { GuestDefaults } from "../../hypervisors/guest-defaults";
import { type DesiredElement, element, stated } from "../../reconcile/desired";
import type { Held } from "./recognise";
import { defaultSparePorts, portName, sparePorts } from "./spare-ports";
import { channels, rng } from "./xml-devices";
import { busOf } from "./xml-disks";

/** More than one guest has of both kinds. */
const mostPorts = 30;

export function rootPorts(inputs: GuestInputs, defaults: GuestDefaults, held?: Held): DesiredElement[] {
  if (!defaults.rootPorts || !/^(q35|pc-q35-.*|virt|virt-.*)$/.test(inputs.machine ?? defaults.machine ?? ""))
    return [];
  const spare = inputs.spareRootPorts ?? defaultSparePorts;
  const used = Math.min(usedPorts(inputs, defaults), mostPorts - spare);
  return [
    // A controller that is there already stays what it is, so its attributes are nobody's.
    element("controller", "tablet", { type: stated("", "usb"), index: stated("", 0), model: stated("", "qemu-xhci") }),
    element("controller", "", { type: "pci", index: 0, model: "pcie-root" }),
    // Ports that devices are on from the beginning are libvirt's: written with the guest, and never compared. They come
    // first, since libvirt numbers ports in their order and takes the first that is free.
    ...Array.from({ length: used }, () => element("controller", "", { type: "pci", model: "pcie-root-port" })),
    ...sparePorts(spare, held).map(({ number, index }) =>
      element("controller", "spareRootPorts", { type: "pci", index: stated("", index), model: "pcie-root-port" }, [
        element("alias", "spareRootPorts", { name: portName(number) }),
      ]),
    ),
  ];
}

/** Ports that the guest's own devices need. */
function usedPorts(inputs: GuestInputs, defaults: GuestDefaults): number {
  const disks = Object.values(inputs.disks ?? {});
  return (
    disks.filter((disk) => busOf(disk, defaults) === "virtio").length +
    (disks.some((disk) => busOf(disk, defaults) === "scsi") ? 1 : 0) +
    Object.keys(inputs.nics ?? {}).length +
    channels(inputs, defaults).slice(0, 1).length +
    rng(inputs, defaults).length +
    // The balloon and the USB controller.
    2
  );
}
