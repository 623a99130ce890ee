/** NICs of running guests that are virtual functions which a network gave them: of which network, the networks say. */

import { devicesIn } from "../../libvirt/devices";
import { functionNetworks, functionOf } from "../../libvirt/function-networks";
import type { Virsh } from "../../libvirt/virsh";
import { type Element, firstElement } from "../../reconcile/tree";
import { sameNic } from "./devices/nic-addresses";

/** The live XML with the network's name in such NICs, where the definition has a network for them. */
export async function withNetworks(virsh: Virsh, live: Element, definition: Element): Promise<Element> {
  const given = devicesIn(live, "interface").flatMap((nic) => {
    const address = functionOf(nic);
    const defined = sameNic(nic, devicesIn(definition, "interface"));
    return address === undefined || defined?.attributes.type !== "network" ? [] : [{ nic, address, defined }];
  });
  if (given.length === 0) return live;
  const networks = await functionNetworks(virsh);
  const sources = new Map(
    given.flatMap(({ nic, address, defined }) => {
      const source = firstElement(nic, "source");
      const theirs = networks.filter(({ functions }) => functions.has(address)).map(({ name }) => name);
      // Several may share a card: then it is the one that is defined.
      const wanted = firstElement(defined, "source")?.attributes.network;
      const network = theirs.find((name) => name === wanted) ?? theirs[0];
      return source === undefined || network === undefined ? [] : [[source, network] as const];
    }),
  );
  return replaced(live, sources);
}

function replaced(element: Element, networks: ReadonlyMap<Element, string>): Element {
  const network = networks.get(element);
  if (network !== undefined) return { ...element, attributes: { ...element.attributes, network } };
  const children = element.children.map((child) => (typeof child === "string" ? child : replaced(child, networks)));
  return { ...element, children };
}
