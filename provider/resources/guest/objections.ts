/**
 * Why the host would not have a guest as it is wanted, as far as it can tell now (decisions/objections.md). Only what is
 * new is judged: what the host has already, it has taken.
 */

import { guest as schema, type GuestInputs } from "../../../schema/guest";
import { dependantsOf } from "../../../schema/walk";
import { cpuModels, domainCapabilities, memoryOfHost } from "../../libvirt/domain-capabilities";
import { describeHost } from "../../libvirt/host-facts";
import { guestDefaults } from "../../libvirt/hypervisors";
import { elementsOf, firstElement, textOf } from "../../reconcile/tree";
import type { ConnectedHost, Objection, Observed } from "../resource";
import { objectionsToWaiting } from "./objections-addresses";
import { objectionsToFragments } from "./objections-fragments";
import { objectionsToHardware, objectionsToMachine } from "./objections-machine";
import { objectionsToOthers } from "./objections-others";
import { objectionsToSources } from "./objections-sources";
import { devicesOf, type Wanted, wantedOf } from "./wanted";

const dependants = dependantsOf(schema);

export async function objections(
  host: ConnectedHost,
  inputs: GuestInputs,
  observed: Observed | undefined,
): Promise<readonly Objection[]> {
  const { hypervisor } = host.facts;
  // libvirt's test driver keeps what it is given.
  if (hypervisor === "test") return [];
  if (guestDefaults(host.facts, inputs) === undefined) {
    const reason = `${hypervisor === "xen" ? "this Xen host" : "KVM and QEMU"} cannot give "${inputs.virtualization}": only a Xen host runs paravirtual and PVH guests. Leave virtualization out, or say "full".`;
    return [{ path: "virtualization", reason }];
  }
  const wanted = wantedOf(inputs, host.facts, observed, dependants);
  const [waiting, ...found] = await Promise.all([
    objectionsToWaiting(host, wanted, observed),
    hypervisor === "xen" ? [] : objectionsOfHypervisor(host, wanted),
    objectionsToSources(host, wanted),
    objectionsToOthers(host, wanted, observed),
    objectionsToFragments(
      host,
      inputs.xml ?? {},
      (path) => wanted.isNew(path),
      (xml) => wantedOf({ ...inputs, xml }, host.facts, observed, dependants).document,
    ),
  ]);
  // To wait is nothing that the host could have already: it is done after every update.
  return [...waiting, ...found.flat().filter(({ path }) => wanted.isNew(path))];
}

/** Fields that change what the hypervisor is asked for; where none of them is new, it need not be asked. */
const hardware =
  "architecture domainType machine vcpus memoryMiB maxMemoryMiB memoryHotplug cpu disks firmware graphics video tpm xml";

async function objectionsOfHypervisor(host: ConnectedHost, wanted: Wanted): Promise<Objection[]> {
  if (!hardware.split(" ").some((path) => wanted.isNew(path))) return [];
  const { virsh, facts } = host;
  const { capabilities } = await describeHost(virsh);
  if (hasOwnEmulator(wanted, capabilities)) return [];
  const machine = objectionsToMachine(wanted, { facts, capabilities });
  const refused = machine.some(({ onlyTold }) => onlyTold !== true);
  const [domain, models, memoryKiB] = await Promise.all([
    refused ? undefined : domainCapabilities(virsh, wanted),
    wanted.inputs.cpu?.model === undefined ? undefined : cpuModels(virsh, wanted.architecture),
    memoryOfHost(virsh),
  ]);
  return [...machine, ...objectionsToHardware(wanted, { facts, capabilities, domain, cpuModels: models, memoryKiB })];
}

/** Another emulator than the host's own for the architecture has machines and devices that the host says nothing of. */
function hasOwnEmulator(wanted: Wanted, capabilities: Parameters<typeof elementsOf>[0]): boolean {
  const emulator = textOf(firstElement(devicesOf(wanted), "emulator"));
  const usual = elementsOf(capabilities, "guest")
    .flatMap((guest) => elementsOf(guest, "arch"))
    .filter(({ attributes }) => attributes.name === wanted.architecture)
    .flatMap((arch) => [arch, ...elementsOf(arch, "domain")])
    .flatMap((parent) => elementsOf(parent, "emulator").map(textOf));
  return emulator !== "" && !usual.includes(emulator);
}
