/** What there is of a device that is divided: the claim, the device, and what the host tells of it. */

import type { VirtualFunctionsInputs } from "../../../schema/virtual-functions";
import { holdsUnknown } from "../../../schema/unknown";
import { same } from "../../../schema/same";
import { type Claim, claimOfUuid } from "../../libvirt/claim";
import { inventory } from "../../libvirt/inventory";
import type { NodeDevice, PciDevice } from "../../libvirt/node-device";
import type { Virsh } from "../../libvirt/virsh";
import type { Settings } from "../../reconcile/desired";
import type { Element } from "../../reconcile/tree";
import { appliedBy } from "../applied";
import { ownershipOf } from "../ownership";
import { candidates, findDevice, identityOf, inWords } from "../passthrough-device/find";
import type { ConnectedHost, Observed } from "../resource";
import { claimPrefix } from "./claim-path";
import { ruleFor } from "./rule";
import { type Look, lookAt, type Sight } from "./sight";

export interface ObservedFunctions extends Observed, There {
  readonly claim: Claim;
  /** What was applied last. */
  readonly recorded: VirtualFunctionsInputs;
}

/** What the host has. Which of it is meant follows from the inputs (`meantBy`). */
interface There {
  readonly devices: readonly NodeDevice[];
  readonly look: Look;
  /** The address that the claim is on. */
  readonly claimed?: string;
  readonly recorded?: VirtualFunctionsInputs;
}

export async function observe(
  { virsh }: ConnectedHost,
  inputs: VirtualFunctionsInputs,
  recorded: VirtualFunctionsInputs = inputs,
): Promise<ObservedFunctions | undefined> {
  // Another's claim on the device is none of ours: it is objected to.
  const claim = inputs.uuid === undefined ? undefined : await claimOfUuid(virsh, inputs.uuid);
  if (claim === undefined) return undefined;
  const claimed = claim.path.slice(claimPrefix.length);
  const there = { ...(await lookAround(virsh, [claimed])), claimed, recorded };
  return {
    ...there,
    claim,
    id: claim.uuid,
    document: nothing,
    settings: settings(inputs, there),
    ownership: ownershipOf(claim, inputs.host, recorded.host),
    adopted: false,
    creation: claim.creation,
    applied: appliedBy(claim),
    release: `virsh secret-undefine ${claim.uuid}`,
    facts: factsOf(meantBy(inputs, there), claimed),
  };
}

/** All devices that can be divided, whichever is meant; and what is at these addresses. */
export async function lookAround(virsh: Virsh, addresses: readonly string[] = []): Promise<There> {
  const devices = await inventory(virsh).devices();
  const divisible = candidates(devices).filter(({ virtualFunctions }) => virtualFunctions !== undefined);
  return { devices, look: await lookAt(virsh, [...addresses, ...divisible.map(({ address }) => address)]) };
}

export interface Meant {
  readonly device: PciDevice;
  readonly sight: Sight;
}

/**
 * The device that the inputs mean, and a sentence where there is none. What a network interface was called is known as
 * long as the claim stands for it: without its driver the card has none. Pure.
 */
export function meantBy({ pci }: VirtualFunctionsInputs, there: There): Meant | { readonly none: string } {
  const { devices, look, claimed, recorded } = there;
  // A preview may not know it yet.
  if (holdsUnknown(pci)) return { none: "which device it is, is not known yet." };
  const search = findDevice({ pci }, devices);
  const isRemembered = pci.interface !== undefined && same(pci, recorded?.pci);
  const device =
    "device" in search ? search.device : candidates(devices).find(({ address }) => isRemembered && address === claimed);
  if (device === undefined) return { none: "none" in search ? search.none : "" };
  return { device, sight: look.sights.get(device.address) ?? undivided };
}

/** The device that the claim was made on, where it is still there, and has another address than the one that is meant. */
export function formerOf({
  claim,
  claimed,
  devices,
  look,
}: ObservedFunctions & { claimed?: string }): Meant | undefined {
  const device = candidates(devices).find(({ address }) => address === claimed);
  const sight = claimed === undefined ? undefined : look.sights.get(claimed);
  return device === undefined || sight === undefined || identityOf(device) !== claim.stamp
    ? undefined
    : { device, sight };
}

/** As they are judged by what the program wants: whether the rule is right. Pure. */
export function settings(inputs: VirtualFunctionsInputs, there: There): Settings {
  const { claimed = "", recorded = inputs } = there;
  const meant = meantBy(inputs, there);
  if ("none" in meant) return { pci: claimed };
  const { device, sight } = meant;
  const ofFunctions = [...sight.functions].flatMap(([number, seen]) =>
    Object.entries(seen).map(([name, value]) => [`functions.${number}.${name}`, value as boolean | number] as const),
  );
  const isRight = [inputs, recorded].some((each) => sight.rule === ruleFor(each, device));
  return {
    pci: claimed,
    count: sight.count,
    up: sight.interface === undefined || sight.isUp,
    persistent: isRight || (sight.rule === undefined ? false : "another rule"),
    ...Object.fromEntries(ofFunctions),
  };
}

const nothing: Element = { name: "device", attributes: {}, children: [] };

/** What has no SR-IOV. */
const undivided: Sight = {
  maximum: 0,
  count: 0,
  addresses: [],
  mayWrite: false,
  interface: undefined,
  isUp: false,
  hasLink: false,
  functions: new Map(),
  rule: undefined,
};

function factsOf(meant: ReturnType<typeof meantBy>, claimed: string): ObservedFunctions["facts"] {
  if ("none" in meant) return { address: claimed, description: "not there", maximum: 0, addresses: [] };
  const { device, sight } = meant;
  return {
    address: device.address,
    description: inWords(device),
    ...(sight.interface === undefined ? {} : { interface: sight.interface }),
    maximum: sight.maximum,
    addresses: sight.addresses,
  };
}
