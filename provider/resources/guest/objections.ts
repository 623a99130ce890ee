/**
 * Why the host would not have a guest as it is wanted, as far as it can tell now (decisions/objections.md). Only what is
 * new is judged: what the host has already, it has taken.
 */

import { guest as schema, type GuestInputs } from "../../../schema/guest";
import { holdsUnknown } from "../../../schema/unknown";
import { dependantsOf } from "../../../schema/walk";
import { refusalsOf } from "../../hypervisors/refusal";
import { cpuModels, domainCapabilities, memoryOfHost } from "../../libvirt/domain-capabilities";
import { describeHost } from "../../libvirt/host-facts";
import { descend, elementsOf, textOf } from "../../reconcile/tree";
import type { ConnectedHost, Objection } from "../resource";
import type { ObservedGuest } from "./observed";
import { listedValues } from "./devices";
import { objectionsToWaiting } from "./objections-addresses";
import { objectionsToDevices } from "./objections-devices";
import { objectionsToName } from "./objections-driver";
import { objectionsToFragments } from "./objections-fragments";
import { objectionsToImages } from "./objections-images";
import { objectionsToHardware, objectionsToMachine } from "./objections-machine";
import { objectionsToOthers } from "./objections-others";
import { objectionsToSources } from "./objections-sources";
import { type Wanted, wantedOf } from "./wanted";
import { defaultsOf, isOffered, virtualizationOf } from "./xml";

const dependants = dependantsOf(schema);

export async function objections(
  host: ConnectedHost,
  inputs: GuestInputs,
  observed: ObservedGuest | undefined,
): Promise<readonly Objection[]> {
  if (!host.profile.isMachine) return [];
  if (defaultsOf(host, inputs) === undefined) {
    const reason = `${host.profile.inWords} cannot give "${inputs.virtualization}": only a Xen host runs paravirtual and PVH guests. Leave virtualization out, or say "full".`;
    return [{ path: "virtualization", reason }];
  }
  if (!host.profile.listsAll && inputs.virtualization !== undefined && !isOffered(host, defaultsOf(host, inputs))) {
    const reason = `the host runs no such guests; it offers ${host.facts.osTypes?.join(", ")}. Full virtualization (hvm) needs VT-x or AMD-V, switched on in the firmware. Leave virtualization out for what there is.`;
    return [{ path: "virtualization", reason }];
  }
  const met = refusalsOf(host.profile.refusals, { ...inputs, virtualization: virtualizationOf(host, inputs) });
  const refused = met.filter(({ onlyTold }) => onlyTold !== true);
  if (refused.length > 0) return refused;
  const wanted = wantedOf(inputs, host, observed, dependants);
  const [waiting, ...found] = await Promise.all([
    // Any NIC may be the one that gets an address.
    holdsUnknown([inputs.nics, inputs.xml, inputs.running]) ? [] : objectionsToWaiting(host, wanted, observed),
    host.profile.listsAll ? objectionsOfHypervisor(host, wanted) : [],
    objectionsToSources(host, wanted),
    objectionsToOthers(host, wanted, observed),
    objectionsToDevices(host, wanted, observed),
    objectionsToImages(host, wanted, observed),
    objectionsToFragments(
      host,
      // What is not known may be what the others go into.
      holdsUnknown(inputs.xml) ? {} : (inputs.xml ?? {}),
      (path) => wanted.isNew(path),
      (xml) => wantedOf({ ...inputs, xml }, host, observed, dependants).document,
    ),
  ]);
  const named = objectionsToName(host, inputs, observed);
  // To wait is nothing that the host could have already: it is done after every update.
  return [...waiting, ...named, ...[...met, ...found.flat()].filter(({ path }) => wanted.isNew(path))];
}

/** Fields that change what the hypervisor is asked for; where none of them is new, it need not be asked. */
const hardware = [
  ..."hideHypervisor architecture domainType machine vcpus memoryMiB maxMemoryMiB memoryHotplug cpu disks firmware xml".split(
    " ",
  ),
  ...listedValues.map(({ input }) => input),
];

async function objectionsOfHypervisor(host: ConnectedHost, wanted: Wanted): Promise<Objection[]> {
  if (!hardware.some((path) => wanted.isNew(path))) return [];
  const { virsh, facts, profile } = host;
  const { capabilities } = await describeHost(virsh);
  if (hasOwnEmulator(wanted, capabilities)) return [];
  const machine = objectionsToMachine(wanted, { facts, profile, capabilities });
  const refused = machine.some(({ onlyTold }) => onlyTold !== true);
  const [domain, models, memoryKiB] = await Promise.all([
    refused ? undefined : domainCapabilities(virsh, wanted),
    wanted.inputs.cpu?.model === undefined ? undefined : cpuModels(virsh, wanted.architecture),
    memoryOfHost(virsh),
  ]);
  return [
    ...machine,
    ...objectionsToHardware(wanted, { facts, profile, capabilities, domain, cpuModels: models, memoryKiB }),
  ];
}

/** Another emulator than the host's own for the architecture has machines and devices that the host says nothing of. */
function hasOwnEmulator(wanted: Wanted, capabilities: Parameters<typeof elementsOf>[0]): boolean {
  const emulator = textOf(descend(wanted.document, "devices", "emulator"));
  const usual = elementsOf(capabilities, "guest")
    .flatMap((guest) => elementsOf(guest, "arch"))
    .filter(({ attributes }) => attributes.name === wanted.architecture)
    .flatMap((arch) => [arch, ...elementsOf(arch, "domain")])
    .flatMap((parent) => elementsOf(parent, "emulator").map(textOf));
  return emulator !== "" && !usual.includes(emulator);
}
