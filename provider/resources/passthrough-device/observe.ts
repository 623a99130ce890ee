/** What there is of a claim on a device of the host: the claim itself, the device, and what shares its IOMMU group. */

import type { PassthroughDeviceInputs } from "../../../schema/passthrough-device";
import { holdsUnknown } from "../../../schema/unknown";
import { type Claim, claimOfUuid } from "../../libvirt/claim";
import { inventory } from "../../libvirt/inventory";
import type { NodeDevice, PciDevice } from "../../libvirt/node-device";
import type { Element } from "../../reconcile/tree";
import { ownershipOf } from "../ownership";
import type { ConnectedHost, Observed } from "../resource";
import { claimPrefix } from "./claim-path";
import { heldIn } from "./group";
import { candidates, companionsOf, findDevice, inWords, isFree, isKept } from "./find";

export interface ObservedClaim extends Observed {
  readonly claim: Claim;
  /** The address that the claim is on. */
  readonly claimed: string;
  /** What the host has. Which of it is meant, and what goes with that, follows from the inputs (`meantBy`). */
  readonly devices: readonly NodeDevice[];
  /** What the claim was made or moved for. */
  readonly sought: PassthroughDeviceInputs["pci"];
}

export async function observe(
  { virsh }: ConnectedHost,
  inputs: PassthroughDeviceInputs,
  recorded: PassthroughDeviceInputs = inputs,
): Promise<ObservedClaim | undefined> {
  // Another's claim on the device is none of ours: it is objected to.
  const claim = inputs.uuid === undefined ? undefined : await claimOfUuid(virsh, inputs.uuid);
  if (claim === undefined) return undefined;
  const claimed = claim.path.slice(claimPrefix.length);
  const there = { claim, claimed, devices: await inventory(virsh).devices(), sought: recorded.pci };
  const { device, companions } = meantBy(inputs, there);
  return {
    ...there,
    id: claim.uuid,
    document: nothing,
    settings: settings(inputs, there),
    ownership: ownershipOf(claim, inputs.host, recorded.host),
    adopted: false,
    creation: claim.creation,
    release: `virsh secret-undefine ${claim.uuid}`,
    facts:
      device === undefined
        ? { address: claimed, description: "not there", groupMembers: [] }
        : factsOf(device, companions),
  };
}

type There = Pick<ObservedClaim, "claim" | "claimed" | "devices" | "sought">;

/** As they are judged by what the program wants: whether it holds what shares the group, or anything at all. Pure. */
export function settings(inputs: PassthroughDeviceInputs, there: There): { pci: string; wholeGroup: boolean } {
  const held = heldIn(there.claim.drivers);
  const { companions } = meantBy(inputs, there);
  const wholeGroup =
    inputs.wholeGroup === true ? companions.every((each) => held.has(each.address) && isFree(each)) : held.size > 0;
  return { pci: there.claimed, wholeGroup };
}

export interface Meant {
  /** Undefined where it is not there, where it cannot be told, or where a preview does not know what is meant. */
  readonly device: PciDevice | undefined;
  /** What shares its IOMMU group. */
  readonly companions: readonly PciDevice[];
}

/**
 * The device that the inputs mean. What a network interface was called is known as long as the claim stands for it: with a
 * guest the card has none, and another card may have got the name. Pure.
 */
export function meantBy(inputs: PassthroughDeviceInputs, { claimed, devices, sought }: There): Meant {
  const none: Meant = { device: undefined, companions: [] };
  if (holdsUnknown(inputs.pci)) return none;
  const search = findDevice(inputs, devices);
  const found = "device" in search ? search.device : undefined;
  const remembered =
    inputs.pci.interface !== undefined && inputs.pci.interface === sought.interface
      ? candidates(devices).find(({ address }) => address === claimed)
      : undefined;
  const device = remembered !== undefined && (isKept(remembered) || found === undefined) ? remembered : found;
  return device === undefined ? none : { device, companions: companionsOf(device, devices) };
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
