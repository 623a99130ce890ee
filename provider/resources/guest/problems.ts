/** The rules of a guest that need more than one field, and no host. Pure. */

import { canonicalMac } from "../../libvirt/addresses";
import type { GuestInputs } from "../../../schema/guest";
import { holdsUnknown, unknown } from "../../../schema/unknown";
import { LibvirtError } from "../../libvirt/errors";
import { bytesOf } from "../../libvirt/equivalences";
import { parseXml } from "../../libvirt/xml";
import { type DesiredElement, element, instantiate } from "../../reconcile/desired";
import { profileByUri } from "../../hypervisors/profile-of";
import { refusalsOf } from "../../hypervisors/refusal";
import { sameHost } from "../identity";
import { statedDevices } from "./devices";
import { isMap } from "./devices/device";
import { identityIn } from "./fragment-identity";
import { placeableKinds } from "./fragment-place";
import { withFragments } from "./xml-fragments";
import { mayBeShared, sourceOf } from "./devices/disk-image";
import { numa } from "./xml-memory";

export function problems(inputs: GuestInputs, old?: Partial<GuestInputs>): string[] {
  return [
    ...problemsOfHypervisor(inputs),
    ...problemsOfSize(inputs),
    ...problemsOfMemory(inputs),
    ...problemsOfDisks(inputs),
    ...problemsOfImages(inputs),
    ...problemsOfNics(inputs),
    ...problemsOfWaiting(inputs, old),
    ...problemsOfBootOrder(inputs),
    ...problemsOfScreen(inputs),
    ...problemsOfFragments(inputs),
  ];
}

/** What its hypervisor would not carry out, where the URI tells which one that is; else the host is asked (objections.ts). */
function problemsOfHypervisor(inputs: GuestInputs): string[] {
  const uri: unknown = inputs.host.uri;
  const profile = typeof uri === "string" && !holdsUnknown(uri) ? profileByUri(uri) : undefined;
  return refusalsOf(profile?.refusals ?? [], inputs).map(({ path, reason }) => `${path}: ${reason}`);
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

function problemsOfMemory({ memoryMiB, maxMemoryMiB, memoryHotplug, memoryDevices }: GuestInputs): string[] {
  const found: string[] = [];
  if (typeof maxMemoryMiB === "number" && typeof memoryMiB === "number" && maxMemoryMiB < memoryMiB) {
    found.push(`maxMemoryMiB: ${maxMemoryMiB} MiB are less than memoryMiB (${memoryMiB}).`);
  }
  if (maxMemoryMiB !== undefined && memoryHotplug !== undefined) {
    found.push("maxMemoryMiB: give either maxMemoryMiB (balloon) or memoryHotplug (memory devices), not both.");
  }
  const devices = Object.entries(isMap(memoryDevices) ? memoryDevices : {});
  if (memoryHotplug === undefined) {
    return devices.length === 0 ? found : [...found, "memoryDevices: need memoryHotplug, which makes room for them."];
  }
  if (holdsUnknown([memoryMiB, memoryHotplug, memoryDevices])) return found;
  const sum = devices.reduce((size, [, { sizeMiB }]) => size + sizeMiB, memoryMiB);
  if (sum > memoryHotplug.maxMiB) {
    found.push(`memoryHotplug.maxMiB: ${memoryHotplug.maxMiB} MiB are less than memoryMiB and all devices (${sum}).`);
  }
  if (devices.length > memoryHotplug.slots) {
    found.push(`memoryHotplug.slots: ${memoryHotplug.slots} slots are too few for ${devices.length} devices.`);
  }
  for (const [key, { model, sizeMiB, requestedMiB }] of devices) {
    const path = `memoryDevices.${key}.requestedMiB`;
    if (requestedMiB === undefined) continue;
    if (model === "dimm") found.push(`${path}: only virtio-mem gives a part of its size.`);
    if (requestedMiB > sizeMiB) found.push(`${path}: ${requestedMiB} MiB are more than sizeMiB (${sizeMiB}).`);
    if (requestedMiB % 2 !== 0) found.push(`${path}: must be a multiple of 2 MiB, the block of the device.`);
  }
  return found;
}

function problemsOfDisks(inputs: GuestInputs): string[] {
  const targets = new Map<string, string>();
  return Object.entries(isMap(inputs.disks) ? inputs.disks : {}).flatMap(([key, disk]) => {
    const found: string[] = [];
    if (disk.disk !== undefined && disk.path !== undefined)
      found.push(`disks.${key}: give either disk or path, not both.`);
    const medium = disk.disk ?? disk.path;
    if (medium === undefined && (disk.device ?? "disk") === "disk") found.push(`disks.${key}: needs a disk or a path.`);
    if (
      disk.disk !== undefined &&
      !holdsUnknown([disk.disk, inputs.host]) &&
      sameHost(disk.disk.host, inputs.host) !== true
    ) {
      found.push(
        `disks.${key}.disk: "${disk.disk.name}" is on another host (${disk.disk.host.uri}) than the guest (${inputs.host.uri}).`,
      );
    }
    // Everything else has buses of which hosts differ.
    if (disk.bus === "fdc" && disk.device !== "floppy") found.push(`disks.${key}.bus: fdc is for floppy drives only.`);
    if (disk.device === "floppy" && ![undefined, "fdc", unknown].includes(disk.bus))
      found.push(`disks.${key}.bus: a floppy drive is on fdc, the bus that it gets by itself.`);
    const limits = disk.iotune ?? {};
    for (const what of ["Bytes", "Iops"] as const) {
      if (
        limits[`total${what}Sec`] !== undefined &&
        (limits[`read${what}Sec`] ?? limits[`write${what}Sec`]) !== undefined
      )
        found.push(`disks.${key}.iotune: total${what}Sec excludes read${what}Sec and write${what}Sec.`);
    }
    const twin = disk.target === undefined ? undefined : targets.get(disk.target);
    if (twin !== undefined) found.push(`disks.${key}.target: "${disk.target}" is taken by disks.${twin}.`);
    if (disk.target !== undefined) targets.set(disk.target, key);
    return found;
  });
}

/** QEMU locks what it writes, and starts no guest that has an image twice; libvirt defines it. */
function problemsOfImages({ disks, xml }: GuestInputs): string[] {
  const known = mayBeShared(xml) || !isMap(disks) ? [] : Object.entries(disks);
  const drives = known.flatMap(([key, disk]) => {
    const image = typeof disk === "object" ? sourceOf(disk) : undefined;
    if (image === undefined || holdsUnknown([image, disk.readOnly, disk.shareable, disk.device])) return [];
    const isShared = disk.shareable === true || (disk.readOnly ?? disk.device === "cdrom");
    return [{ key, image, isShared }];
  });
  return drives.flatMap(({ key, image, isShared }, index) => {
    const twin = drives.slice(0, index).find((each) => each.image === image && !(each.isShared && isShared));
    if (twin === undefined) return [];
    const why = `${image} is the image of disks.${twin.key} already, and no guest starts with an image twice`;
    return [`disks.${key}: ${why}. Leave one of them out; ignoreChanges keeps what has an earlier key, too.`];
  });
}

function problemsOfNics(inputs: GuestInputs): string[] {
  const addresses = new Map<string, string>();
  return Object.entries(isMap(inputs.nics) ? inputs.nics : {}).flatMap(([key, nic]) => {
    const found: string[] = [];
    const given = [nic.network, nic.bridge, nic.user].filter((each) => each !== undefined).length;
    if (given !== 1) found.push(`nics.${key}: give exactly one of network, bridge and user.`);
    if (
      nic.network?.host !== undefined &&
      !holdsUnknown([nic.network, inputs.host]) &&
      sameHost(nic.network.host, inputs.host) !== true
    ) {
      found.push(
        `nics.${key}.network: "${nic.network.name}" is on another host (${nic.network.host.uri}) than the guest (${inputs.host.uri}).`,
      );
    }
    const mac = nic.mac === undefined ? undefined : canonicalMac(nic.mac);
    const twin = mac === undefined || mac === unknown ? undefined : addresses.get(mac);
    if (twin !== undefined) found.push(`nics.${key}.mac: ${nic.mac} is taken by nics.${twin}.`);
    if (mac !== undefined) addresses.set(mac, key);
    return found;
  });
}

/** Where the program states no card, what is there already may have some, and raw fragments may bring some. */
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
function problemsOfBootOrder({ disks, nics }: GuestInputs): string[] {
  const holders = new Map<number, string>();
  const maps: Readonly<Record<string, Record<string, { readonly bootOrder?: unknown }> | undefined>> = { disks, nics };
  const devices = Object.entries(maps).flatMap(([map, keyed]) =>
    Object.entries(isMap(keyed) ? keyed : {}).map(([key, device]): [string, unknown] => [
      `${map}.${key}`,
      device.bootOrder,
    ]),
  );
  return devices.flatMap(([path, order]) => {
    if (typeof order !== "number") return [];
    const holder = holders.get(order);
    if (holder === undefined) holders.set(order, path);
    return holder === undefined ? [] : [`${path}.bootOrder: ${order} is taken by ${holder}.`];
  });
}

function problemsOfScreen({ graphics }: GuestInputs): string[] {
  const tooLong =
    graphics?.type === "vnc" &&
    graphics.password !== undefined &&
    graphics.password !== unknown &&
    graphics.password.length > 8;
  return tooLong ? ["graphics.password: VNC knows at most 8 characters."] : [];
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
