/** Why a device of the host cannot be claimed, as far as the host can tell now. */

import type { PassthroughDeviceInputs } from "../../../schema/passthrough-device";
import { holdsUnknown } from "../../../schema/unknown";
import { claimsOnPaths } from "../../libvirt/claim";
import { usersOfPciDevices } from "../../libvirt/device-users";
import { describeHost } from "../../libvirt/host-facts";
import { inventory } from "../../libvirt/inventory";
import type { PciDevice } from "../../libvirt/node-device";
import { hostShell } from "../../libvirt/shell";
import { descend } from "../../reconcile/tree";
import { ownerOf } from "../recorded-identity";
import type { ConnectedHost, Objection } from "../resource";
import { claimPath, claimPrefix } from "./claim-path";
import { companionsOf, findDevice, inWords } from "./find";
import { whatHostNeeds } from "./host-needs";
import type { ObservedClaim } from "./observe";

export async function objections(
  host: ConnectedHost,
  inputs: PassthroughDeviceInputs,
  observed: ObservedClaim | undefined,
): Promise<readonly Objection[]> {
  if (holdsUnknown([inputs.host, inputs.pci])) return [];
  if (!host.profile.isMachine) return [{ path: "host", reason: `${host.profile.inWords} has no devices to pass on.` }];
  const { virsh } = host;
  const devices = await inventory(virsh).devices();
  const search = findDevice(inputs, devices);
  if ("none" in search) {
    // One that is claimed may be with a guest, or be pulled out: nothing else is made of that.
    return [{ path: "pci", reason: search.none, ...(observed === undefined ? {} : { onlyTold: true }) }];
  }
  const { device } = search;
  // What is claimed already has passed all this.
  if (observed?.ownership === "ours" && observed.claimed === device.address) return [];
  const companions = companionsOf(device, devices);
  const all = inputs.wholeGroup === true ? [device, ...companions] : [device];
  return [
    ...(await withoutIommu(host, device)),
    ...ofItself(device),
    ...ofItsGroup(inputs, device, companions),
    ...(await claimedByOthers(host, inputs, all)),
    ...(await usedByOthers(host, inputs, all)),
    ...(await neededByHost(host, inputs, all)),
  ];
}

async function withoutIommu({ virsh, profile }: ConnectedHost, { iommuGroup }: PciDevice): Promise<Objection[]> {
  // Xen uses the IOMMU by itself, and hides its groups from the kernel of Dom0.
  if (profile.hasControlDomain || iommuGroup !== undefined) return [];
  const { capabilities } = await describeHost(virsh);
  const has = descend(capabilities, "host", "iommu")?.attributes.support === "yes";
  const reason = has
    ? "the device is in no IOMMU group, so it cannot be passed on safely: its slot or the machine does not isolate it."
    : "the host has no working IOMMU, which keeps a guest's device out of the host's memory. Switch on VT-d or AMD-Vi (IOMMU) in the firmware, with intel_iommu=on on the kernel's command line for Intel, and restart the host; npx pulumi-virt doctor says what is missing.";
  return [{ path: "pci", reason }];
}

function ofItself(device: PciDevice): Objection[] {
  if (!device.isBridge) return [];
  return [
    {
      path: "pci",
      reason: `${device.address} is a bridge (${inWords(device)}): only what is behind it can be passed on.`,
    },
  ];
}

function ofItsGroup(
  { wholeGroup }: PassthroughDeviceInputs,
  { iommuGroup }: PciDevice,
  companions: readonly PciDevice[],
): Objection[] {
  if (companions.length === 0 || wholeGroup === true) return [];
  const list = companions.map((each) => `${each.address} ${inWords(each)}`).join("; ");
  return [
    {
      path: "pci",
      reason: `it shares IOMMU group ${iommuGroup?.number} with other devices, and they can only be passed on together: ${list}. Claim them all with wholeGroup: true, where the host can do without them; or put the card into another slot.`,
    },
  ];
}

async function claimedByOthers(
  { virsh }: ConnectedHost,
  { host, uuid }: PassthroughDeviceInputs,
  wanted: readonly PciDevice[],
): Promise<Objection[]> {
  const claims = await claimsOnPaths(
    virsh,
    wanted.map(({ address }) => claimPath(address)),
  );
  return claims
    .filter((claim) => claim.uuid !== uuid)
    .flatMap((claim): Objection[] => {
      const address = claim.path.slice(claimPrefix.length);
      const isOwn = claim.owner === ownerOf(host);
      // Both of a group's devices may be claimed by one program, each with all of the group.
      if (isOwn && address !== wanted[0]?.address) return [];
      const who = isOwn ? "another resource of this stack" : "another stack";
      const reason = `${address} is claimed by ${who}, and belongs to one guest. Let that one give it up first.`;
      // Of one program, the other's claim may be gone before this one's turn comes.
      return [{ path: "pci", reason, ...(isOwn ? { mayPass: true } : {}) }];
    });
}

/** By name, from all guests' XML on the host: a person with virsh may have given it to one. */
async function usedByOthers(
  { virsh }: ConnectedHost,
  { host }: PassthroughDeviceInputs,
  wanted: readonly PciDevice[],
): Promise<Objection[]> {
  const users = await usersOfPciDevices(virsh);
  const own = ownerOf(host);
  return wanted.flatMap(({ address }) => {
    const others = users.filter((user) => user.address === address && (user.owner === undefined || user.owner !== own));
    const names = [...new Set(others.map(({ what }) => what))];
    if (names.length === 0) return [];
    return [
      { path: "pci", reason: `${address} belongs to ${names.join(", ")} already. Take it away from there first.` },
    ];
  });
}

async function neededByHost(
  { virsh, profile }: ConnectedHost,
  { force }: PassthroughDeviceInputs,
  wanted: readonly PciDevice[],
): Promise<Objection[]> {
  if (force === true) return [];
  const found = await hostShell(virsh);
  const unseen = "absent" in found ? found.absent : found.doubt;
  if ("absent" in found || unseen !== undefined) {
    const reason = `whether ${profile.inWords} needs the device itself cannot be seen: ${unseen}. Make sure that it does not, and say force: true.`;
    return [{ path: "force", reason }];
  }
  const needs = await whatHostNeeds(found.shell);
  return needs
    .filter(({ address }) => wanted.some((each) => each.address === address))
    .map(({ address, why }) => ({
      path: "pci",
      reason: `${address} is needed by the host itself: ${why}. Say force: true where it can do without.`,
    }));
}
