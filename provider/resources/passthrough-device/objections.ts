/** Why a device of the host cannot be claimed, as far as the host can tell now. */

import type { PassthroughDeviceInputs } from "../../../schema/passthrough-device";
import { same } from "../../../schema/same";
import { holdsUnknown } from "../../../schema/unknown";
import { claimsOf } from "../../libvirt/claim";
import { type DeviceUser, usersOfPciDevices } from "../../libvirt/device-users";
import { describeHost } from "../../libvirt/host-facts";
import { inventory } from "../../libvirt/inventory";
import type { NodeDevice, PciDevice } from "../../libvirt/node-device";
import { hostShell } from "../../libvirt/shell";
import { descend } from "../../reconcile/tree";
import { ownerOf } from "../recorded-identity";
import type { ConnectedHost, Objection } from "../resource";
import { claimPath, claimPrefix } from "./claim-path";
import { candidates, companionsOf, findDevice, identityOf, inWords } from "./find";
import { heldIn, standingOn } from "./group";
import { whatHostNeeds } from "./host-needs";
import { meantBy, type ObservedClaim } from "./observe";

export async function objections(
  host: ConnectedHost,
  inputs: PassthroughDeviceInputs,
  observed: ObservedClaim | undefined,
): Promise<readonly Objection[]> {
  if (holdsUnknown([inputs.host, inputs.pci])) return [];
  if (!host.profile.isMachine) return [{ path: "host", reason: `${host.profile.inWords} has no devices to pass on.` }];
  const devices = observed?.devices ?? (await inventory(host.virsh).devices());
  const search = findDevice(inputs, devices);
  const asNew = "device" in search ? search.device : undefined;
  const found = observed === undefined ? asNew : meantBy(inputs, observed).device;
  if (found === undefined) {
    // One that was found once may be pulled out: nothing else is made of that.
    const isLost = same(observed?.sought, inputs.pci);
    return [{ path: "pci", reason: "none" in search ? search.none : "", ...(isLost ? { onlyTold: true } : {}) }];
  }
  const companions = companionsOf(found, devices);
  const wanted = inputs.wholeGroup === true ? [found, ...companions] : [found];
  const ofGroup = ofItsGroup(inputs, found, companions);
  // What this very device, and those beside it, have passed once is not asked again.
  if (observed !== undefined && hasPassed(observed, found, wanted)) return ofGroup;
  const users = await usersOfPciDevices(host.virsh);
  return [
    ...(await withoutIommu(host, found)),
    ...ofItself(found),
    ...ofGroup,
    ...(await claimedByOthers(host, inputs, wanted)),
    ...usedByOthers(users, inputs, wanted),
    ...tornOut(users, wanted),
    ...(await neededByHost(host, inputs, withFunctions(wanted, devices))),
  ];
}

/** Why a device that nobody claims cannot be given to a guest all the same: rules that go by the device alone. */
export async function objectionsToUnclaimed(
  host: ConnectedHost,
  device: PciDevice,
  devices: readonly NodeDevice[],
  users: readonly DeviceUser[],
): Promise<readonly string[]> {
  const found = [
    ...(await withoutIommu(host, device)),
    ...ofItself(device),
    ...tornOut(users, [device]),
    ...ofItsGroup({}, device, companionsOf(device, devices)),
    ...(await neededByHost(host, {}, withFunctions([device], devices))),
  ];
  return found.map(({ reason }) => reason);
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

async function claimedByOthers(
  { virsh }: ConnectedHost,
  { host, uuid }: PassthroughDeviceInputs,
  wanted: readonly PciDevice[],
): Promise<Objection[]> {
  const others = (await claimsOf(virsh, claimPrefix)).filter((claim) => claim.uuid !== uuid);
  return wanted.flatMap(({ address }, index): Objection[] => {
    const theirs = standingOn(others, address).filter((claim) => claim.owner !== ownerOf(host));
    if (theirs.length > 0)
      return [{ path: "pci", reason: `${address} is claimed by another stack. Let that one give it up first.` }];
    // One program may claim each device of a group, with all of the group; but each device once.
    const own = others.find(({ path }) => index === 0 && path === claimPath(address));
    if (own === undefined) return [];
    const reason = `${address} is claimed by another resource of this stack, and belongs to one guest. Let that one give it up first.`;
    // It may be gone before this one's turn comes.
    return [{ path: "pci", reason, mayPass: true }];
  });
}

/** By name, from all guests' XML on the host: a person with virsh may have given it to one. */
function usedByOthers(
  users: readonly DeviceUser[],
  { host }: PassthroughDeviceInputs,
  wanted: readonly PciDevice[],
): Objection[] {
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

/** Whoever takes a card takes its virtual functions away, also from under a running guest, whosever that is. */
function tornOut(users: readonly DeviceUser[], wanted: readonly PciDevice[]): Objection[] {
  const functions = wanted.flatMap(({ virtualFunctions }) => virtualFunctions?.addresses ?? []);
  const theirs = users.filter(({ address }) => functions.includes(address));
  const names = [...new Set(theirs.map(({ what, address }) => `${what} has ${address}`))];
  if (names.length === 0) return [];
  return [
    {
      path: "pci",
      reason: `it would lose its virtual functions: ${names.join(", ")}. Take them away from there first.`,
    },
  ];
}

async function neededByHost(
  { virsh, profile }: ConnectedHost,
  { force }: Pick<PassthroughDeviceInputs, "force">,
  wanted: readonly PciDevice[],
): Promise<Objection[]> {
  // Whoever forces it is told all the same what it means.
  const told = force === true ? { onlyTold: true } : {};
  const found = await hostShell(virsh);
  const unseen = "absent" in found ? found.absent : found.doubt;
  if ("absent" in found || unseen !== undefined)
    return force === true ? [] : [unseenNeed(profile.inWords, unseen ?? "")];
  const { needs, unseen: gaps } = await whatHostNeeds(found.shell);
  const mine = needs.filter(({ address }) => wanted.some((each) => each.address === address));
  return [
    ...mine.map(({ address, why }) => ({
      path: "pci",
      reason: `${address} is needed by the host itself: ${why}.${force === true ? "" : " Say force: true where it can do without."}`,
      ...told,
    })),
    ...(gaps.length > 0 && mine.length === 0 && force !== true ? [unseenNeed(profile.inWords, gaps.join("; "))] : []),
  ];
}

function unseenNeed(host: string, why: string): Objection {
  const reason = `whether ${host} needs the device itself cannot be seen: ${why}. Make sure that it does not, and say force: true.`;
  return { path: "force", reason };
}
