/** Network: a virtual network of the host (libvirt.org/formatnetwork.html). */

import { z } from "zod";
import { fact, field } from "./field";
import { entryKey, macAddress, objectName, pciAddress } from "./names";
import { hostReference } from "./references";

export const networkModes = ["nat", "route", "isolated", "bridge", "hostdev"] as const;

const dhcp = z.strictObject({
  from: field(z.union([z.ipv4(), z.ipv6()]), { description: "First address of the range.", effect: "live" }),
  to: field(z.union([z.ipv4(), z.ipv6()]), { description: "Last address of the range.", effect: "live" }),
  reservations: field(
    z
      .record(
        entryKey,
        z.strictObject({
          mac: field(macAddress.optional(), {
            description: "MAC address of the NIC; must be given in `ipv4`. DHCPv6 does not see it.",
            effect: "live",
          }),
          ip: field(z.union([z.ipv4(), z.ipv6()]), { description: "The address it always gets.", effect: "live" }),
          hostname: field(z.string().min(1).optional(), {
            description:
              "Host name handed out with it; in `ipv6` it must be given, and is the name by which the client calls itself.",
            effect: "live",
          }),
        }),
      )
      .optional(),
    { description: "Fixed addresses, by a key of your choice.", effect: "live" },
  ),
});

const addresses = z.strictObject({
  gateway: field(z.union([z.cidrv4(), z.cidrv6()]), {
    description: "The host's own address in the network, with the prefix length: `10.20.0.1/24`.",
    effect: "interrupts",
  }),
  dhcp: field(dhcp.optional(), { description: "Addresses handed out by DHCP; none without it.", effect: "live" }),
});

export const network = z.strictObject({
  host: field(hostReference, {
    description: "The host that holds the network: a Host, or `{ uri }`.",
    effect: "replace",
  }),
  name: field(objectName.optional(), {
    description: "The network's name on the host.",
    effect: "replace",
    defaultsTo: "the resource's name",
    derived: true,
  }),
  uuid: field(z.uuid().optional(), {
    description: "The network's UUID.",
    effect: "replace",
    defaultsTo: "computed once from the owner token and the URN",
    derived: true,
  }),
  mode: field(z.enum(networkModes), {
    description:
      "`nat` (guests reach out through the host), `route` (routed without translation), `isolated` (guests and host only), `bridge` (an existing bridge of the host), `hostdev` (each NIC is a free virtual function of a network card, SR-IOV).",
    effect: "interrupts",
    // Ports of the translation say nothing in another mode, and libvirt refuses them there.
    dependants: ["/forward/nat"],
  }),
  bridge: field(
    z
      .string()
      .regex(/^[^\s/]{1,15}$/, "must be an interface name of at most 15 characters")
      .optional(),
    {
      description:
        "Name of the bridge: the one to use in mode `bridge`, the one to make otherwise. As an output it is the bridge's name also where libvirt chose it.",
      effect: "interrupts",
      defaultsTo: "chosen by libvirt (`virbr0`…); must be given in mode `bridge`",
      chosen: true,
    },
  ),
  physicalFunction: field(
    z
      .string()
      .regex(/^[^\s/]{1,15}$/, "must be an interface name of at most 15 characters")
      .optional(),
    {
      description:
        "The network interface of the card whose virtual functions are given to guests, in mode `hostdev`, all that it has: `enp3s0`.",
      effect: "interrupts",
    },
  ),
  virtualFunctions: field(z.array(pciAddress).min(1).optional(), {
    description:
      "The virtual functions that are given to guests, in mode `hostdev`, instead of all of a card's: some of the output `addresses` of VirtualFunctions. One that a PassthroughDevice claims is refused.",
    effect: "interrupts",
  }),
  ipv4: field(addresses.optional(), { description: "IPv4 of the network.", effect: "interrupts" }),
  ipv6: field(addresses.optional(), { description: "IPv6 of the network.", effect: "interrupts" }),
  domain: field(z.string().min(1).optional(), { description: "DNS domain of the guests.", effect: "interrupts" }),
  dns: field(
    z
      .strictObject({
        enabled: field(z.boolean().optional(), {
          description: "Whether libvirt answers DNS.",
          effect: "interrupts",
          defaultsTo: "true",
        }),
        hosts: field(
          z
            .record(z.union([z.ipv4(), z.ipv6()], "keys are IPv4 or IPv6 addresses"), z.array(z.string().min(1)).min(1))
            .optional(),
          {
            description: "Names by IPv4 or IPv6 address.",
            effect: "live",
          },
        ),
        forwarders: field(z.array(z.union([z.ipv4(), z.ipv6()])).optional(), {
          description: "Servers that other names are asked of.",
          effect: "interrupts",
        }),
      })
      .optional(),
    { description: "The network's DNS.", effect: "interrupts" },
  ),
  mtu: field(z.int().min(68).max(65535).optional(), {
    description: "MTU in bytes.",
    effect: "interrupts",
  }),
  running: field(z.boolean().optional(), {
    description:
      "Whether the network is active, as it is defined and with all its guests linked: what somebody stopped or restarted under them is mended.",
    effect: "interrupts",
    defaultsTo: "true",
    derived: true,
  }),
  autostart: field(z.boolean().optional(), {
    description: "Whether the network is started with the host.",
    effect: "live",
    defaultsTo: "true",
    derived: true,
  }),
  adopt: field(z.boolean().optional(), {
    description: "Take over a network of this name that exists already.",
    effect: "none",
    defaultsTo: "false: an existing network is refused",
  }),
  deleteAdopted: field(z.boolean().optional(), {
    description:
      "Whether destroying the resource deletes what was adopted, too. Without it an adopted network is left on the host as it is, and only the mark that says whose it is goes.",
    effect: "none",
    defaultsTo: "false",
  }),
});
export type NetworkInputs = z.infer<typeof network>;

/** What the host says of a Network. */
export const networkOutputs = z.strictObject({
  active: fact(z.boolean(), "Whether the network is active now."),
});
