/** What there is of a claim on a device of the host: the claim itself, the device, and what shares its IOMMU group. */

import type { PassthroughDeviceInputs } from "../../../schema/passthrough-device";
import { type Claim, claimOfUuid } from "../../libvirt/claim";
import { inventory } from "../../libvirt/inventory";
import type { NodeDevice, PciDevice } from "../../libvirt/node-device";
import type { Element } from "../../reconcile/tree";
import { ownershipOf } from "../ownership";
import type { ConnectedHost, Observed } from "../resource";
import { claimPath, claimPrefix } from "./claim-path";
import { heldIn } from "./group";
import { candidates, companionsOf, findDevice, inWords, isFree, isKept } from "./find";

export interface ObservedClaim extends Observed {
  readonly claim: Claim;
  /** The address that the claim is on. */
  readonly claimed: string;
  /** The device that the program means; undefined where it is not there, or with a guest and not to be recognised. */
  readonly device: PciDevice | undefined;
  /** What shares its IOMMU group. */
  readonly companions: readonly PciDevice[];
}

export async function observe(
  { virsh }: ConnectedHost,
  inputs: PassthroughDeviceInputs,
  recorded: PassthroughDeviceInputs = inputs,
): Promise<ObservedClaim | undefined> {
  // Another's claim on the device is none of ours: it is objected to.
  const claim = inputs.uuid === undefined ? undefined : await claimOfUuid(virsh, inputs.uuid);
  if (claim === undefined) return undefined;
  const devices = await inventory(virsh).devices();
  const claimed = claim.path.slice(claimPrefix.length);
  const device = meant(inputs, devices, claim);
  const companions = device === undefined ? [] : companionsOf(device, devices);
  return {
    id: claim.uuid,
    document: nothing,
    settings: { pci: claimed, wholeGroup: holdsGroup(inputs, claim, companions) },
    ownership: ownershipOf(claim, inputs.host, recorded.host),
    adopted: false,
    creation: claim.creation,
    release: `virsh secret-undefine ${claim.uuid}`,
    claim,
    claimed,
    device,
    companions,
    facts:
      device === undefined
        ? { address: claimed, description: "not there", groupMembers: [] }
        : factsOf(device, companions),
  };
}

/** Whether the claim holds what shares the group, as far as the program wants it to; or anything at all, where it does not. */
function holdsGroup({ wholeGroup }: PassthroughDeviceInputs, claim: Claim, companions: readonly PciDevice[]): boolean {
  const held = heldIn(claim.drivers);
  if (wholeGroup !== true) return held.size > 0;
  return companions.every((each) => held.has(each.address) && isFree(each));
}

/**
 * What a network interface was called is known as long as the claim stands: with a guest the card has none, and another card
 * may have got the name. In a preview it may not be known what is meant.
 */
function meant(inputs: PassthroughDeviceInputs, devices: readonly NodeDevice[], claim: Claim): PciDevice | undefined {
  if (typeof inputs.pci !== "object") return undefined;
  const search = findDevice(inputs, devices);
  if (inputs.pci.interface === undefined) return "device" in search ? search.device : undefined;
  const claimed = candidates(devices).find(({ address }) => claimPath(address) === claim.path);
  if (claimed !== undefined && (isKept(claimed) || "none" in search)) return claimed;
  return "device" in search ? search.device : undefined;
}

const nothing: Element = { name: "device", attributes: {}, children: [] };

function factsOf(device: PciDevice, companions: readonly PciDevice[]): ObservedClaim["facts"] {
  const { address, driver, iommuGroup, numaNode } = device;
  return {
    address,
    description: inWords(device),
    ...(driver === undefined ? {} : { driver }),
    ...(iommuGroup === undefined ? {} : { iommuGroup: iommuGroup.number }),
    groupMembers: companions.map((each) => each.address),
    ...(numaNode === undefined ? {} : { numaNode }),
  };
}
