/** VirtualFunctions: into how many virtual functions a device of the host is divided (SR-IOV). */

import { z } from "zod";
import { fact, field } from "./field";
import { pciSelector } from "./passthrough-device";
import { hostReference } from "./references";

/** What a card does with one virtual function (ip-link, `ip link set DEVICE vf N`). */
const virtualFunction = z.strictObject({
  trust: field(z.boolean().optional(), {
    description:
      "Whether the guest may do what concerns the card as a whole: listen to everything (promiscuous mode, a bridge in the guest), and give the NIC another MAC address.",
    effect: "live",
    defaultsTo: "what the card begins with; `false` once it was stated and is no more",
  }),
  spoofCheck: field(z.boolean().optional(), {
    description:
      "Whether the card drops what the guest sends under another MAC address or VLAN than its own. A bridge in the guest needs `false`.",
    effect: "live",
    defaultsTo: "what the card begins with; `true` once it was stated and is no more",
  }),
  maxMbit: field(z.int().min(0).optional(), {
    description: "The most that the guest may send, in Mbit/s; 0 for no limit. Some cards take it only with a link.",
    effect: "live",
    defaultsTo: "what the card begins with; 0 once it was stated and is no more",
  }),
});
export type VirtualFunction = z.infer<typeof virtualFunction>;

export const virtualFunctions = z.strictObject({
  host: field(hostReference, { description: "The host that has the device: a Host, or `{ uri }`.", effect: "replace" }),
  uuid: field(z.uuid().optional(), {
    description: "UUID of the claim that says on the host who divides the device.",
    effect: "replace",
    defaultsTo: "computed once from the owner token and the URN",
    derived: true,
  }),
  pci: field(pciSelector.omit({ physicalFunction: true, virtualFunction: true }), {
    description:
      "Which PCI device it is, the physical function (PF): by `address`, by `vendor` and `product` (with `index` where there are several), or by `interface`. No match, and several, are errors that list what is there.",
    effect: "live",
  }),
  count: field(
    z.int().refine((count) => count > 0, "must be at least 1; where there shall be none, leave the resource out"),
    {
      description:
        "How many virtual functions (VFs) it has. A change takes all of them away for a moment, and brings the new number: it is refused while one is in use, by whomever.",
      effect: "live",
    },
  ),
  up: field(z.boolean().optional(), {
    description:
      "Brings the network interface of the physical function up, without which its virtual functions have no link. `false` leaves it as it is.",
    effect: "live",
    defaultsTo: "true",
    derived: true,
  }),
  persistent: field(z.boolean().optional(), {
    description:
      "Whether the host brings all of this about by itself when it starts, before the next `up`: by a rule of udev, which goes with the resource.",
    effect: "live",
    defaultsTo: "false",
    derived: true,
  }),
  functions: field(
    z
      .record(
        z.string().regex(/^(0|[1-9]\d{0,3})$/, "keys are numbers of virtual functions: 0 is the first"),
        virtualFunction,
      )
      .optional(),
    {
      description:
        "Settings of virtual functions of a network card, by their number, of which 0 is the first. What is not stated is left as it is.",
      effect: "live",
    },
  ),
});
export type VirtualFunctionsInputs = z.infer<typeof virtualFunctions>;

/** What the host says of a device that is divided. */
export const virtualFunctionsOutputs = z.strictObject({
  address: fact(z.string(), "Where the physical function is now: `0000:03:00.0`."),
  description: fact(
    z.string(),
    "What it is, in words: `Ethernet controller: Intel Corporation 82576 Gigabit Network Connection (8086:10c9)`.",
  ),
  interface: fact(z.string().optional(), "The network interface of the physical function, where it has one: `enp3s0`."),
  maximum: fact(z.number(), "How many virtual functions it can have."),
  addresses: fact(z.array(z.string()), "Addresses of the virtual functions in the order of their number, from 0."),
});
