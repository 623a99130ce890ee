/**
 * Networks whose NICs are virtual functions of a card (libvirt.org/formatnetwork.html, "hostdev"). A running guest's NIC on
 * one shows the function that it was given, and no longer the network.
 */

import { type Element, elementsOf, firstElement } from "../reconcile/tree";
import { type ObjectListing, inventory } from "./inventory";
import { onceAListing } from "./look-once";
import { readMark } from "./mark";
import type { NodeDevice } from "./node-device";
import { pciAddressOf } from "./pci-address";
import type { Virsh } from "./virsh";
import { parseXml } from "./xml";

export interface FunctionNetwork {
  readonly name: string;
  readonly active: boolean;
  /** The token of the stack whose network it is, where it has a mark of one. */
  readonly owner: string | undefined;
  /** The addresses that it gives to guests. */
  readonly functions: ReadonlySet<string>;
}

/** All of a host's, by their definitions. */
export async function functionNetworks(virsh: Virsh): Promise<readonly FunctionNetwork[]> {
  return lookAt(virsh, await inventory(virsh).networks());
}

const lookAt = onceAListing(async (virsh, listing: readonly ObjectListing[]): Promise<readonly FunctionNetwork[]> => {
  const answers = await virsh.runAll(
    listing.map(({ uuid }) => ({ name: "net-dumpxml", arguments: ["--inactive", uuid] })),
  );
  // One that went away since gives nothing; any other error is not "none".
  const allAnswered = answers.every(({ status }) => status === "fulfilled");
  const now = allAnswered ? listing : await inventory(virsh).networks({ fresh: true });
  const documents = listing.flatMap(({ uuid, name, active }, index) => {
    const answer = answers[index];
    if (answer?.status === "fulfilled")
      return [{ name, active, document: parseXml(answer.value, `the XML of network "${name}"`) }];
    if (now.some((each) => each.uuid === uuid)) throw answer?.reason;
    return [];
  });
  const giving = documents.filter(({ document }) => givesFunctions(document));
  // Most hosts have none, and many devices.
  const devices = giving.length === 0 ? [] : await inventory(virsh).devices();
  return giving.map(({ name, active, document }) => ({
    name,
    active,
    owner: readMark(document)?.owner,
    functions: functionsOf(document, devices) ?? new Set(),
  }));
});

function givesFunctions(network: Element): boolean {
  return firstElement(network, "forward")?.attributes.mode === "hostdev";
}

/** The addresses that the network gives to guests; undefined where it is not of this mode. Pure. */
export function functionsOf(network: Element, devices: readonly NodeDevice[]): ReadonlySet<string> | undefined {
  const forward = firstElement(network, "forward");
  if (forward === undefined || !givesFunctions(network)) return undefined;
  const cards = elementsOf(forward, "pf").map(({ attributes }) => attributes.dev);
  const parents = devices.flatMap((each) => (each.kind === "net" && cards.includes(each.interface) ? each.parent : []));
  const divided = devices.flatMap((each) =>
    each.kind === "pci" && parents.includes(each.name) ? (each.virtualFunctions?.addresses ?? []) : [],
  );
  return new Set([...functionsNamed(network), ...divided]);
}

/** Those that it names one by one. Pure. */
export function functionsNamed(network: Element): string[] {
  const forward = firstElement(network, "forward");
  const addresses = forward === undefined ? [] : elementsOf(forward, "address");
  return addresses.flatMap(({ attributes }) => pciAddressOf((part) => attributes[part]) ?? []);
}

/** The virtual function that a NIC is; undefined where it is none. Pure. */
export function functionOf(nic: Element): string | undefined {
  if (nic.attributes.type !== "hostdev") return undefined;
  const address = firstElement(firstElement(nic, "source"), "address");
  return pciAddressOf((part) => address?.attributes[part]);
}
