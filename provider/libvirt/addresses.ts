/** Network addresses in the one spelling that libvirt shows, whatever spelling a person chose. Pure. */

import { isIPv6, SocketAddress } from "node:net";

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
