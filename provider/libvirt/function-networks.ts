/**
 * Networks whose NICs are virtual functions of a card (libvirt.org/formatnetwork.html, "hostdev"). A running guest's NIC on
 * one shows the function that it was given, and no longer the network. Pure.
 */

import { type Element, elementsOf, firstElement } from "../reconcile/tree";
import type { NodeDevice } from "./node-device";
import { pciAddressOf } from "./pci-address";

/** The addresses that the network gives to guests; undefined where it is not of this mode. */
export function functionsOf(network: Element, devices: readonly NodeDevice[]): ReadonlySet<string> | undefined {
  const forward = firstElement(network, "forward");
  if (forward?.attributes.mode !== "hostdev") return undefined;
  const stated = elementsOf(forward, "address").flatMap(
    ({ attributes }) => pciAddressOf((part) => attributes[part]) ?? [],
  );
  const cards = elementsOf(forward, "pf").map(({ attributes }) => attributes.dev);
  const parents = devices.flatMap((each) => (each.kind === "net" && cards.includes(each.interface) ? each.parent : []));
  const divided = devices.flatMap((each) =>
    each.kind === "pci" && parents.includes(each.name) ? (each.virtualFunctions?.addresses ?? []) : [],
  );
  return new Set([...stated, ...divided]);
}

/** The virtual function that a NIC is; undefined where it is none. */
export function functionOf(nic: Element): string | undefined {
  if (nic.attributes.type !== "hostdev") return undefined;
  const address = firstElement(firstElement(nic, "source"), "address");
  return pciAddressOf((part) => address?.attributes[part]);
}
