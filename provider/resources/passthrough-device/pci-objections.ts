/** Why a PCI device cannot be claimed: its IOMMU, its IOMMU group, and who is in the way. */

import type { PassthroughDeviceInputs } from "../../../schema/passthrough-device";
import { same } from "../../../schema/same";
import { describeHost } from "../../libvirt/host-facts";
import { type DeviceUser, usersOfDevices } from "../../libvirt/device-users";
import { functionNetworks } from "../../libvirt/function-networks";
import { inventory } from "../../libvirt/inventory";
import type { NodeDevice, PciDevice } from "../../libvirt/node-device";
import { descend } from "../../reconcile/tree";
import { ownerOf } from "../recorded-identity";
import type { ConnectedHost, Objection } from "../resource";
import { below, isMeantBy } from "./below";
import { candidates, companionsOf, findDevice, identityOf, inWords, meantBy } from "./find";
import { heldIn, standingOn } from "./group";
import { claimedByOthers, neededByHost, usedByOthers } from "./in-the-way";
import type { InputsOf, ObservedClaim, Wanted } from "./kind";

export async function objectionsToPci(
  host: ConnectedHost,
  inputs: InputsOf<"pci">,
  observed: ObservedClaim | undefined,
): Promise<readonly Objection[]> {
  const devices = observed?.devices ?? (await inventory(host.virsh).devices());
  const search = findDevice(inputs, devices);
  const device = observed === undefined ? undefined : meantBy(inputs, observed).device;
  const found = device ?? ("device" in search ? search.device : undefined);
  if (found === undefined) {
    // One that was found once may be pulled out: nothing else is made of that.
    const isLost = same(observed?.sought.pci, inputs.pci);
    return [{ path: "pci", reason: "none" in search ? search.none : "", ...(isLost ? { onlyTold: true } : {}) }];
  }
  const companions = companionsOf(found, devices);
  const wanted = inputs.wholeGroup === true ? [found, ...companions] : [found];
  const ofGroup = ofItsGroup(inputs, found, companions);
  // What this very device, and those beside it, have passed once is not asked again.
  if (observed !== undefined && hasPassed(observed, found, wanted)) return ofGroup;
  const users = await usersOfDevices(host.virsh);
  return [
    ...(await withoutIommu(host, found)),
    ...ofItself(found),
    ...ofGroup,
    ...(await claimedByOthers(host, "pci", inputs, wanted.map(wantedPci))),
    ...usedByOthers(users, "pci", inputs, wanted.map(wantedPci)),
    ...tornOut(users, wanted, devices),
    ...(await givenByNetwork(host, inputs.host, wanted)),
    ...(await neededByHost(host, "pci", inputs, withFunctions(wanted, devices).map(wantedPci))),
  ];
}

/**
 * Whoever takes a card takes its virtual functions away, the mediated devices that are made of it or of those, and what is
 * plugged into it (USB), also from under a running guest, whosever that is.
 */
function tornOut(
  users: readonly DeviceUser[],
  wanted: readonly PciDevice[],
  devices: readonly NodeDevice[],
): Objection[] {
  const functions = wanted.flatMap(({ virtualFunctions }) => virtualFunctions?.addresses ?? []);
  const taken = withFunctions(wanted, devices);
  const lost = taken.flatMap((card) => below(card, devices));
  const isLost = (address: string): boolean =>
    functions.includes(address) || lost.some((each) => isMeantBy(address, each));
  const losers = users.filter(({ address }) => isLost(address));
  const names = [...new Set(losers.map(({ what, address }) => `${what} has ${address}`))];
  if (names.length === 0) return [];
  const parts = functions.length > 0 ? "its virtual functions" : "what is made of it or plugged into it";
  return [{ path: "pci", reason: `it would lose ${parts}: ${names.join(", ")}. Take them away from there first.` }];
}

/** To any guest that asks for one: then the device would be no one guest's. */
async function givenByNetwork(
  { virsh }: ConnectedHost,
  ours: PassthroughDeviceInputs["host"] | undefined,
  wanted: readonly PciDevice[],
): Promise<Objection[]> {
  const divided = wanted.filter(({ physicalFunction }) => physicalFunction !== undefined);
  const networks = divided.length === 0 ? [] : await functionNetworks(virsh);
  return divided.flatMap(({ address }) =>
    networks
      .filter(({ functions }) => functions.has(address))
      .map(({ name, owner }) => ({
        path: "pci",
        reason: `the network "${name}" gives ${address} to any guest that asks. Let it give others (virtualFunctions).`,
        // One of this stack may change before this one's turn comes.
        mayPass: ours !== undefined && owner !== undefined && owner === ownerOf(ours),
      })),
  );
}

export function wantedPci(device: PciDevice): Wanted {
  const { address: place } = device;
  return {
    place,
    stamp: identityOf(device),
    isHeldBy: (claim) => standingOn([claim], place).length > 0,
    isUsedBy: ({ address }) => address === place,
  };
}

/** Why a device that nobody claims cannot be given to a guest all the same: rules that go by the device alone. */
export async function objectionsToUnclaimedPci(
  host: ConnectedHost,
  device: PciDevice,
  devices: readonly NodeDevice[],
  users: readonly DeviceUser[],
): Promise<readonly Objection[]> {
  return [
    ...(await withoutIommu(host, device)),
    ...ofItself(device),
    ...tornOut(users, [device], devices),
    ...(await givenByNetwork(host, undefined, [device])),
    ...ofItsGroup({}, device, companionsOf(device, devices)),
    ...(await neededByHost(host, "pci", {}, withFunctions([device], devices).map(wantedPci))),
  ];
}

function hasPassed({ claim, claimed }: ObservedClaim, device: PciDevice, wanted: readonly PciDevice[]): boolean {
  const held = heldIn(claim.drivers);
  return wanted.every((each) =>
    each === device
      ? claimed === each.address && claim.stamp === identityOf(each)
      : held.get(each.address)?.identity === identityOf(each),
  );
}

/** With the virtual functions of what is taken: they go with it. */
function withFunctions(wanted: readonly PciDevice[], devices: readonly NodeDevice[]): readonly PciDevice[] {
  const functions = new Set(wanted.flatMap(({ virtualFunctions }) => virtualFunctions?.addresses ?? []));
  return [...wanted, ...candidates(devices).filter(({ address }) => functions.has(address))];
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
  { wholeGroup }: Pick<PassthroughDeviceInputs, "wholeGroup">,
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
