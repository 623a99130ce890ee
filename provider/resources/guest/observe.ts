/** What is known of a guest: two calls, none of which waits for the guest. */

import type { GuestInputs } from "../../../schema/guest";
import { LibvirtError } from "../../libvirt/errors";
import { functionNetworks } from "../../libvirt/function-networks";
import { type GuestListing, inventory } from "../../libvirt/inventory";
import { asStarted, liveSplitter } from "../../libvirt/live-split";
import { markNamespace, readMark } from "../../libvirt/mark";
import { stateRules } from "../../libvirt/states";
import { parseXml } from "../../libvirt/xml";
import { type Desired, instantiate } from "../../reconcile/desired";
import type { Plan, Splitter } from "../../reconcile/plan";
import type { Element } from "../../reconcile/tree";
import { appliedBy } from "../applied";
import { ownershipOf, wasAdopted } from "../ownership";
import type { ConnectedHost, KnownHost } from "../resource";
import type { ObservedGuest } from "./observed";
import { addressesOf } from "./addresses";
import { stateOf } from "./impact";
import { inputsUnderKeysOf, observedUnderKeysOf } from "./keys";
import { liveRules } from "./devices";
import { withNetworks } from "./function-nics";
import { leavingPaths } from "./leaving";
import { hasNetworks, hasPciDevices, migrationBlockers } from "./migration";
import { activeOverlays } from "./snapshots";
import { givenPorts } from "./devices/spare-ports";
import { toXml } from "./xml";

export async function observe(
  host: ConnectedHost,
  inputs: GuestInputs,
  recorded: GuestInputs = inputs,
): Promise<ObservedGuest | undefined> {
  const listed = find(await inventory(host.virsh).guests(), inputs);
  if (listed === undefined) return undefined;
  const what = `the XML of guest "${listed.name}"`;
  const [persistent, running] = await host.virsh.runAll([
    { name: "dumpxml", arguments: ["--inactive", "--security-info", listed.uuid] },
    ...(listed.active ? [{ name: "dumpxml", arguments: ["--security-info", listed.uuid] }] : []),
  ]);
  if (persistent?.status !== "fulfilled") throw persistent?.reason;
  const definition = parseXml(persistent.value, what);
  const mark = readMark(definition);
  const runs = running?.status === "fulfilled" ? asStarted(parseXml(running.value, what)) : undefined;
  const held = {
    document: definition,
    live: runs && (await withNetworks(host.virsh, runs, definition)),
    applied: appliedBy(mark),
  };
  const seen = observedUnderKeysOf(inputs, held, recorded);
  const { document, live } = seen;
  const [ownership, adopted] = [ownershipOf(mark, inputs.host, recorded.host), wasAdopted(mark, inputs, recorded)];
  const above = await activeOverlays(host.virsh, inputs, inputsUnderKeysOf(inputs, recorded), document, live);
  return {
    ...seen,
    id: listed.uuid,
    settings: { autostart: listed.autostart, running: listed.active },
    ownership,
    adopted,
    creation: mark?.creation,
    release: `virsh metadata ${listed.uuid} ${markNamespace} --config --remove`,
    backingChains: above.backingChains,
    names: above.names,
    spareRootPorts: givenPorts(recorded, { ownership, adopted }),
    facts: {
      uuid: listed.uuid,
      state: listed.state,
      snapshots: above.snapshots,
      migrationBlockers: await blockersOf(host, live ?? document, live !== undefined),
      addresses: live === undefined ? {} : await addressesOf(host.virsh, live, document),
    },
  };
}

function noneOf(error: unknown): readonly never[] {
  if (error instanceof LibvirtError && error.kind !== "Unreachable") return [];
  throw error;
}

async function blockersOf({ virsh }: ConnectedHost, guest: Element, runs: boolean): Promise<string[]> {
  // What cannot be asked is not known: an output is no reason to fail.
  const devices = runs && hasPciDevices(guest) ? await inventory(virsh).devices().catch(noneOf) : [];
  // One that runs shows what it was given.
  const networks = !runs && hasNetworks(guest) ? await functionNetworks(virsh).catch(noneOf) : [];
  return migrationBlockers(guest, runs, { devices, functionNetworks: networks.map(({ name }) => name) });
}

/** By UUID alone; only a guest that was adopted has none among its inputs, and is found by its name. */
export function find(guests: readonly GuestListing[], { uuid, name }: GuestInputs): GuestListing | undefined {
  return guests.find((guest) => (uuid === undefined ? guest.name === name : guest.uuid === uuid));
}

/** Built once for the same inputs on the same host after the same look: objections, plan and live changes all ask for it. */
export function desired(inputs: GuestInputs, host: KnownHost, observed?: ObservedGuest): Desired {
  const { facts, profile } = host;
  const last = built.get(inputs);
  if (last !== undefined && last.facts === facts && last.profile === profile && last.observed === observed)
    return last.desired;
  const made = toXml(inputs, host, observed);
  built.set(inputs, { facts, profile, observed, desired: made });
  return made;
}

interface Built extends KnownHost {
  readonly observed: ObservedGuest | undefined;
  readonly desired: Desired;
}

const built = new WeakMap<GuestInputs, Built>();

export function split(inputs: GuestInputs, host: KnownHost, observed: ObservedGuest): Splitter {
  return liveSplitter({
    facts: host.facts,
    rules: liveRules(host.profile, observed.live ?? observed.document),
    state: stateRules[stateOf(observed)],
    definition: observed.document,
    desired: instantiate(desired(inputs, host, observed).document),
    isForeign: observed.ownership === "foreign",
  });
}

/** Input paths whose wanted value the running guest does not have yet, and what else waits for its next start. */
export function pending({ pendingRestart, pendingInGuest }: Plan, observed: ObservedGuest): string[] {
  const paths = [...pendingRestart, ...pendingInGuest].map(({ path }) => path);
  const image = stateOf(observed) === "saved" ? ["managed save image"] : [];
  return [...new Set([...paths, ...leavingPaths(observed), ...image])].sort();
}
