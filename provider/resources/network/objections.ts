/** What a host can refuse of a network now: names, bridges and addresses that something else there has. */

import type { NetworkInputs } from "../../../schema/network";
import { holdsUnknown } from "../../../schema/unknown";
import { claimsOf } from "../../libvirt/claim";
import { functionsOf } from "../../libvirt/function-networks";
import { canonicalAddress, overlap, prefixOf } from "../../libvirt/addresses";
import { LibvirtError } from "../../libvirt/errors";
import { inventory, type ObjectListing } from "../../libvirt/inventory";
import { readMark } from "../../libvirt/mark";
import type { Virsh } from "../../libvirt/virsh";
import { parseXml } from "../../libvirt/xml";
import { instantiate } from "../../reconcile/desired";
import { type Element, elementsOf } from "../../reconcile/tree";
import { ownerOf } from "../recorded-identity";
import { nameTaken } from "../ownership";
import type { ConnectedHost, Objection, Observed } from "../resource";
import { prefixOf as prefixOfClaims } from "../passthrough-device/claim-path";
import { standingOn } from "../passthrough-device/group";
import { bridgeOf } from "./observe";
import { toXml } from "./xml";

interface Other {
  readonly listed: ObjectListing;
  readonly document: Element;
  /** Of this stack: the same `up` may change it or take it away before this one's turn comes. */
  readonly mayPass: boolean;
}

export async function objections(
  { virsh }: ConnectedHost,
  inputs: NetworkInputs,
  observed: Observed | undefined,
): Promise<readonly Objection[]> {
  const others = await othersThan(virsh, inputs, observed);
  return [
    ...ofNamesake(inputs, others, observed),
    ...bridgeTaken(inputs, others),
    ...(await bridgeMissing(virsh, inputs)),
    ...(await functionsMissing(virsh, inputs)),
    ...(await functionsNotToGive(virsh, inputs, observed)),
    ...overlaps(inputs, others, observed),
  ];
}

async function othersThan(virsh: Virsh, inputs: NetworkInputs, observed: Observed | undefined): Promise<Other[]> {
  const adopts = observed === undefined && inputs.adopt === true;
  const listed = (await inventory(virsh).networks()).filter(
    ({ uuid, name }) => uuid !== inputs.uuid && uuid !== observed?.id && !(adopts && name === inputs.name),
  );
  const answers = await virsh.runAll(listed.map(({ uuid }) => ({ name: "net-dumpxml", arguments: [uuid] })));
  return listed.flatMap((each, index) => {
    const answer = answers[index];
    // One that went away since is in nobody's way; what is really in the way is found when it is made.
    if (answer?.status !== "fulfilled") return [];
    const document = parseXml(answer.value, `the XML of network "${each.name}"`);
    return [{ listed: each, document, mayPass: readMark(document)?.owner === ownerOf(inputs.host) }];
  });
}

function ofNamesake(
  { name, host }: NetworkInputs,
  others: readonly Other[],
  observed: Observed | undefined,
): Objection[] {
  const namesake = others.find(({ listed }) => listed.name === name);
  return namesake === undefined || observed !== undefined
    ? []
    : [nameTaken("network", namesake.listed.name, readMark(namesake.document), host)];
}

function bridgeTaken({ mode, bridge }: NetworkInputs, others: readonly Other[]): Objection[] {
  if (mode === "bridge" || bridge === undefined || holdsUnknown(bridge)) return [];
  const owner = others.find(({ document }) => bridgeOf(document) === bridge);
  if (owner === undefined) return [];
  const reason = `"${bridge}" is the bridge of network "${owner.listed.name}" already. Choose another name, or leave it to libvirt.`;
  return [{ path: "bridge", reason, mayPass: owner.mayPass }];
}

/** Something else may make the bridge before it is needed. Where libvirt does not see interfaces, nothing is said. */
async function bridgeMissing(virsh: Virsh, { mode, bridge }: NetworkInputs): Promise<Objection[]> {
  if (mode !== "bridge" || bridge === undefined || holdsUnknown(bridge)) return [];
  let listing: string;
  try {
    listing = await virsh.run("iface-list", ["--all"]);
  } catch (error) {
    if (!(error instanceof LibvirtError) || error.kind === "Unreachable") throw error;
    return [];
  }
  const names = listing.split("\n").map((line) => line.trim().split(/\s+/)[0]);
  return names.includes(bridge)
    ? []
    : [
        {
          path: "bridge",
          reason: `there is no "${bridge}" on the host: guests could not be started on it.`,
          mayPass: true,
        },
      ];
}

const families = ["ipv4", "ipv6"] as const;

/** libvirt refuses to start a network in whose subnet the host has an address already. */
function overlaps(inputs: NetworkInputs, others: readonly Other[], observed: Observed | undefined): Objection[] {
  const held = observed === undefined ? [] : subnetsOf(observed.document);
  return families.flatMap((family) => {
    const gateway = inputs[family]?.gateway;
    if (inputs.running === false || gateway === undefined || holdsUnknown(gateway) || held.includes(gateway)) return [];
    // The one of the same name is told by its name.
    const rest = others.filter(({ listed }) => observed !== undefined || listed.name !== inputs.name);
    return rest.flatMap(({ listed, document, mayPass }) =>
      subnetsOf(document)
        .filter((subnet) => overlap(subnet, gateway))
        .map((subnet) => ({
          path: `${family}.gateway`,
          reason: `${gateway} overlaps ${subnet} of network "${listed.name}". Choose another subnet.`,
          mayPass: mayPass || !listed.active,
        })),
    );
  });
}

function subnetsOf(network: Element): string[] {
  return elementsOf(network, "ip").map((ip) => `${canonicalAddress(ip.attributes.address ?? "")}/${prefixOf(ip)}`);
}

/** libvirt defines such a network, and starts it without a function to give. */
async function functionsMissing(
  virsh: Virsh,
  { mode, physicalFunction: name, running }: NetworkInputs,
): Promise<Objection[]> {
  if (mode !== "hostdev" || name === undefined || holdsUnknown([name, running]) || running === false) return [];
  const devices = await inventory(virsh).devices();
  const cards = devices.filter((each) => each.kind === "net");
  const parent = cards.find((each) => each.interface === name)?.parent;
  const card = devices.filter((each) => each.kind === "pci").find((each) => each.name === parent);
  const path = "physicalFunction";
  if (card === undefined) {
    const names = cards.flatMap((each) =>
      devices.some((pci) => pci.name === each.parent && pci.kind === "pci") ? each.interface : [],
    );
    return [
      {
        path,
        reason: `the host has no network interface "${name}" of a PCI device; there is: ${names.join(", ") || "none"}.`,
      },
    ];
  }
  if (card.virtualFunctions === undefined)
    return [
      { path, reason: `the card of "${name}" (${card.address}) cannot be divided into virtual functions (SR-IOV).` },
    ];
  if (card.virtualFunctions.addresses.length > 0) return [];
  const reason = `the card of "${name}" (${card.address}) has no virtual functions now, and can have ${card.virtualFunctions.most}. VirtualFunctions sets their number: give its output interface here, so that it comes first.`;
  // The same up may set it before this one's turn comes.
  return [{ path, reason, mayPass: true }];
}

/**
 * Such a network gives a guest whichever is free, and libvirt knows of no claims. What is no virtual function it does not
 * even define ("is not an SR-IOV Virtual Function").
 */
async function functionsNotToGive(
  virsh: Virsh,
  inputs: NetworkInputs,
  observed: Observed | undefined,
): Promise<Objection[]> {
  const { mode, physicalFunction, virtualFunctions } = inputs;
  if (mode !== "hostdev" || holdsUnknown([physicalFunction, virtualFunctions])) return [];
  const devices = await inventory(virsh).devices();
  const given = functionsOf(instantiate(toXml(inputs).document), devices) ?? new Set();
  const before = (observed && functionsOf(observed.document, devices)) ?? new Set();
  const added = [...given].filter((address) => !before.has(address));
  const claims = added.length === 0 ? [] : await claimsOf(virsh, prefixOfClaims("pci"));
  const path = virtualFunctions === undefined ? "physicalFunction" : "virtualFunctions";
  const taken = added.filter((address) => standingOn(claims, address).length > 0);
  const strange = added.flatMap((address): Objection[] => {
    const device = devices.filter((each) => each.kind === "pci").find((each) => each.address === address);
    if (device === undefined)
      // VirtualFunctions may make it before this one's turn comes.
      return [{ path, reason: `the host has no PCI device ${address} now.`, mayPass: true }];
    if (device.physicalFunction !== undefined) return [];
    return [{ path, reason: `${address} is no virtual function, and libvirt gives only those to guests as NICs.` }];
  });
  if (taken.length === 0) return strange;
  const owners = taken.flatMap((address) => standingOn(claims, address).map(({ owner }) => owner));
  const reason = `it would give a guest what a PassthroughDevice has claimed (${taken.join(", ")}). Name the others in virtualFunctions.`;
  // One of this stack may be given up before this one's turn comes.
  const mayPass = owners.every((owner) => owner === ownerOf(inputs.host));
  return [...strange, { path, reason, mayPass }];
}
