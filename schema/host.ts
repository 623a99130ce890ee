/** Host: a VM Host Server that speaks libvirt. */

import { z } from "zod";
import { fact, field } from "./field";
import { connectionUri } from "./names";

export const host = z.strictObject({
  uri: field(connectionUri, {
    description:
      "libvirt connection URI (libvirt.org/uri.html), for instance `qemu+ssh://root@kvm1.example.org/system`, `qemu:///session`, `xen:///system`, or an alias of libvirt.conf (`uri_aliases`). ssh uses your own configuration, agent and known_hosts.",
    effect: "none",
  }),
});
export type HostInputs = z.infer<typeof host>;

/** What a Host says of itself beside its inputs. */
export const hostOutputs = z.strictObject({
  hostUuid: fact(z.string(), "The host's UUID as libvirt knows it, pinned when it was first seen."),
  hypervisor: fact(
    z.enum(["kvm", "qemu", "xen", "test"]),
    "What guests really run on: `kvm` only where it is usable, `qemu` for emulation.",
  ),
  hypervisorVersion: fact(z.string(), "For instance `QEMU 7.2.22`."),
  libvirtVersion: fact(z.string(), "For instance `9.0.0`."),
  cpu: fact(
    z.strictObject({
      architecture: z.string(),
      model: z.string(),
      vendor: z.string(),
      sockets: z.number(),
      cores: z.number(),
      threads: z.number(),
    }),
    "The host's CPU: sockets, cores a socket, threads a core.",
  ),
  memoryMiB: fact(z.number(), "The host's memory in MiB."),
  fullVirtualization: fact(z.boolean(), "Whether unmodified guests can run (HVM, or emulation)."),
  paravirtual: fact(z.boolean(), "Whether paravirtual guests can run (Xen only)."),
  acceleration: fact(
    z.enum(["kvm", "xen", "none"]),
    "What speeds full virtualization up; `none`: guests are emulated.",
  ),
  iommu: fact(z.boolean(), "Whether the host has a working IOMMU, which PCI passthrough needs."),
  devices: fact(
    z.array(
      z.strictObject({
        kind: z.enum(["pci", "usb", "mdev"]),
        address: z.string(),
        description: z.string(),
        driver: z.string().optional(),
        iommuGroup: z.number().optional(),
        numaNode: z.number().optional(),
        interfaces: z.array(z.string()).optional(),
        virtualFunctions: z.strictObject({ most: z.number(), addresses: z.array(z.string()) }).optional(),
        physicalFunction: z.string().optional(),
        bus: z.number().optional(),
        port: z.string().optional(),
        serial: z.string().optional(),
        mdevTypes: z
          .array(z.strictObject({ id: z.string(), name: z.string().optional(), available: z.number() }))
          .optional(),
        usedBy: z.array(z.string()).optional(),
      }),
    ),
    "Devices that could be passed on, bridges and hubs left out; `kind` is the input by which a PassthroughDevice takes it. Each has its address, a description with vendor and product, and the guests that run with it. PCI devices: driver, IOMMU group, NUMA node, network interfaces, virtual functions (how many it can have, and those that it has), and the physical function of a virtual one. USB devices: bus, port, and the serial number where there is a shell on the host. What mediated devices can be made of, a PCI device or another one (`mdev`): their types, and how many more of each there can be.",
  ),
  securityDrivers: fact(z.array(z.string()), "Security drivers: `apparmor`, `selinux`, `dac`."),
  machineTypes: fact(z.array(z.string()), "Machine types for guests of the host's own architecture."),
  pools: fact(z.array(z.string()), "Storage pools that are there and that no pulumi-virt resource made."),
  networks: fact(z.array(z.string()), "Networks that are there and that no pulumi-virt resource made."),
  xen: fact(
    z
      .strictObject({
        dom0: z.strictObject({ vcpus: z.number().optional(), memoryMiB: z.number().optional() }),
        memoryFreeMiB: z.number().optional(),
        scheduler: z.string().optional(),
        numaNodes: z.number(),
        capabilities: z.array(z.string()).optional(),
      })
      .optional(),
    "On Xen: what its management domain (Dom0) has, the memory in MiB that is free for guests, the scheduler, the number of NUMA nodes, and what `xl info` calls virt_caps (`hvm_directio`: PCI passthrough), where there is a shell on the host. Dom0 itself is left alone.",
  ),
  readiness: fact(
    z.array(z.strictObject({ missing: z.string(), why: z.string(), help: z.string().optional() })),
    "What a guest could not have on this host, why, and what to do about it; `npx pulumi-virt doctor URI` says the same and more.",
  ),
});
