/** Hosts: nothing is made or changed on them; they are connected to, recognised, and described. */

import type { Virtualization } from "../../hypervisors/guest-defaults";
import { inventory } from "../../libvirt/inventory";
import type { Virsh } from "../../libvirt/virsh";
import { descend, type Element, elementsOf, firstElement, textOf } from "../../reconcile/tree";
import { devicesOf } from "./devices";
import { examine } from "./examine";
import { connectedHost } from "./connected";
import { controlDomain } from "./control-domain";
import { pinnedUuid } from "./machine-identity";
import { passesDevicesOn } from "./passthrough";
import { readinessOf } from "./readiness";

/** What a Host says of itself (schema/host.ts, `hostOutputs`). All of it is read, none of it is compared. */
export async function describe(virsh: Virsh): Promise<Record<string, unknown>> {
  const host = await connectedHost(virsh);
  const [examination, pools, networks, nodeInfo, devices] = await Promise.all([
    examine(host),
    inventory(virsh).pools(),
    inventory(virsh)
      .networks()
      .catch(() => []),
    virsh.run("nodeinfo"),
    host.profile.isMachine ? devicesOf(virsh) : [],
  ]);
  const { description, facts, profile } = host;
  const { capabilities } = description;
  const cpu = descend(capabilities, "host", "cpu");
  const topology = firstElement(cpu, "topology")?.attributes ?? {};
  const { architecture, osTypes = [] } = facts;
  const { machine } = examination;
  const offers = (virtualization: Virtualization): boolean =>
    osTypes.includes(profile.defaults({ virtualization, architecture, hostArchitecture: architecture })?.osType ?? "");
  return {
    hostUuid: await pinnedUuid(host),
    hypervisor: profile.name,
    hypervisorVersion: description.hypervisorVersion,
    libvirtVersion: description.libvirtVersion,
    cpu: {
      architecture,
      model: textOf(firstElement(cpu, "model")),
      vendor: textOf(firstElement(cpu, "vendor")),
      sockets: Number(topology.sockets ?? 1),
      cores: Number(topology.cores ?? 1),
      threads: Number(topology.threads ?? 1),
    },
    memoryMiB: Math.floor(Number(/^Memory size:\s+(\d+) KiB/m.exec(nodeInfo)?.[1] ?? 0) / 1024),
    fullVirtualization: offers("full"),
    paravirtual: offers("paravirtual") || offers("pvh"),
    acceleration: profile.acceleration,
    iommu: passesDevicesOn(examination) === true,
    devices,
    securityDrivers: elementsOf(firstElement(capabilities, "host") ?? capabilities, "secmodel").map((model) =>
      textOf(firstElement(model, "model")),
    ),
    machineTypes: machineTypesOf(capabilities, architecture),
    pools: foreign(pools),
    networks: foreign(networks),
    ...(profile.hasControlDomain ? { xen: await controlDomain(virsh, capabilities, machine) } : {}),
    readiness: readinessOf(examination),
  };
}

/** What no resource of ours made: our UUIDs are of version 5, and nobody else's are. */
function foreign(objects: readonly { readonly uuid: string; readonly name: string }[]): string[] {
  return objects
    .filter(({ uuid }) => uuid[14] !== "5")
    .map(({ name }) => name)
    .sort();
}

/** Machine types that guests of the host's own architecture can have, aliases among them. */
function machineTypesOf(capabilities: Element, architecture: string): string[] {
  // Xen lists its kinds of guests one by one.
  const machines = elementsOf(capabilities, "guest")
    .flatMap((guest) => firstElement(guest, "arch") ?? [])
    .filter(({ attributes }) => attributes.name === architecture)
    .flatMap((arch) => elementsOf(arch, "machine").map(textOf));
  return [...new Set(machines)].sort();
}
