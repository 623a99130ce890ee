/** Addresses of PCI devices of a host: `0000:01:00.0`, as lspci prints them. Pure. */

import { LibvirtError } from "./errors";

/** From the four parts, which libvirt writes as decimal or hexadecimal numbers; undefined where one is missing. */
export function pciAddressOf(partOf: (part: string) => string | undefined): string | undefined {
  const parts = ["domain", "bus", "slot", "function"].map((part) => numberFrom(partOf(part)));
  const [domain, bus, slot, theFunction] = parts;
  if (domain === undefined || bus === undefined || slot === undefined || theFunction === undefined) return undefined;
  return `${hexadecimal(domain, 4)}:${hexadecimal(bus, 2)}:${hexadecimal(slot, 2)}.${hexadecimal(theFunction, 1)}`;
}

/** The four parts as libvirt's XML has them. Throws for what is no address: nothing is guessed. */
export function pciAddressParts(address: string): Readonly<Record<"domain" | "bus" | "slot" | "function", string>> {
  const parsed = /^(?:([0-9a-f]{4,8}):)?([0-9a-f]{2}):([0-9a-f]{2})\.([0-7])$/.exec(address);
  if (parsed === null)
    throw new LibvirtError("InvalidInput", `"${address}" is no address of a PCI device (0000:65:00.0).`);
  const [, domain = "0000", bus = "", slot = "", theFunction = ""] = parsed;
  return { domain: `0x${domain}`, bus: `0x${bus}`, slot: `0x${slot}`, function: `0x${theFunction}` };
}

/** With the domain, which people leave out. */
export function wholePciAddress(address: string): string {
  return pciAddressOf((part) => pciAddressParts(address)[part as "bus"]) ?? address;
}

export function numberFrom(text: string | undefined): number | undefined {
  return text !== undefined && /^(0x[0-9a-f]+|[0-9]+)$/i.test(text) ? Number(text) : undefined;
}

export function hexadecimal(value: number, digits: number): string {
  return value.toString(16).padStart(digits, "0");
}
