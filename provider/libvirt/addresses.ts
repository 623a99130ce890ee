/** Network addresses in the one spelling that libvirt shows, whatever spelling a person chose. Pure. */

import { BlockList, isIP, isIPv4, isIPv6, SocketAddress } from "node:net";
import type { Element } from "../reconcile/tree";

/** `52-54-00-AB-CD-EF` as `52:54:00:ab:cd:ef`; anything else as it is. */
export function canonicalMac(text: string): string {
  return /^[0-9a-f]{1,2}([:-][0-9a-f]{1,2}){5}$/i.test(text)
    ? text
        .toLowerCase()
        .split(/[:-]/)
        .map((byte) => byte.padStart(2, "0"))
        .join(":")
    : text;
}

/** `FD00:0:0::0022` as `fd00::22` (RFC 5952); anything else, IPv4 among it, as it is. */
export function canonicalAddress(text: string): string {
  return isIPv6(text) && !text.includes("%") ? new SocketAddress({ address: text, family: "ipv6" }).address : text;
}

/** An address with its prefix length, host bits and all: it is the host's own. */
export function canonicalCidr(text: string): string {
  const [address = "", ...prefix] = text.split("/");
  return [canonicalAddress(address), ...prefix].join("/");
}

/** The prefix length of an `<ip>` or a `<route>`, in whichever of libvirt's ways it is said (formatnetwork, "Addressing"). */
export function prefixOf({ attributes: { address = "", prefix, netmask } }: Element): string | undefined {
  return prefix ?? prefixFor({ address, netmask });
}

/** What the netmask says, or, without one, the class of the address (RFC 791). */
export function prefixFor({
  address,
  netmask = "",
}: {
  address: string;
  netmask?: string | undefined;
}): string | undefined {
  const bytes = netmask.split(".").map(Number);
  if (bytes.length === 4) {
    return String(bytes.reduce((bits, byte) => bits + byte.toString(2).replaceAll("0", "").length, 0));
  }
  const family = isIP(address);
  if (family === 6) return "64";
  const first = Number(address.split(".")[0]);
  return family === 4 ? (first < 128 ? "8" : first < 192 ? "16" : first < 224 ? "24" : undefined) : undefined;
}

/** Whether two subnets, said as an address of theirs with the prefix length, have an address in common. */
export function overlap(one: string, other: string): boolean {
  return holds(one, other.split("/")[0] ?? "") || holds(other, one.split("/")[0] ?? "");
}

function holds(cidr: string, address: string): boolean {
  const [base = "", prefix = ""] = cidr.split("/");
  const [family, theirs] = [base, address].map((each) => (isIPv4(each) ? "ipv4" : "ipv6")) as ["ipv4", "ipv4"];
  if (family !== theirs) return false;
  const subnet = new BlockList();
  subnet.addSubnet(base, Number(prefix), family);
  return subnet.check(address, family);
}
