/** Rules of a network that need more than one of its fields: told before the host is asked. Pure. */

import { BlockList, isIPv4 } from "node:net";
import type { NetworkInputs } from "../../../schema/network";
import { holdsUnknown } from "../../../schema/unknown";
import { wholePciAddress } from "../../libvirt/pci-address";
import { canonicalAddress } from "../../libvirt/addresses";

type Addresses = NonNullable<NetworkInputs["ipv4"]>;
type Family = "ipv4" | "ipv6";

/** What libvirt's schema and dnsmasq take as a name. */
const dnsName = /^(?=.{1,253}\.?$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*\.?$/i;

/** What a client calls itself, where people write underscores as well. */
function isClientName(name: string): boolean {
  return dnsName.test(name.replaceAll("_", "-").replace(/^-|-$/g, "x"));
}

export function problems(inputs: NetworkInputs): string[] {
  const { mode, bridge, ipv4, ipv6, domain, mtu } = inputs;
  const found = problemsOfFunctions(inputs);
  if (mode === "bridge" && bridge === undefined)
    found.push('bridge: mode "bridge" needs the name of an existing bridge.');
  if (mode === "bridge" && (ipv4 ?? ipv6) !== undefined) {
    found.push('ipv4: in mode "bridge" the addresses are not libvirt\'s business.');
  }
  for (const [field, value] of Object.entries({ domain, mtu })) {
    if (mode === "bridge" && value !== undefined)
      found.push(`${field}: in mode "bridge" it is the bridge's business, and libvirt has no say in it.`);
  }
  if (domain !== undefined && !holdsUnknown(domain) && !dnsName.test(domain))
    found.push(`domain: "${domain}" is no DNS name (letters, digits and dashes between dots).`);
  if (typeof mtu === "number" && mtu < 1280 && ipv6 !== undefined)
    found.push(`mtu: IPv6 needs at least 1280 bytes (RFC 8200); ${mtu} are asked for.`);
  return [
    ...found,
    ...problemsOfDns(inputs),
    ...(["ipv4", "ipv6"] as const).flatMap((family) => {
      const addresses = inputs[family];
      return addresses === undefined || holdsUnknown(addresses) ? [] : problemsOf(family, addresses);
    }),
  ];
}

/** Of a network that gives virtual functions libvirt sees no packet. */
function problemsOfFunctions(inputs: NetworkInputs): string[] {
  const { mode } = inputs;
  const stated = (["physicalFunction", "virtualFunctions"] as const).filter((field) => inputs[field] !== undefined);
  if (mode !== "hostdev") {
    if (holdsUnknown(mode)) return [];
    return stated.map(
      (field) => `${field}: only in mode "hostdev" are NICs virtual functions of a card; the mode is "${mode}".`,
    );
  }
  const ways =
    "the network interface of the card whose virtual functions it gives (physicalFunction), or those that it gives (virtualFunctions)";
  return [
    ...(stated.length === 0 ? [`physicalFunction: mode "hostdev" needs ${ways}.`] : []),
    ...(stated.length === 2 ? [`virtualFunctions: mode "hostdev" needs either ${ways}.`] : []),
    ...duplicates(
      (holdsUnknown(inputs.virtualFunctions) ? [] : (inputs.virtualFunctions ?? [])).map((address, index) => [
        `virtualFunctions[${index}]`,
        wholePciAddress(address),
      ]),
    ),
    ...(["bridge", "ipv4", "ipv6", "domain", "dns", "mtu"] as const)
      .filter((field) => inputs[field] !== undefined)
      .map((field) => `${field}: in mode "hostdev" it is the card's network's business, and libvirt has no say in it.`),
  ];
}

function problemsOfDns({ dns }: NetworkInputs): string[] {
  if (dns === undefined || holdsUnknown(dns)) return [];
  const found: string[] = [];
  if (dns.enabled === false && (dns.hosts ?? dns.forwarders) !== undefined) {
    found.push("dns: where it is not enabled, libvirt takes no hosts and no forwarders.");
  }
  found.push(...duplicates(Object.keys(dns.hosts ?? {}).map((ip) => [`dns.hosts["${ip}"]`, canonicalAddress(ip)])));
  found.push(
    ...duplicates((dns.forwarders ?? []).map((ip, index) => [`dns.forwarders[${index}]`, canonicalAddress(ip)])),
  );
  for (const [ip, names] of Object.entries(dns.hosts ?? {})) {
    for (const name of names) {
      if (!dnsName.test(name)) found.push(`dns.hosts["${ip}"]: "${name}" is no DNS name.`);
    }
  }
  return found;
}

function problemsOf(family: Family, { gateway: cidr, dhcp }: Addresses): string[] {
  const [gateway = "", prefix = ""] = cidr.split("/");
  const kind = familyOf(gateway);
  if (kind !== family) {
    return [`${family}.gateway: ${gateway} is not an ${family === "ipv4" ? "IPv4" : "IPv6"} address.`];
  }
  const at = (field: string): string => `${family}.${field}`;
  const found = unusable(gateway, Number(prefix)).map((is) => `${at("gateway")}: ${gateway} is ${is} of ${cidr}.`);
  if (dhcp === undefined) return found;
  const subnet = new BlockList();
  subnet.addSubnet(gateway, Number(prefix), kind);
  const reservations = Object.entries(dhcp.reservations ?? {});
  const addresses: (readonly [string, string])[] = [
    [at("dhcp.from"), dhcp.from],
    [at("dhcp.to"), dhcp.to],
    ...reservations.map(([key, { ip }]) => [at(`dhcp.reservations.${key}.ip`), ip] as const),
  ];
  for (const [path, address] of addresses) {
    if (!subnet.check(address, familyOf(address))) found.push(`${path}: ${address} is outside ${cidr}.`);
    else {
      for (const is of unusable(address, Number(prefix))) found.push(`${path}: ${address} is ${is} of ${cidr}.`);
      if (address === gateway) found.push(`${path}: ${address} is the gateway's own address.`);
    }
  }
  const range = rangeOf(dhcp.from, dhcp.to);
  if (range === undefined) found.push(`${at("dhcp.to")}: the range ends (${dhcp.to}) before it begins (${dhcp.from}).`);
  else if (range.check(gateway, kind) && gateway !== dhcp.from && gateway !== dhcp.to)
    found.push(`${at("dhcp.from")}: the range ${dhcp.from} to ${dhcp.to} holds the gateway's own address ${gateway}.`);
  return [...found, ...problemsOfReservations(family, reservations)];
}

type Reservation = NonNullable<NonNullable<Addresses["dhcp"]>["reservations"]>[string];

function problemsOfReservations(family: Family, reservations: readonly (readonly [string, Reservation])[]): string[] {
  const path = (key: string, field: string): string => `${family}.dhcp.reservations.${key}.${field}`;
  const named = reservations.flatMap(([key, { hostname }]) =>
    hostname === undefined ? [] : [[key, hostname] as const],
  );
  return [
    ...duplicates(reservations.map(([key, { ip }]) => [path(key, "ip"), ip])),
    // IPv6 knows no MAC addresses: there libvirt tells clients apart by their names.
    ...(family === "ipv4"
      ? problemsOfMacs(reservations.map(([key, { mac }]) => [path(key, "mac"), mac]))
      : reservations
          .filter(([, { hostname }]) => hostname === undefined)
          .map(
            ([key]) =>
              `${path(key, "hostname")}: is missing; DHCPv6 does not see MAC addresses, so an IPv6 reservation is for the client that calls itself by this name.`,
          )),
    ...duplicates(named.map(([key, hostname]) => [path(key, "hostname"), hostname.toLowerCase()])),
    ...named.flatMap(([key, hostname]) =>
      isClientName(hostname) ? [] : [`${path(key, "hostname")}: "${hostname}" is no DNS name.`],
    ),
  ];
}

function problemsOfMacs(macs: readonly (readonly [string, string | undefined])[]): string[] {
  const known = macs.flatMap(([path, mac]) => (mac === undefined ? [] : [[path, mac] as const]));
  const missing = macs.filter(([, mac]) => mac === undefined).map(([path]) => path);
  return [
    ...missing.map((path) => `${path}: is missing; DHCP knows the NIC that has the reservation by its MAC address.`),
    ...duplicates(known),
  ];
}

/** Sentences for what is said twice, possibly in two spellings. */
function duplicates(said: readonly (readonly [string, string])[]): string[] {
  const first = new Map<string, string>();
  return said.flatMap(([path, value]) => {
    const other = first.get(value);
    if (other === undefined) first.set(value, path);
    return other === undefined ? [] : [`${path}: ${value} is taken by ${other}.`];
  });
}

function familyOf(address: string): Family {
  return isIPv4(address) ? "ipv4" : "ipv6";
}

/** Why no machine can have the address, where that is so. Point-to-point prefixes (RFC 3021) have no such addresses. */
function unusable(address: string, prefix: number): string[] {
  if (!isIPv4(address) || prefix > 30) return [];
  const number = address.split(".").reduce((sum, byte) => sum * 256 + Number(byte), 0);
  const size = 2 ** (32 - prefix);
  if (number % size === 0) return ["the network's own address"];
  return number % size === size - 1 ? ["the broadcast address"] : [];
}

function rangeOf(from: string, to: string): BlockList | undefined {
  const range = new BlockList();
  try {
    range.addRange(from, to, familyOf(from));
    return range;
  } catch {
    return undefined;
  }
}
