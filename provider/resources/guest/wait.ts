/**
 * Waiting for a guest's addresses (`waitFor`), as far as its host gives them out. The guest itself is never asked (law 11),
 * and all guests that wait share one question a network.
 */

import type { GuestInputs } from "../../../schema/guest";
import { givesAddress } from "../../libvirt/dhcp";
import { LibvirtError } from "../../libvirt/errors";
import { inventory } from "../../libvirt/inventory";
import { type GuestState, stateRules } from "../../libvirt/states";
import type { LeaseRow } from "../../libvirt/tables";
import type { Virsh } from "../../libvirt/virsh";
import { parseXml } from "../../libvirt/xml";
import { instantiate } from "../../reconcile/desired";
import { type Element, firstElement, textOf } from "../../reconcile/tree";
import type { ConnectedHost, Operation, Wait } from "../resource";
import type { ObservedGuest } from "./observed";
import { telling } from "../telling";
import { leasesOn } from "./addresses";
import { stateOf } from "./impact";
import { nicsOf, type SeenNic } from "./devices/nic";
import { desired } from "./observe";
import { stateOf as stateNow } from "./start-stop";

/** Time that a guest is given to get its addresses, in seconds. */
const defaultTimeoutSeconds = 300;

/** How old an answer of the host may be, in milliseconds: leases raise no event. */
const freshMilliseconds = 1_000;

/** A NIC on a network of libvirt. */
type Linked = SeenNic & { readonly network: string };

/** `before`: the guest as it was before it was made or changed. */
export async function waitFor(
  host: ConnectedHost,
  inputs: GuestInputs,
  before: ObservedGuest | undefined,
): Promise<Wait | undefined> {
  if (inputs.waitFor !== "address" || inputs.running === false || !host.profile.isMachine) return undefined;
  const earlier = await earlierLeases(host, inputs, before);
  return async (now, operation) => {
    if (now.live === undefined) return;
    const served = await servedNics(host.virsh, now.live);
    // A guest that is started asks anew, and the host still lists what it gave to the run before.
    const fresh = (nic: Linked, lease: LeaseRow): boolean =>
      neverEnds(lease) || !earlier.has(idOf(lease)) || hadItAlready(nic, inputs, before, now);
    await addressesOn(host, served, fresh, now, inputs, operation);
  };
}

async function addressesOn(
  host: ConnectedHost,
  nics: readonly Linked[],
  counts: (nic: Linked, lease: LeaseRow) => boolean,
  { id, document }: ObservedGuest,
  { waitForTimeoutSeconds: seconds = defaultTimeoutSeconds }: GuestInputs,
  operation: Operation,
): Promise<void> {
  const { virsh } = host;
  const name = textOf(firstElement(document, "name"));
  const begun = Date.now();
  let missing = nics;
  const tell = telling(
    operation,
    (gone) => `waits for an address of ${inWords(missing)} (${gone} s of at most ${seconds} s)`,
  );
  const watch = virsh.watch();
  try {
    for (;;) {
      const state = await stateNow(host, id);
      if (state === undefined || !stateRules[state].active) throw isOff(virsh, name, missing, state);
      missing = await withoutAddress(virsh, nics, counts);
      if (missing.length === 0) return;
      if (!stateRules[state].answers) throw asksForNothing(virsh, name, missing, state);
      if (Date.now() - begun >= seconds * 1000) throw tooLate(virsh, name, missing, seconds);
      tell();
      await watch.next(name);
    }
  } finally {
    watch.end();
  }
}

async function withoutAddress(
  virsh: Virsh,
  nics: readonly Linked[],
  counts: (nic: Linked, lease: LeaseRow) => boolean,
): Promise<Linked[]> {
  const found = await Promise.all(
    nics.map(async (nic) => {
      const leases = (await leasesOn(virsh, nic.network, freshMilliseconds)).get(nic.mac) ?? [];
      return leases.some((lease) => counts(nic, lease)) ? [] : [nic];
    }),
  );
  return found.flat();
}

/** What the networks that the guest is on, or comes to, have given out so far: to an earlier run of it as well. */
async function earlierLeases(
  host: ConnectedHost,
  inputs: GuestInputs,
  before: ObservedGuest | undefined,
): Promise<ReadonlySet<string>> {
  const wanted = instantiate(desired(inputs, host, before).document);
  const documents = [wanted, ...(before === undefined ? [] : [before.document])];
  const named = new Set(documents.flatMap(nicsOf).flatMap(({ network }) => network ?? []));
  const active = (await inventory(host.virsh).networks()).filter(
    (network) => network.active && named.has(network.name),
  );
  const leases = await Promise.all(active.map(({ name }) => leasesOn(host.virsh, name)));
  return new Set(leases.flatMap((byMac) => [...byMac.values()].flat()).map(idOf));
}

/** Whether this very run of the guest had the NIC on this network before, or has it back with its memory. */
function hadItAlready(
  nic: Linked,
  inputs: GuestInputs,
  before: ObservedGuest | undefined,
  now: ObservedGuest,
): boolean {
  if (before === undefined) return false;
  if (stateOf(before) === "saved") return inputs.removeManagedSave !== true;
  if (before.live === undefined || before.live.attributes.id !== now.live?.attributes.id) return false;
  return nicsOf(before.live).some(({ mac, network }) => mac === nic.mac && network === nic.network);
}

/** Another expiry is another answer of the DHCP server: whoever boots and asks again has it moved. */
function idOf({ mac, address, expiry }: LeaseRow): string {
  return [mac, address, expiry].join(" ");
}

/** Its expiry, the beginning of 1970, never moves: an earlier one cannot be told from a new one. */
function neverEnds({ expiry }: LeaseRow): boolean {
  return /^(1970-01-01|1969-12-31) /.test(expiry);
}

/** The NICs of a guest that the host's own DHCP servers can give an address to, as its networks are now. */
async function servedNics(virsh: Virsh, document: Element): Promise<Linked[]> {
  const linked = linkedNics(document);
  const networks = await networksNamed(virsh, new Set(linked.map(({ network }) => network)));
  return linked.filter(({ network: name, mac }) => {
    const network = networks.get(name);
    return network !== undefined && givesAddress(network, mac);
  });
}

/** On a network of libvirt, with the cable plugged. */
export function linkedNics(document: Element): Linked[] {
  return nicsOf(document).flatMap((nic) =>
    nic.network === undefined || nic.isUnplugged ? [] : [{ ...nic, network: nic.network }],
  );
}

/** What the host has of these networks, as they run; one that it does not list is left out. */
export async function networksNamed(virsh: Virsh, names: ReadonlySet<string>): Promise<ReadonlyMap<string, Element>> {
  const listed = (await inventory(virsh).networks()).filter(({ name }) => names.has(name));
  const documents = await Promise.all(
    listed.map(async ({ uuid, name }) =>
      parseXml(await virsh.run("net-dumpxml", [uuid]), `the running XML of network "${name}"`),
    ),
  );
  return new Map(documents.map((document, index) => [listed[index]?.name ?? "", document]));
}

/** `nics.lan (network "lan")`; a NIC that the program does not name goes by its MAC address. */
function inWords(nics: readonly Linked[]): string {
  return nics
    .map(({ key, mac, network }) => `${key === mac ? `the NIC ${mac}` : `nics.${key}`} (network "${network}")`)
    .join(" and ");
}

const again = "The next pulumi up goes on from here and waits again.";

function isOff(virsh: Virsh, name: string, missing: readonly Linked[], state: GuestState | undefined): LibvirtError {
  const is = state === undefined ? "is gone" : `went off (${state})`;
  return new LibvirtError(
    "Refused",
    `Guest "${name}" on ${virsh.uri} ${is} while an address of ${inWords(missing)} was waited for.`,
    `Look at what its console said last, and into its log on the host (/var/log/libvirt/qemu). ${again}`,
  );
}

function asksForNothing(virsh: Virsh, name: string, missing: readonly Linked[], state: GuestState): LibvirtError {
  return new LibvirtError(
    "Refused",
    `Guest "${name}" on ${virsh.uri} has no address of ${inWords(missing)}, and asks for none as it is: ${stateRules[state].note ?? state}. It was left so.`,
    `Bring it back to running (virsh resume, virsh dompmwakeup). ${again}`,
  );
}

function tooLate(virsh: Virsh, name: string, missing: readonly Linked[], seconds: number): LibvirtError {
  return new LibvirtError(
    "Refused",
    `Guest "${name}" on ${virsh.uri} has got no address of ${inWords(missing)} within ${seconds} s; it is as wanted otherwise, and runs on.`,
    `Look at its console (virsh console), whether its system asks for an address by DHCP there, and whether the network runs (virsh net-list). ${again} A slower guest needs a larger waitForTimeoutSeconds; without waitFor nothing is waited for.`,
  );
}
