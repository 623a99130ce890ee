/** NICs of running guests that are virtual functions which a network gave them: of which network, the networks say. */

import { functionOf, functionsOf } from "../../libvirt/function-networks";
import { inventory } from "../../libvirt/inventory";
import type { Virsh } from "../../libvirt/virsh";
import { parseXml } from "../../libvirt/xml";
import { descend, type Element, elementsOf, firstElement } from "../../reconcile/tree";

/** The live XML with the network's name in such NICs, where the definition has a network for them. */
export async function withNetworks(virsh: Virsh, live: Element, definition: Element): Promise<Element> {
  const given = nicsOf(live).flatMap((nic) => {
    const address = functionOf(nic);
    const defined = nicsOf(definition).find((each) => macOf(each) === macOf(nic));
    return address === undefined || defined?.attributes.type !== "network" ? [] : [{ nic, address, defined }];
  });
  if (given.length === 0) return live;
  const networks = await networksOfFunctions(virsh);
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

async function networksOfFunctions(virsh: Virsh): Promise<{ name: string; functions: ReadonlySet<string> }[]> {
  const [listing, devices] = await Promise.all([inventory(virsh).networks(), inventory(virsh).devices()]);
  const answers = await virsh.runAll(
    listing.map(({ uuid }) => ({ name: "net-dumpxml", arguments: ["--inactive", uuid] })),
  );
  return listing.flatMap(({ name }, index) => {
    const answer = answers[index];
    if (answer?.status !== "fulfilled") return [];
    const functions = functionsOf(parseXml(answer.value, `the XML of network "${name}"`), devices);
    return functions === undefined ? [] : [{ name, functions }];
  });
}

function nicsOf(guest: Element): Element[] {
  const devices = descend(guest, "devices");
  return devices === undefined ? [] : elementsOf(devices, "interface");
}

function macOf(nic: Element): string | undefined {
  return firstElement(nic, "mac")?.attributes.address;
}
