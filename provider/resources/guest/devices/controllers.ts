/**
 * The USB controller and PCIe root ports: room for devices that are plugged later, each of which needs a port of its own on
 * PCIe, where ports cannot be plugged (decisions/spare-ports.md). Pure.
 */

import type { GuestInputs } from "../../../../schema/guest";
import type { GuestDefaults } from "../../../hypervisors/guest-defaults";
import { plugged } from "../../../libvirt/live-change";
import { element, stated } from "../../../reconcile/desired";
import type { DeviceKind } from "./device";
import { defaultSparePorts, portName, sparePorts } from "./spare-ports";

/** More than one guest has of both kinds. */
const mostPorts = 30;

export const controllerKind: DeviceKind = {
  elements: ["controller"],
  alias: "port",
  input: "spareRootPorts",

  write({ inputs, defaults, held, ports }) {
    if (!hasRootPorts(inputs, defaults)) return [];
    const spare = inputs.spareRootPorts ?? defaultSparePorts;
    const used = Math.min(ports, mostPorts - spare);
    return [
      // A controller that is there already stays what it is, so its attributes are nobody's; without a tablet, all of it is.
      element("controller", inputs.tablet === false ? "" : "tablet", {
        type: stated("", "usb"),
        index: stated("", 0),
        model: stated("", "qemu-xhci"),
      }),
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
  },

  live: { qemu: plugged("controller", [{ at: "@type", is: ["scsi", "virtio-serial"] }]) },

  needs: () => ({ slot: "express" }),

  // The USB controller.
  portsOf: () => 1,
};

function hasRootPorts({ machine }: GuestInputs, defaults: GuestDefaults): boolean {
  return defaults.rootPorts && /^(q35|pc-q35-.*|virt|virt-.*)$/.test(machine ?? defaults.machine ?? "");
}
