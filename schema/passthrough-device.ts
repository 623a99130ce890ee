/** PassthroughDevice: a device of the host that belongs to one guest (libvirt.org/formatnode.html). */

import { z } from "zod";
import { fact, field } from "./field";
import { pciAddress } from "./names";
import { hostReference } from "./references";

const fourDigits = z.string().regex(/^[0-9a-f]{4}$/, "must be four hexadecimal digits in lower case, such as 10de");

/** One of the ways in which a PCI device is named. */
export const pciSelector = z.strictObject({
  address: field(pciAddress.optional(), {
    description:
      "Its address, as `lspci -D` prints it: `0000:65:00.0`. Another slot, a new card or a firmware's update can give it to another device: vendor and product follow theirs.",
    effect: "live",
  }),
  vendor: field(fourDigits.optional(), {
    description: "PCI vendor ID, four hexadecimal digits: `10de`. Goes with `product`.",
    effect: "live",
  }),
  product: field(fourDigits.optional(), {
    description: "PCI device ID, four hexadecimal digits: `2684`. Goes with `vendor`.",
    effect: "live",
  }),
  index: field(z.int().min(0).optional(), {
    description: "Which of several of this vendor and product it is, in the order of their addresses: 0 is the first.",
    effect: "live",
  }),
  interface: field(z.string().min(1).optional(), {
    description:
      "The name of the host's network interface whose card it is: `enp3s0`. It is gone while a guest has the card, and the claim remembers which card it was.",
    effect: "live",
  }),
  physicalFunction: field(z.union([pciAddress, z.string().regex(/^[^\s/:]{1,15}$/)]).optional(), {
    description:
      "The card of which the device is a virtual function (SR-IOV), by its address or network interface: the output `address` of VirtualFunctions. Goes with `virtualFunction`.",
    effect: "live",
  }),
  virtualFunction: field(z.int().min(0).optional(), {
    description: "The number of the virtual function: 0 is the first. Goes with `physicalFunction`.",
    effect: "live",
  }),
});

export const passthroughDevice = z.strictObject({
  host: field(hostReference, { description: "The host that has the device: a Host, or `{ uri }`.", effect: "replace" }),
  uuid: field(z.uuid().optional(), {
    description: "UUID of the claim that says on the host whose the device is.",
    effect: "replace",
    defaultsTo: "computed once from the owner token and the URN",
    derived: true,
  }),
  pci: field(pciSelector, {
    description:
      "Which PCI device it is: by `address`, by `vendor` and `product` (with `index` where there are several), by `interface`, or by `physicalFunction` and `virtualFunction`. No match, and several, are errors that list what is there.",
    effect: "live",
  }),
  wholeGroup: field(z.boolean().optional(), {
    description:
      "Claims all devices of its IOMMU group, which can only be passed on together: the others are bound to `vfio-pci` as long as the claim stands, so that nothing of the host uses them, and given back to their drivers with it. Without it a device whose group has others is refused.",
    effect: "live",
    defaultsTo: "false",
  }),
  force: field(z.boolean().optional(), {
    description:
      "Claims it although the host itself seems to need it: the disk that its system is on, the network interface of the default route, the graphics card of its console.",
    effect: "none",
    defaultsTo: "false",
  }),
});
export type PassthroughDeviceInputs = z.infer<typeof passthroughDevice>;

/** What the host says of a PassthroughDevice. */
export const passthroughDeviceOutputs = z.strictObject({
  address: fact(z.string(), "Where it is now: `0000:65:00.0`."),
  description: fact(
    z.string(),
    "What it is, in words: `VGA compatible controller: NVIDIA Corporation AD102 (10de:2684)`.",
  ),
  driver: fact(
    z.string().optional(),
    "The driver that has it now: the host's own, or `vfio-pci` while a guest has it.",
  ),
  iommuGroup: fact(z.number().optional(), "The number of its IOMMU group, where the host has an IOMMU."),
  groupMembers: fact(z.array(z.string()), "Addresses of the other devices of its IOMMU group, bridges left out."),
  numaNode: fact(z.number().optional(), "The NUMA node that it is next to, where the firmware says."),
});
