/** What only one resource of a program can have on a host: a name, a disk that is written to, a MAC address, a subnet. Pure. */

import type { DiskInputs } from "../../schema/disk";
import type { GuestInputs } from "../../schema/guest";
import type { NetworkInputs } from "../../schema/network";
import type { PassthroughDeviceInputs } from "../../schema/passthrough-device";
import type { HostReference, PassthroughDeviceReference } from "../../schema/references";
import { holdsUnknown, unknown } from "../../schema/unknown";
import type { VirtualFunctionsInputs } from "../../schema/virtual-functions";
import { overlap } from "../libvirt/addresses";
import { wholeDeviceAddress } from "../libvirt/device-address";
import { mayBeShared } from "./guest/devices/disk-image";
import { parseHostId } from "./recorded-identity";
import type { Once } from "./resource";

interface Named {
  readonly host?: HostReference;
  readonly name?: string;
  readonly pool?: { readonly host: HostReference; readonly name: string };
}

/** Names are the host's; a disk's name is its pool's. */
export function nameOf(kind: string, { host, name, pool }: Named): Once[] {
  const at = pool?.host ?? host;
  if (name === undefined || at === undefined || holdsUnknown([name, at, pool?.name])) return [];
  const why = `each ${kind} of a host needs a name of its own.`;
  return [
    {
      key: [kind, placeOf(at), pool?.name ?? "", name].join("\n"),
      path: "name",
      what: `the name "${name}"`,
      why,
      atOnce: true,
    },
  ];
}

export function disksOf(inputs: GuestInputs): Once[] {
  const { host, disks, xml, running } = inputs;
  if (holdsUnknown(host) || typeof disks !== "object" || mayBeShared(xml)) return [];
  return Object.entries(disks).flatMap(([key, disk]): Once[] => {
    if (typeof disk !== "object" || (disk.device ?? "disk") !== "disk") return [];
    if (disk.readOnly === true) return [];
    const file = disk.disk?.path ?? disk.path;
    if (file === undefined || holdsUnknown([disk.readOnly, disk.shareable, file])) return [];
    return [
      {
        key: ["disk", placeOf(host), file].join("\n"),
        ...(disk.shareable === true ? { among: "sharers" } : {}),
        path: `disks.${key}`,
        what: file,
        why: "two guests that write to one disk destroy it. Give each its own, or say shareable: true in both where their file systems are made for it.",
        atOnce: isToRun(running),
      },
    ];
  });
}

/** What lies on an image needs it as it is: no guest may write to it. Any number of disks may lie on it. */
export function backingOf({ backing, pool, adopt }: DiskInputs): Once[] {
  // In a logical pool it is a snapshot of the volume, which the volume's guest does no harm.
  if (backing?.path === undefined || adopt === true || typeof pool !== "object") return [];
  if (holdsUnknown(pool.type) || pool.type === "logical") return [];
  if (holdsUnknown([backing.path, backing.host])) return [];
  return [
    {
      key: ["disk", placeOf(backing.host), backing.path].join("\n"),
      among: "bases",
      path: "backing",
      what: backing.path,
      why: "what a guest writes to an image destroys the disks that lie on it. Give the guest a Disk of its own that lies on it, too, or say readOnly: true.",
      atOnce: true,
    },
  ];
}

/** Two NICs of one address on one network or bridge take each other's packets; behind `user` each is alone. */
export function nicsOf(inputs: GuestInputs): Once[] {
  const { host, nics, running } = inputs;
  if (holdsUnknown(host) || typeof nics !== "object") return [];
  return Object.entries(nics).flatMap(([key, nic]): Once[] => {
    if (typeof nic !== "object") return [];
    const { mac, network, bridge } = nic;
    const link = network === undefined ? ["bridge", bridge] : ["network", network.name];
    if (mac === undefined || link[1] === undefined || holdsUnknown([mac, ...link])) return [];
    return [
      {
        key: ["mac", placeOf(host), ...link, mac].join("\n"),
        path: `nics.${key}.mac`,
        what: mac,
        why: "two NICs of one MAC address on one network take each other's packets. Give one of them another.",
        atOnce: isToRun(running),
      },
    ];
  });
}

/** A device can only be assigned to a single guest. */
export function devicesOf(inputs: GuestInputs, whichOf: WhichOf = deviceOf): Once[] {
  const { host } = inputs;
  if (holdsUnknown(host)) return [];
  return devicesGiven(inputs).flatMap(({ path, device }): Once[] => {
    const { address } = device;
    const which = whichOf(device);
    if (which === undefined) return [];
    return [
      {
        key: ["device", placeOf(host), which].join("\n"),
        path,
        what: holdsUnknown(address) ? "the device" : `the device ${wholeDeviceAddress(address)}`,
        why: "a device can only be assigned to a single guest. Take it out of one of them.",
        atOnce: true,
      },
    ];
  });
}

/** As one text for all who mean the same: by their words, or as the host knows them. */
export type WhichOf = (device: DeviceInWords) => string | undefined;

/** The devices of the host that a guest is given, with their input paths, as far as a preview knows them. */
export function devicesGiven({ passthrough, nics }: Pick<GuestInputs, "passthrough" | "nics">): {
  readonly path: string;
  readonly device: PassthroughDeviceReference;
}[] {
  const given = [
    ...entriesOf(passthrough).map(([key, { device }]) => ({ path: `passthrough.${key}.device`, device })),
    ...entriesOf(nics).map(([key, { device }]) => ({ path: `nics.${key}.device`, device })),
  ];
  return given.flatMap(({ path, device }) => (typeof device === "object" ? [{ path, device }] : []));
}

/** Of a map those that a preview knows. */
function entriesOf<Value extends object>(map: Readonly<Record<string, Value>> | undefined): [string, Value][] {
  return typeof map === "object" ? Object.entries(map).filter(([, value]) => typeof value === "object") : [];
}

/** One claim is enough for a device, and only one can have it. Of mediated devices each claim makes one of its own. */
export function claimOf(inputs: PassthroughDeviceInputs, whichOf?: WhichOf): Once[] {
  return forDevice("claim", inputs, "one resource claims a device. Give the guests that one.", whichOf);
}

/** Two numbers of virtual functions for one device would be set in turn. */
export function dividedOf(inputs: VirtualFunctionsInputs, whichOf?: WhichOf): Once[] {
  const why = "one resource divides a device, into as many virtual functions as all need.";
  return forDevice("divided", inputs, why, whichOf);
}

type Selected = Pick<PassthroughDeviceInputs, "host" | "pci" | "usb">;

function forDevice(kind: string, { host, pci, usb }: Selected, why: string, whichOf: WhichOf = deviceOf): Once[] {
  const address = typeof pci === "object" && pci.address !== undefined ? pci.address : unknown;
  const which = holdsUnknown(host) ? undefined : whichOf({ address, pci, usb });
  if (which === undefined) return [];
  const path = usb === undefined ? "pci" : "usb";
  return [{ key: [kind, placeOf(host), which].join("\n"), path, what: "the device", why, atOnce: true }];
}

/** A device of a host as a program says it. */
export type DeviceInWords = Pick<PassthroughDeviceReference, "address" | "uuid"> & {
  readonly [Kind in "pci" | "usb" | "mdev"]?: object | undefined;
};

/** Which one it is: by its address, or before the host has told that, by the program's own words, or by whose it will be. */
function deviceOf({ address, pci, usb, mdev, uuid }: DeviceInWords): string | undefined {
  if (!holdsUnknown(address)) return wholeDeviceAddress(address);
  if (mdev !== undefined) return holdsUnknown(uuid) ? undefined : uuid;
  const [kind, words] = usb === undefined ? ["pci", pci] : ["usb", usb];
  if (typeof words !== "object" || holdsUnknown(words)) return undefined;
  return JSON.stringify([kind, ...Object.entries(words).sort()]);
}

/** libvirt does not start a network in whose subnet the host has an address already. */
export function subnetsOf(inputs: NetworkInputs): Once[] {
  const { host, running } = inputs;
  if (holdsUnknown(host)) return [];
  return (["ipv4", "ipv6"] as const).flatMap((family): Once[] => {
    const gateway = inputs[family]?.gateway;
    if (gateway === undefined || holdsUnknown(gateway)) return [];
    return [
      {
        key: ["subnet", placeOf(host)].join("\n"),
        subnet: gateway,
        path: `${family}.gateway`,
        what: `the subnet of ${gateway}`,
        why: "two networks of a host cannot run in subnets that overlap. Choose another subnet.",
        atOnce: isToRun(running),
      },
    ];
  });
}

export function areTwins(one: Once, other: Once): boolean {
  if (one.key !== other.key || (one.among !== undefined && one.among === other.among)) return false;
  return one.subnet === undefined || other.subnet === undefined || overlap(one.subnet, other.subnet);
}

/** For certain: what a preview does not know yet may be that it is off. */
function isToRun(running: boolean | undefined): boolean {
  return ![false, unknown].includes(running ?? true);
}

function placeOf({ uri, id }: HostReference): string {
  const uuid = parseHostId(id ?? "")?.uuid ?? "";
  return uuid === "" ? uri : uuid;
}
