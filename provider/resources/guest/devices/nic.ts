/** NICs (formatdomain, "Network interfaces"). Pure. */

import type { GuestNic } from "../../../../schema/guest-devices";
import type { GuestDefaults } from "../../../hypervisors/guest-defaults";
import { canonicalMac } from "../../../libvirt/addresses";
import { devicesIn } from "../../../libvirt/devices";
import { type DeviceRule, plugged } from "../../../libvirt/live-change";
import { type DesiredElement, element, stated } from "../../../reconcile/desired";
import { type Element, firstElement } from "../../../reconcile/tree";
import { functionSource } from "./hostdev";
import { aliasFor, type KeyedKind, keyOf } from "./device";
import { addressOf, derivedAddresses, recognisedAddresses } from "./nic-addresses";
import { problemsOfNics } from "./nic-problems";

/** NICs that are plugged into something of the host's. */
const onLink: DeviceRule = [{ at: "@type", is: ["network", "bridge"] }];

/** A NIC as an input states it, with the address that it has where none is stated. */
type Nic = GuestNic & { readonly held?: string | undefined };

export const nicKind: KeyedKind<Nic> = {
  map: "nics",
  alias: "nic",
  elements: ["interface"],

  write: ({ inputs, defaults }) =>
    Object.entries(inputs.nics ?? {}).map(([key, each]) => nicElement(key, each, defaults)),

  live: {
    qemu: [
      {
        place:
          /^devices\/interface(@type|\/source(@network|@bridge)?[+-]?|\/link(@state)?[+-]?|\/bandwidth(\/.*)?[+-]?)$/,
        method: "update-device",
        device: onLink,
        page: "manpages/virsh.html#update-device",
      },
      {
        place: /^devices\/interface\/link(@state)?[+-]?$/,
        method: "update-device",
        page: "manpages/virsh.html#update-device",
      },
      {
        // Linux bridges filter VLANs since libvirt 11.0 (formatdomain, "Setting VLAN tag").
        place: /^devices\/interface\/vlan(\/.*)?(@\w+)?[+-]?$/,
        method: "update-device",
        since: 11_000_000,
        device: onLink,
        page: "formatdomain.html#setting-vlan-tag-on-supported-network-types-only",
      },
      ...plugged("interface"),
    ],
    // On Xen no NIC is given another source. An emulated one cannot be plugged: libxl fails, and leaves a paravirtual one in
    // the guest that nobody knows of.
    xenFull: plugged("interface", [{ at: "model@type", is: [undefined, "netfront"] }]),
    xenParavirtual: plugged("interface"),
    xenPvh: plugged("interface"),
  },

  needs(device) {
    if (device.attributes.type === "hostdev") return { slot: "express", passedOn: true };
    const { type: model = "" } = firstElement(device, "model")?.attributes ?? {};
    if (model === "usb-net") return {};
    return { slot: /^(e1000|e1000-\w+|rtl8139|ne2k_pci|pcnet)$/.test(model) ? "conventional" : "express" };
  },

  // A NIC whose address comes from its key is another one under another key. One that was there before us (adopted) has no
  // address in the inputs: it is known by the one that it has, else by what it is plugged into.
  identities: (nic) => [canonical(nic.mac ?? nic.held), nic.mac === undefined ? linkOf(nic) : undefined],

  withHeld: (each, nic) => (each.mac === undefined ? { ...each, held: addressOf(nic) } : each),

  tells: {
    stated: ({ mac }) => [canonical(mac)],
    held: (nic) => [canonical(addressOf(nic))],
  },

  derive: derivedAddresses,
  recognise: recognisedAddresses,

  problems: problemsOfNics,

  portsOf: ({ nics = {} }) => Object.keys(nics).length,
};

const canonical = (mac: string | undefined): string | undefined => mac && canonicalMac(mac);

/** What it is plugged into. */
function linkOf({ network, bridge, user, device }: GuestNic): string {
  if (device !== undefined) return `device ${device.address}`;
  if (network !== undefined) return `network ${network.name}`;
  return bridge === undefined ? `user ${user}` : `bridge ${bridge}`;
}

/** A guest's NIC, and what libvirt knows of it. */
export interface SeenNic {
  /** From our alias, else the MAC address. */
  readonly key: string;
  readonly mac: string;
  readonly network: string | undefined;
  /** Its cable is not plugged. */
  readonly isUnplugged: boolean;
}

export function nicsOf(document: Element): SeenNic[] {
  return devicesIn(document, "interface").map((nic) => {
    const mac = addressOf(nic) ?? "";
    return {
      mac,
      key: keyOf(nic, nicKind) ?? mac,
      network: firstElement(nic, "source")?.attributes.network,
      isUnplugged: firstElement(nic, "link")?.attributes.state === "down",
    };
  });
}

function nicElement(key: string, nic: GuestNic, defaults: GuestDefaults): DesiredElement {
  const path = `nics.${key}`;
  const connection = connectionOf(path, nic);
  const { type, managed, source } = connection;
  return element(
    "interface",
    path,
    { type: stated(connection.path, type), managed: stated(connection.path, managed) },
    [
      element("mac", path, { address: stated(`${path}.mac`, nic.mac) }),
      source,
      // A virtual function is what it is.
      nic.device === undefined ? modelOf(path, nic, defaults) : undefined,
      bandwidth(path, nic),
      nic.vlan === undefined
        ? undefined
        : element("vlan", `${path}.vlan`, {}, [element("tag", `${path}.vlan`, { id: nic.vlan })]),
      nic.queues === undefined ? undefined : element("driver", `${path}.queues`, { name: "vhost", queues: nic.queues }),
      nic.mtu === undefined ? undefined : element("mtu", `${path}.mtu`, { size: nic.mtu }),
      nic.linkState === undefined ? undefined : element("link", `${path}.linkState`, { state: nic.linkState }),
      nic.bootOrder === undefined ? undefined : element("boot", `${path}.bootOrder`, { order: nic.bootOrder }),
      element("alias", path, { name: aliasFor(nicKind, key) }),
    ],
  );
}

function bandwidth(path: string, { bandwidth: limits }: GuestNic): DesiredElement | undefined {
  const direction = (name: "inbound" | "outbound"): DesiredElement | undefined => {
    const limit = limits?.[name];
    const at = `${path}.bandwidth.${name}`;
    return (
      limit &&
      element(name, at, {
        average: stated(`${at}.averageKBs`, limit.averageKBs),
        peak: stated(`${at}.peakKBs`, limit.peakKBs),
        burst: stated(`${at}.burstKB`, limit.burstKB),
      })
    );
  };
  return limits && element("bandwidth", `${path}.bandwidth`, {}, [direction("inbound"), direction("outbound")]);
}

function modelOf(path: string, nic: GuestNic, defaults: GuestDefaults): DesiredElement | undefined {
  const type = nic.model ?? defaults.nicModel;
  return type === undefined ? undefined : element("model", `${path}.model`, { type });
}

interface Connection {
  readonly type: "network" | "bridge" | "user" | "hostdev";
  readonly path: string;
  readonly managed?: string;
  readonly source?: DesiredElement;
}

function connectionOf(path: string, { network, bridge, device }: GuestNic): Connection {
  if (network !== undefined) {
    const at = `${path}.network`;
    return { type: "network", path: at, source: element("source", at, { network: network.name }) };
  }
  if (bridge !== undefined) {
    const at = `${path}.bridge`;
    return { type: "bridge", path: at, source: element("source", at, { bridge }) };
  }
  if (device !== undefined) {
    const at = `${path}.device`;
    return { type: "hostdev", path: at, managed: "yes", source: functionSource(at, device) };
  }
  return { type: "user", path: `${path}.user` };
}
