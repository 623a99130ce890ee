/** Small guests of a test, looked at past our code: whether they run on undisturbed, and whether their link works. */

import type { PrivateHost } from "./private-host";

/** The identity of a run: QEMU's process, and the boot that the guest told on its console. */
export function runOf(
  host: PrivateHost,
  name: string,
): { readonly process: string; readonly boots: readonly string[] } {
  const log = consoleOf(host, name);
  return {
    process: host.enter("pgrep", "-f", `guest=${name},`).trim(),
    boots: [...log.matchAll(/pulumi-virt guest: boot (\S+)/g)].map((found) => found[1] ?? ""),
  };
}

export function consoleOf(host: PrivateHost, name: string): string {
  return host.enter("sh", "-c", `cat '${logOf(host, name)}' 2>/dev/null || true`);
}

export function logOf(host: PrivateHost, name: string): string {
  return `${host.data}/${name}.log`;
}

/** The guest's last address. */
export function addressOf(host: PrivateHost, name: string): string | undefined {
  return [...consoleOf(host, name).matchAll(/has the address (\S+)/g)].at(-1)?.[1];
}

/** Whether the address answers on this interface of the host. IPv6 reaches a guest whatever its lease says. */
export function answers(host: PrivateHost, address: string, device?: string): boolean {
  const onDevice = device === undefined ? [] : ["-I", device];
  const family = address.includes(":") ? "ping6" : "ping";
  try {
    return host.enter("busybox", family, "-c", "1", "-W", "1", ...onDevice, address).includes("bytes from");
  } catch {
    return false;
  }
}

/** The IPv6 address that a card gives itself (RFC 4291, appendix A). */
export function linkLocalOf(mac: string): string {
  const bytes = mac.split(":").map((byte) => Number.parseInt(byte, 16));
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = bytes;
  const groups = [((a ^ 2) << 8) | b, (c << 8) | 0xff, 0xfe00 | d, (e << 8) | f];
  return `fe80::${groups.map((group) => group.toString(16)).join(":")}`;
}

/** Listings serve readers for two seconds; what was changed behind our back is seen after that. */
export function waitForListings(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 2_100));
}

export async function until(condition: () => boolean): Promise<void> {
  for (let waited = 0; waited < 60; waited += 1) {
    if (condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  throw new Error("not within 30 s");
}
