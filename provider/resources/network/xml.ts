/** A network's inputs as the XML that is wanted (libvirt.org/formatnetwork.html). Pure. */

import type { NetworkInputs } from "../../../schema/network";
import { type Desired, type DesiredElement, element, type Stated, stated } from "../../reconcile/desired";
import { unknown } from "../../../schema/unknown";
import { pciAddressParts } from "../../libvirt/pci-address";
import { type Element, firstElement } from "../../reconcile/tree";

/** What stands beside what is stated (spanning tree, a domain's scope) is ours where it is made, and kept where it is. */
export function toXml(inputs: NetworkInputs, present?: Element): Desired {
  const { mode, name, uuid, bridge, physicalFunction, virtualFunctions, mtu, domain } = inputs;
  return {
    document: {
      ...element("network", "", {}, [
        element("name", "name", {}, name),
        uuid === undefined ? undefined : element("uuid", "uuid", {}, uuid),
        mode === "isolated"
          ? undefined
          : element(
              "forward",
              "mode",
              // Managed: libvirt takes each virtual function from the host's driver, and gives it back afterwards.
              { mode: stated("mode", mode), managed: mode === "hostdev" ? stated("mode", "yes") : undefined },
              [
                physicalFunction === undefined
                  ? undefined
                  : element("pf", "physicalFunction", { dev: stated("physicalFunction", physicalFunction) }),
                ...(virtualFunctions ?? []).map(functionElement),
              ],
            ),
        mode === "hostdev"
          ? undefined
          : element("bridge", "bridge", {
              name: stated("bridge", bridge),
              ...(mode === "bridge" ? {} : beside(present, "bridge", "mode", spanningTree)),
            }),
        mtu === undefined ? undefined : element("mtu", "mtu", { size: mtu }),
        domain === undefined
          ? undefined
          : element("domain", "domain", { name: domain, ...beside(present, "domain", "domain", { localOnly: "yes" }) }),
        dnsElement(inputs),
        ipElement("ipv4", inputs.ipv4),
        ipElement("ipv6", inputs.ipv6),
      ]),
      without: (strangers[mode] ?? []).map((child) => ({ path: "mode", child })),
    },
    settings: { autostart: inputs.autostart ?? true, running: inputs.running ?? true },
  };
}

/** In a preview its address may not be known yet. */
function functionElement(address: string): DesiredElement {
  const path = "virtualFunctions";
  const parts = address === unknown ? {} : pciAddressParts(address);
  return element("address", path, { type: "pci", ...parts });
}

/** What libvirt chose for another mode, and refuses in this one (`Unsupported <mac> element in network …`). */
const strangers: Readonly<Partial<Record<NetworkInputs["mode"], readonly string[]>>> = {
  isolated: ["forward"],
  bridge: ["mac"],
  hostdev: ["mac", "bridge"],
};

const spanningTree = { stp: "on", delay: "0" };

/** Constant attributes of an element, or what it has instead where it is there; they go with the input at the path. */
function beside(
  present: Element | undefined,
  name: string,
  path: string,
  ours: Readonly<Record<string, string>>,
): Record<string, Stated | undefined> {
  const held = firstElement(present, name)?.attributes ?? ours;
  return Object.fromEntries(Object.keys(ours).map((attribute) => [attribute, stated(path, held[attribute])]));
}

function dnsElement({ dns }: NetworkInputs): DesiredElement | undefined {
  if (dns === undefined) return undefined;
  // Where hosts are all there is, the element stands for them: a running network takes hosts.
  const path = dns.hosts !== undefined && Object.keys(dns).length === 1 ? "dns.hosts" : "dns";
  return element("dns", path, { enable: stated("dns.enabled", dns.enabled) }, [
    ...(dns.forwarders ?? []).map((addr) => element("forwarder", "dns.forwarders", { addr })),
    ...Object.entries(dns.hosts ?? {}).map(([ip, names]) =>
      element(
        "host",
        `dns.hosts.${ip}`,
        { ip },
        names.map((name) => element("hostname", `dns.hosts.${ip}`, {}, name)),
      ),
    ),
  ]);
}

function ipElement(family: "ipv4" | "ipv6", addresses: NetworkInputs["ipv4"]): DesiredElement | undefined {
  if (addresses === undefined) return undefined;
  const [address, prefix] = addresses.gateway.split("/");
  const { dhcp } = addresses;
  const path = `${family}.dhcp`;
  return element("ip", `${family}.gateway`, { family, address, prefix }, [
    dhcp &&
      element("dhcp", path, {}, [
        element("range", path, { start: stated(`${path}.from`, dhcp.from), end: stated(`${path}.to`, dhcp.to) }),
        ...Object.entries(dhcp.reservations ?? {}).map(([key, { mac, ip, hostname }]) => {
          const at = `${path}.reservations.${key}`;
          return element("host", at, {
            // IPv6 knows no MAC addresses: there libvirt wants an id or a name.
            mac: family === "ipv4" ? stated(`${at}.mac`, mac) : undefined,
            name: stated(`${at}.hostname`, hostname),
            ip: stated(`${at}.ip`, ip),
          });
        }),
      ]),
  ]);
}
