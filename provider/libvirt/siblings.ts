/**
 * Which elements of libvirt's XML may stand several times in their parent, and by what they are told apart: a MAC address,
 * a target, a name. Source: libvirt's RNG schemas; formatdomain.html, formatnetwork.html, formatstorage.html.
 */

import { descend, type Element, elementsOf, firstElement, textOf } from "../reconcile/tree";
import { canonicalMac, prefixOf } from "./addresses";
import { namespaceOf } from "./implicit-defaults";
import { canonicalAt } from "./equivalences";
import { familyOf } from "./subnets";

/** Best first; undefined where the element does not say. */
type KeyRule = (element: Element, parents: readonly string[]) => (string | undefined)[];

/** What tells an element apart from its siblings of the same name, best first; empty where nothing does. */
export function keysOf(element: Element, parents: readonly string[]): readonly (string | undefined)[] {
  // The metadata of one name space is one element (formatdomain, "General metadata").
  if (parents.at(-1) === "metadata") return [namespaceOf(element)];
  const [parent, name] = [localName(parents.at(-1) ?? ""), localName(element.name)];
  const rule = keyRules[`${parent}/${name}`] ?? keyRules[name];
  return rule === undefined ? [] : rule(element, parents);
}

/** Whether the parent may hold several of this name: another one is one more, and never the same by mere place. */
export function mayRepeat(name: string, parents: readonly string[]): boolean {
  const parent = parents.at(-1) ?? "";
  // What stands in somebody's own name space, and in the hypervisor's, is a list.
  return parent.includes(":") || parent === "metadata" || repeated[parent]?.includes(name) === true;
}

function localName(name: string): string {
  return name.slice(name.indexOf(":") + 1);
}

/** Whether a device that is not known by its alias is the one that is stated. */
export function isSameDevice(stated: Element, present: Element, parents: readonly string[]): boolean {
  if (stated.name === "disk") {
    const [wanted, held] = [imageOf(stated), imageOf(present)];
    if (wanted !== undefined && held !== undefined && !isRemovable(stated)) return wanted === held;
  }
  const [wanted, held] = [keysOf(stated, parents), keysOf(present, parents)];
  // A running guest's XML adds the host's address to a device that is wanted by vendor and product.
  const known = stated.name === "hostdev" ? wanted : wanted.slice(0, 1);
  return known.some((key, level) => key !== undefined && key === held[level]);
}

/**
 * What a guest has once, and a device that comes needs for itself: its name on the bus, its MAC address, the image that it
 * writes to. Undefined where the one that is there is not in the way.
 */
export function inTheWay(coming: Element, present: Element, parents: readonly string[]): string | undefined {
  if (coming.name !== present.name || !onlyOnce.has(coming.name)) return undefined;
  const [first] = keysOf(coming, parents);
  if (first !== undefined && first === keysOf(present, parents)[0]) return first;
  const image = coming.name === "disk" ? imageOf(coming) : undefined;
  const isShared = [coming, present].every((disk) => firstElement(disk, "shareable") ?? firstElement(disk, "readonly"));
  return image !== undefined && image === imageOf(present) && !isShared ? image : undefined;
}

/** Devices whose first key no other one may have. */
const onlyOnce: ReadonlySet<string> = new Set(["channel", "disk", "hostdev", "interface"]);

function isRemovable({ attributes: { device } }: Element): boolean {
  return device === "cdrom" || device === "floppy";
}

const attribute =
  (...names: string[]): KeyRule =>
  (element, parents) => {
    const elements = [...parents, element.name];
    const values = names.map((name) => {
      const value = element.attributes[name];
      return value === undefined ? undefined : canonicalAt({ elements, attribute: name }, value);
    });
    return [values.some((value) => value === undefined) ? undefined : values.join(" ")];
  };

const inside =
  (child: string, name: string): KeyRule =>
  (element) => [firstElement(element, child)?.attributes[name]];

const all =
  (...rules: KeyRule[]): KeyRule =>
  (element, parents) =>
    rules.flatMap((rule) => rule(element, parents));

/** An element that is not listed has no key: its content tells, or there is one of its name. */
const keyRules: Readonly<Record<string, KeyRule>> = {
  // A disk that changed its bus has another name: it is known by its image.
  "devices/disk": all(inside("target", "dev"), (element) => [imageOf(element)]),
  "devices/filesystem": inside("target", "dir"),
  "devices/interface": (element) => {
    const mac = firstElement(element, "mac")?.attributes.address;
    return [mac === undefined ? undefined : canonicalMac(mac)];
  },
  "devices/hostdev": hostDeviceKeys,
  // A DIMM is known by the slot it is in, else by what it is; ours by their alias.
  "devices/memory": inside("address", "slot"),
  "devices/controller": all(
    // The companions of a USB controller share its index.
    (element) => [
      element.attributes.index === undefined || element.attributes.model === undefined
        ? undefined
        : [element.attributes.type, Number(element.attributes.index), element.attributes.model].join(" "),
    ],
    attribute("type", "index"),
    // A PCI bridge is not a root port, and one root port is not the next: of these only the number tells.
    (element, parents) =>
      element.attributes.type === "pci"
        ? [undefined, undefined]
        : [...attribute("type", "model")(element, parents), element.attributes.type],
  ),
  "devices/channel": all(inside("target", "name"), inside("target", "port"), attribute("type")),
  "devices/serial": inside("target", "port"),
  "devices/parallel": inside("target", "port"),
  "devices/console": (element) => {
    const { type, port } = firstElement(element, "target")?.attributes ?? {};
    // The first one is the serial console, whose number is its own.
    return [type === undefined || port === undefined || type === "virtio" ? undefined : `${type} ${port}`];
  },
  // The one that is a part of q35 is never ours.
  "devices/watchdog": all(attribute("model"), ({ attributes: { model } }) => [model === "itco" ? undefined : "any"]),
  "devices/graphics": attribute("type"),
  "devices/input": ({ attributes: { type, bus } }) => [
    bus === undefined ? undefined : `${type} ${bus}`,
    // A keyboard on another bus is another keyboard: libvirt adds those on ps2 by itself.
    bus === undefined || bus === "ps2" ? type : undefined,
  ],
  "devices/audio": attribute("id"),
  "devices/video": (element) => [
    // libvirt moves the primary card to the front; addresses tell the others apart.
    firstElement(element, "model")?.attributes.primary === "yes" ? "primary" : undefined,
    addressOf(element),
    firstElement(element, "model")?.attributes.type,
  ],
  "devices/tpm": inside("backend", "type"),
  "devices/shmem": attribute("name"),
  "graphics/listen": attribute("type"),
  "distances/sibling": attribute("id"),
  "firmware/feature": attribute("name"),
  "cpu/feature": attribute("name"),
  "numa/cell": attribute("id"),
  "cell/cache": attribute("level"),
  "cputune/vcpupin": attribute("vcpu"),
  "cputune/vcpusched": attribute("vcpus"),
  "cputune/iothreadpin": attribute("iothread"),
  "cputune/iothreadsched": attribute("iothreads"),
  "cputune/cachetune": attribute("vcpus"),
  "cputune/memorytune": attribute("vcpus"),
  "memorytune/node": attribute("id"),
  "numatune/memnode": attribute("cellid"),
  "blkiotune/device": (element) => [textOf(firstElement(element, "path")) || undefined],
  "hugepages/page": attribute("nodeset"),
  "clock/timer": attribute("name"),
  "vcpus/vcpu": attribute("id"),
  "iothreadids/iothread": attribute("id"),
  "perf/event": attribute("name"),
  "keywrap/cipher": attribute("name"),
  "domain/seclabel": attribute("model"),
  "source/seclabel": attribute("model"),
  "seclabel/label": attribute("model"),
  "domain/sysinfo": attribute("type"),
  "os/initenv": attribute("name"),
  "idmap/uid": attribute("start"),
  "idmap/gid": attribute("start"),
  "graphics/channel": attribute("name"),
  "frontend/property": attribute("name"),
  "override/device": attribute("alias"),
  "cookies/cookie": attribute("name"),
  "vlan/tag": attribute("id"),
  "portForward/range": attribute("start"),
  entry: all(attribute("name"), attribute("key")),
  "commandline/env": attribute("name"),
  // networks and pools
  ip: (element, parents) => {
    const [address] = attribute("address")(element, parents);
    return [address === undefined ? undefined : `${familyOf(element)} ${address}`];
  },
  route: (element, parents) => [`${attribute("address")(element, parents)[0]}/${prefixOf(element)}`],
  "dhcp/host": all(attribute("mac"), attribute("name"), attribute("ip")),
  "dhcp/range": attribute("start"),
  "dns/host": attribute("ip"),
  "dns/txt": attribute("name"),
  "dns/srv": attribute("service", "protocol"),
  // One for a single domain is no server for all names.
  "dns/forwarder": (element, parents) => [
    `${element.attributes.domain ?? ""} ${attribute("addr")(element, parents)[0] ?? ""}`,
  ],
  "network/portgroup": attribute("name"),
  "forward/interface": attribute("dev"),
  "forward/address": attribute("domain", "bus", "slot", "function"),
};

/** By the parent's name; names of which the schema allows several beside each other. */
const repeated: Readonly<Record<string, readonly string[]>> = Object.fromEntries(
  Object.entries({
    acpi: "table",
    backend: "source",
    baseBoard: "entry",
    bios: "entry",
    blkiotune: "device",
    cachetune: "cache monitor",
    capabilities: "add del",
    cell: "cache",
    channel: "source",
    chassis: "entry",
    clock: "timer",
    config_opts: "option",
    console: "source",
    cookies: "cookie",
    cpu: "feature",
    cputune: "cachetune iothreadpin iothreadsched memorytune vcpupin vcpusched",
    device: "extent freeExtent",
    devices:
      "audio channel console controller disk filesystem graphics hostdev hub input interface iommu lease memory panic parallel redirdev redirfilter rng serial shmem smartcard sound tpm video vsock watchdog",
    dhcp: "host range",
    distances: "sibling",
    dns: "forwarder host srv txt",
    domain: "seclabel sysinfo",
    filterref: "parameter",
    firmware: "feature",
    forward: "address interface",
    frontend: "property",
    graphics: "channel listen",
    host: "hostname",
    hostdev: "ip route",
    hugepages: "page",
    idmap: "gid uid",
    interconnects: "bandwidth latency",
    interface: "ip portForward route",
    iothreadids: "iothread",
    keywrap: "cipher",
    memorytune: "monitor node",
    mount_opts: "option",
    network: "ip portgroup route",
    numa: "cell",
    numatune: "memnode",
    oemStrings: "entry",
    options: "option",
    os: "boot initarg initenv",
    parallel: "source",
    perf: "event",
    portForward: "range",
    queues: "queue",
    redirdev: "source",
    redirfilter: "usbdev",
    seclabel: "label",
    serial: "source",
    smartcard: "certificate source",
    sound: "codec",
    source: "device host ip name route seclabel",
    sysinfo: "baseBoard entry",
    system: "entry",
    vcpus: "vcpu",
    vlan: "tag",
  }).map(([parent, names]) => [parent, names.split(" ")]),
);

/** The image or volume that a disk uses, in one spelling. */
function imageOf(disk: Element): string | undefined {
  const source = firstElement(disk, "source")?.attributes;
  if (source === undefined) return undefined;
  const path = source.file ?? source.dev ?? source.dir;
  if (path !== undefined) return canonicalAt({ elements: ["source"], attribute: "file" }, path);
  const { pool, volume, protocol, name } = source;
  if (pool !== undefined && volume !== undefined) return `${pool} ${volume}`;
  return name === undefined ? undefined : `${protocol} ${name}`;
}

function addressOf(element: Element): string | undefined {
  const address = firstElement(element, "address");
  return address && spelled(address, ["type"]);
}

/** An element's attributes in one spelling and order. */
function spelled({ name, attributes }: Element, without: readonly string[]): string {
  const parts = Object.entries(attributes)
    .filter(([attribute]) => !without.includes(attribute))
    .map(([attribute, value]) => `${attribute}=${canonicalAt({ elements: [name], attribute }, value)}`);
  return [name, ...parts.sort()].join(" ");
}

/**
 * A passed-through device is what stands in its source: an address on the host, or vendor and product, to which a running
 * guest's XML adds the address; a SCSI device is known by its adapter or name, whatever stands beside that.
 */
function hostDeviceKeys(element: Element): (string | undefined)[] {
  const source = firstElement(element, "source");
  if (source === undefined) return [undefined];
  const { mode, type } = element.attributes;
  const part = (...names: string[]): string | undefined => {
    const parts = names.map((name) => firstElement(source, name));
    return parts.some((each) => each === undefined)
      ? undefined
      : [mode, type, ...parts.map((each) => spelled(each as Element, ["type"]))].join(" ");
  };
  const named = ["name", "wwpn", "dev", "fd"].flatMap((name) => source.attributes[name] ?? []);
  const text = ["block", "char", "interface"].flatMap((name) => textOf(descend(source, name)) || []);
  return [
    [
      mode,
      type,
      spelled(source, ["startupPolicy", "managed"]),
      ...elementsOf(source).map((each) => spelled(each, ["type"])),
    ].join(";"),
    part("adapter", "address"),
    part("address"),
    part("vendor", "product"),
    named.length + text.length === 0
      ? undefined
      : [mode, type, ...named.map((name) => name.replace(/\/0$/, "")), ...text].join(" "),
  ];
}
