/** PassthroughDevice: a device of the host that belongs to one guest (libvirt.org/formatnode.html). */

import { z } from "zod";
import { fact, field } from "./field";
import { oneLine, pciAddress } from "./names";
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

/** What a USB device is known by; all that is said has to be so. */
const usbSelector = z.strictObject({
  vendor: field(fourDigits.optional(), {
    description: "USB vendor ID, as `lsusb` prints it: `046d`. Goes with `product`.",
    effect: "live",
  }),
  product: field(fourDigits.optional(), {
    description: "USB product ID: `c52b`. Goes with `vendor`.",
    effect: "live",
  }),
  serial: field(oneLine.min(1).optional(), {
    description:
      "Serial number, of several of this vendor and product: the Host's output `devices` shows it. Only a shell on the host tells it (not over tls or tcp, nor in a session), and not every device has one.",
    effect: "live",
  }),
  bus: field(z.int().min(1).optional(), {
    description: "Number of the bus. Goes with `port`.",
    effect: "live",
  }),
  port: field(
    z
      .string()
      .regex(/^[0-9]+(\.[0-9]+)*$/, "must be port numbers with dots in between, such as 1.2")
      .optional(),
    {
      description:
        "The port that it is plugged into, and the ports of the hubs on the way there: of `1-1.2` (`/sys/bus/usb/devices`, `lsusb -t`) the part `1.2`. It means whatever is plugged in there. Goes with `bus`.",
      effect: "live",
    },
  ),
});

/** What a mediated device is made as. */
const mdevSelector = z.strictObject({
  type: field(z.string().regex(/^\S+$/, "must be the id of a type, such as nvidia-222"), {
    description: "The id of its type, of those that the parent has (the Host's output `devices`): `nvidia-222`.",
    effect: "live",
  }),
  parent: field(z.string().regex(/^\S+$/, "must be a PCI address or libvirt's name of a device"), {
    description: "What it is made of: a PCI address (`0000:65:00.0`), or libvirt's name of the device (`mtty_mtty`).",
    effect: "live",
  }),
  persistent: field(z.boolean().optional(), {
    description:
      "Defined on the host, and made again when that starts (libvirt 7.8). Otherwise the first `up` after that makes it again.",
    effect: "live",
    defaultsTo: "false",
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
  pci: field(pciSelector.optional(), {
    description:
      "Which PCI device it is: by `address`, by `vendor` and `product` (with `index` where there are several), by `interface`, or by `physicalFunction` and `virtualFunction`. No match, and several, are errors that list what is there.",
    effect: "live",
  }),
  usb: field(usbSelector.optional(), {
    description:
      "Which USB device it is, instead of `pci`: by `vendor` and `product` (with `serial` where there are several), by `bus` and `port`, or by both. No match, and several, are errors that list what is there.",
    effect: "live",
  }),
  mdev: field(mdevSelector.optional(), {
    description:
      "A mediated device (a vGPU), instead of `pci`: it is made of its parent, and removed with the resource, by `mdevctl` on the host. Its UUID is the claim's. Another type or parent makes it anew, which waits until no running guest has it.",
    effect: "live",
  }),
  wholeGroup: field(z.boolean().optional(), {
    description:
      "Of a PCI device: claims all devices of its IOMMU group, which can only be passed on together: the others are bound to `vfio-pci` as long as the claim stands, so that nothing of the host uses them, and given back to their drivers with it. Without it a device whose group has others is refused.",
    effect: "live",
    defaultsTo: "false",
  }),
  force: field(z.boolean().optional(), {
    description:
      "Claims it although the host itself seems to need it: a disk or USB stick that anything is mounted from, the network interface of the default route, the graphics card of its console.",
    effect: "none",
    defaultsTo: "false",
  }),
});
export type PassthroughDeviceInputs = z.infer<typeof passthroughDevice>;

/** What the host says of a PassthroughDevice. */
export const passthroughDeviceOutputs = z.strictObject({
  address: fact(
    z.string(),
    "Where it is now: `0000:65:00.0`; of a USB device what it is, and its bus and number, `046d:c52b@001:004`; of a mediated device its UUID.",
  ),
  description: fact(
    z.string(),
    "What it is, in words: `VGA compatible controller: NVIDIA Corporation AD102 (10de:2684)`.",
  ),
  driver: fact(
    z.string().optional(),
    "The driver that has it now: the host's own, or `vfio-pci` while a guest has it.",
  ),
  iommuGroup: fact(z.number().optional(), "The number of its IOMMU group, where the host has an IOMMU."),
  groupMembers: fact(
    z.array(z.string()).optional(),
    "Addresses of the other devices of its IOMMU group, bridges left out; of a PCI device.",
  ),
  numaNode: fact(z.number().optional(), "The NUMA node that it is next to, where the firmware says."),
});
