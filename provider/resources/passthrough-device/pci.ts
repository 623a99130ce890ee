/** PCI devices: found by what they are or where, claimed with their IOMMU group, bound by libvirt when a guest gets them. */

import type { Claim } from "../../libvirt/claim";
import { LibvirtError } from "../../libvirt/errors";
import { inventory } from "../../libvirt/inventory";
import type { PciDevice } from "../../libvirt/node-device";
import { wholePciAddress } from "../../libvirt/pci-address";
import type { Plan } from "../../reconcile/plan";
import { claimPath } from "./claim-path";
import { companionsOf, findDevice, identityOf, inWords, isFree, meantBy, type PciSelector } from "./find";
import { bind, giveBack, heldByOthers, heldIn, refuseWhileUsed, textOfHeld } from "./group";
import type { ClaimedKind, InputsOf } from "./kind";
import { objectionsToPci, objectionsToUnclaimedPci, wantedPci } from "./pci-objections";

export const pciKind: ClaimedKind<InputsOf<"pci">> = {
  kind: "pci",

  problems: ({ pci: selector }) =>
    problemsOfSelector(selector, [...waysToDevice, "by physicalFunction and virtualFunction"]),

  // The claim is to be on the device that the program means, where that is now.
  desired(inputs, there) {
    const found = there && meantBy(inputs, there).device?.address;
    return { ...(found === undefined ? {} : { pci: found }), wholeGroup: inputs.wholeGroup ?? false };
  },

  // As they are judged by what the program wants: whether it holds what shares the group, or anything at all.
  settings(inputs, there) {
    const held = heldIn(there.claim.drivers);
    const { companions } = meantBy(inputs, there);
    const wholeGroup =
      inputs.wholeGroup === true ? companions.every((each) => held.has(each.address) && isFree(each)) : held.size > 0;
    return { pci: there.claimed, wholeGroup };
  },

  facts(inputs, there) {
    const { device, companions } = meantBy(inputs, there);
    if (device === undefined) return { address: there.claimed, description: "not there", groupMembers: [] };
    const { address, driver, iommuGroup, numaNode } = device;
    return {
      address,
      description: inWords(device),
      ...(driver === undefined ? {} : { driver }),
      ...(iommuGroup === undefined ? {} : { iommuGroup: iommuGroup.number }),
      groupMembers: companions.map((each) => each.address),
      ...(numaNode === undefined ? {} : { numaNode }),
    };
  },

  impact: ({ path }) =>
    path === "pci" ? { class: "live", note: "the device has another address now" } : { class: "live" },

  objections: objectionsToPci,

  async claim({ virsh }, inputs) {
    const devices = await inventory(virsh).devices({ fresh: true });
    const search = findDevice(inputs, devices);
    if ("none" in search) throw new LibvirtError("Gone", `Unable to claim a device on ${virsh.uri}: ${search.none}`);
    const { device } = search;
    const companions = inputs.wholeGroup === true ? companionsOf(device, devices) : [];
    return {
      parts: {
        path: claimPath(device.address),
        stamp: identityOf(device),
        drivers: textOfHeld(companions, await heldByOthers(virsh, inputs.uuid)),
      },
      take: () => bind(virsh, companions),
    };
  },

  // What was held for a device that has moved, or is wanted no more, goes back.
  async letGo({ virsh }, _inputs, { claim }, plan) {
    if (!isLet(claim, plan)) return;
    await refuseWhileUsed(virsh, claim, false);
    await giveBack(virsh, claim);
  },

  async renew({ virsh }, inputs, observed, plan) {
    const { claim } = observed;
    const { device, companions } = meantBy(inputs, observed);
    const bound = inputs.wholeGroup === true && device !== undefined ? companions : [];
    const before = isLet(claim, plan) ? [] : [heldIn(claim.drivers)];
    return {
      parts: {
        path: pathBy(plan, claim),
        stamp: device === undefined ? claim.stamp : identityOf(device),
        drivers: textOfHeld(bound, ...before, await heldByOthers(virsh, claim.uuid)),
      },
      take: () => bind(virsh, bound),
    };
  },

  async giveBack({ virsh }, claim) {
    await refuseWhileUsed(virsh, claim, true);
    await giveBack(virsh, claim);
  },

  sought(_host, inputs, devices) {
    const search = findDevice(inputs, devices);
    // While a guest has a card, another one may have got the name of its interface.
    const isCertain = "device" in search && inputs.pci.interface === undefined;
    return Promise.resolve(isCertain ? wantedPci(search.device) : undefined);
  },

  named(text, devices) {
    const address = wholePciAddress(text);
    const device = devices.filter((each) => each.kind === "pci").find((each) => each.address === address);
    return device === undefined
      ? { none: `the host has no PCI device ${address}.` }
      : { device, wanted: wantedPci(device) };
  },

  objectionsToUnclaimed: (host, device, devices, users) =>
    objectionsToUnclaimedPci(host, device as PciDevice, devices, users),
};

function isLet(claim: Claim, plan: Plan): boolean {
  return claim.drivers !== undefined && (plan.settings.wholeGroup === false || pathBy(plan, claim) !== claim.path);
}

function pathBy({ settings: { pci } }: Plan, { path }: Claim): string {
  return pci === undefined ? path : claimPath(String(pci));
}

/** In which words a program says which device it is, whatever that is. */
export const waysToDevice = ["by address", "by vendor and product", "by interface"] as const;

/** What cannot be with the words by which a PCI device is sought, whatever the host says. */
export function problemsOfSelector(selector: PciSelector, allowed: readonly string[]): string[] {
  const { address, vendor, product, index, interface: name, physicalFunction, virtualFunction } = selector;
  const ways = [address, vendor ?? product, name, physicalFunction ?? virtualFunction].filter(
    (way) => way !== undefined,
  ).length;
  const all = new Intl.ListFormat("en", { type: "disjunction" }).format(allowed);
  if (ways !== 1) return [`pci: say which device it is in one way: ${all}.`];
  if ((vendor === undefined) !== (product === undefined)) return ["pci: vendor and product go together."];
  if ((physicalFunction === undefined) !== (virtualFunction === undefined))
    return ["pci: physicalFunction and virtualFunction go together."];
  if (index !== undefined && vendor === undefined) return ["pci.index: goes with vendor and product."];
  return [];
}
