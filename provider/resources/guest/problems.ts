/** The rules of a guest that need more than one field, and no host. Pure. */

import type { GuestInputs } from "../../../schema/guest";
import { holdsUnknown, unknown } from "../../../schema/unknown";
import { LibvirtError } from "../../libvirt/errors";
import { bytesOf } from "../../libvirt/equivalences";
import { parseXml } from "../../libvirt/xml";
import { type DesiredElement, element, instantiate } from "../../reconcile/desired";
import { profileByUri } from "../../hypervisors/profile-of";
import { refusalsOf } from "../../hypervisors/refusal";
import { bootOrders, deviceKinds, statedDevices } from "./devices";
import { isMap } from "./devices/device";
import { identityIn } from "./fragment-identity";
import { placeableKinds } from "./fragment-place";
import { withFragments } from "./xml-fragments";
import { numa } from "./xml-memory";

export function problems(inputs: GuestInputs, old?: Partial<GuestInputs>): string[] {
  return [
    ...problemsOfHypervisor(inputs),
    ...problemsOfSize(inputs),
    ...problemsOfMemory(inputs),
    ...deviceKinds.flatMap((kind) => kind.problems?.(inputs) ?? []),
    ...problemsOfWaiting(inputs, old),
    ...problemsOfBootOrder(inputs),
    ...problemsOfFragments(inputs),
  ];
}

/** What its hypervisor would not carry out, where the URI tells which one that is; else the host is asked (objections.ts). */
function problemsOfHypervisor(inputs: GuestInputs): string[] {
  const uri: unknown = inputs.host.uri;
  const profile = typeof uri === "string" && !holdsUnknown(uri) ? profileByUri(uri) : undefined;
  return refusalsOf(profile?.refusals ?? [], inputs)
    .filter(({ onlyTold }) => onlyTold !== true)
    .map(({ path, reason }) => `${path}: ${reason}`);
}

function problemsOfSize({ vcpus, cpu }: GuestInputs): string[] {
  const found: string[] = [];
  const max = typeof vcpus === "object" ? vcpus.max : vcpus;
  if (typeof vcpus === "object" && !holdsUnknown(vcpus) && vcpus.current > vcpus.max) {
    found.push(`vcpus.current: ${vcpus.current} vCPUs are more than vcpus.max (${vcpus.max}).`);
  }
  const topology = cpu?.topology;
  if (
    topology !== undefined &&
    !holdsUnknown([topology, max]) &&
    topology.sockets * topology.cores * topology.threads !== max
  ) {
    found.push(`cpu.topology: sockets × cores × threads must be the largest number of vCPUs (${max}).`);
  }
  if (cpu?.mode === "custom" && cpu.model === undefined) found.push('cpu.model: mode "custom" needs a model.');
  if (cpu?.model !== undefined && cpu.mode !== "custom" && !holdsUnknown(cpu))
    found.push('cpu.model: needs mode "custom".');
  return found;
}

function problemsOfMemory({ memoryMiB, maxMemoryMiB, memoryHotplug }: GuestInputs): string[] {
  const found: string[] = [];
  if (typeof maxMemoryMiB === "number" && typeof memoryMiB === "number" && maxMemoryMiB < memoryMiB) {
    found.push(`maxMemoryMiB: ${maxMemoryMiB} MiB are less than memoryMiB (${memoryMiB}).`);
  }
  if (maxMemoryMiB !== undefined && memoryHotplug !== undefined) {
    found.push("maxMemoryMiB: give either maxMemoryMiB (balloon) or memoryHotplug (memory devices), not both.");
  }
  return found;
}

/** Where the program states no NIC, what is there already may have some, and raw fragments may bring some. */
function problemsOfWaiting(
  { waitFor, running, adopt, nics, xml }: GuestInputs,
  old: Partial<GuestInputs> | undefined,
): string[] {
  if (waitFor !== "address" || running !== true || xml !== undefined || adopt !== undefined) return [];
  if (nics === undefined) return old === undefined ? [`waitFor: ${noneLinked}`] : [];
  // Unknown values are texts.
  const mayBeLinked =
    !isMap(nics) ||
    Object.values(nics).some(
      (nic) => typeof nic !== "object" || (nic.network !== undefined && nic.linkState !== "down"),
    );
  return mayBeLinked ? [] : [`waitFor: ${noneLinked}`];
}

export const noneLinked =
  "the host tells only the addresses of NICs on a network of libvirt (nics: { lan: { network } }) with the link up, and the guest has none such. Give it one, or leave waitFor out.";

/** libvirt refuses a number that two devices have ("boot order '1' used for more than one device"). */
function problemsOfBootOrder(inputs: GuestInputs): string[] {
  const holders = new Map<number, string>();
  return bootOrders(inputs).flatMap(({ path, order }) => {
    if (typeof order !== "number") return [];
    const holder = holders.get(order);
    if (holder === undefined) holders.set(order, path);
    return holder === undefined ? [] : [`${path}.bootOrder: ${order} is taken by ${holder}.`];
  });
}

/** By the inputs alone: what the host adds may make a place ambiguous as well, which the preview says then. */
function problemsOfFragments(inputs: GuestInputs): string[] {
  const fragments = isMap(inputs.xml) ? inputs.xml : {};
  const refused = Object.entries(fragments).flatMap(([key, { fragment, at }]) => {
    if (typeof fragment !== "string" || fragment === unknown) return [];
    const read = refusalOr(() => parseXml(fragment, "the fragment"));
    const reason = typeof read === "string" ? read : identityIn(read, at === unknown ? "" : at);
    return reason === undefined ? [] : [`xml.${key}.fragment: ${reason}`];
  });
  if (refused.length > 0 || Object.keys(fragments).length === 0) return refused;
  // Where a place is depends on all of them.
  if (holdsUnknown(fragments) || placeableKinds.some(({ map }) => inputs[map] === unknown)) return [];
  const placed = refusalOr(() => withFragments(outlineOf(inputs), fragments));
  return typeof placed === "string" ? [placed] : problemsOfCells(inputs, placed);
}

/** What of the domain XML follows from the inputs alone and raw fragments may go into, or meet. */
function outlineOf(inputs: GuestInputs): DesiredElement {
  const devices = placeableKinds.flatMap((kind) =>
    Object.keys(statedDevices(inputs, kind) ?? {}).map((key) => element(kind.elements[0] ?? "", `${kind.map}.${key}`)),
  );
  const node = holdsUnknown([inputs.vcpus, inputs.memoryHotplug]) ? undefined : numa(inputs);
  return element("domain", "", {}, [element("cpu", "", {}, [node]), element("devices", "", {}, devices)]);
}

/** The memory of a guest with NUMA cells is their sum, whatever else is said (formatdomain, "CPU model and topology"). */
function problemsOfCells({ memoryMiB, maxMemoryMiB }: GuestInputs, outline: DesiredElement): string[] {
  const cpu = outline.children.find(({ name }) => name === "cpu");
  const cells = (cpu?.children ?? [])
    .filter(({ name }) => name === "numa")
    .flatMap(({ children }) => children)
    .filter(({ name, attributes }) => name === "cell" && attributes.memory !== undefined);
  const paths = [...new Set(cells.flatMap(({ attributes: { memory } }) => memory?.path ?? []))];
  const keys = paths.filter((path) => path.startsWith("xml.")).join(", ");
  const wanted = maxMemoryMiB ?? memoryMiB;
  const sum = cells.reduce((size, cell) => size + bytesOf(instantiate(cell)) / 1024 ** 2, 0);
  if (keys === "" || typeof wanted !== "number" || sum === wanted || !Number.isFinite(sum)) return [];
  const field = maxMemoryMiB === undefined ? "memoryMiB" : "maxMemoryMiB";
  return [
    `${field}: ${wanted} MiB are wanted, and the NUMA cells of ${keys} have ${sum} MiB; libvirt takes the sum of the cells. Let both be the same.`,
  ];
}

/** What was made, or why it cannot be, in one line. */
function refusalOr<Made extends object>(make: () => Made): Made | string {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof LibvirtError)) throw error;
    return error.message.replace(/\n/g, " ");
  }
}
