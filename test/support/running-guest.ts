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

/** Whether the guest answers on this bridge of the host: by ARP, which works whatever subnet the host is in by now. */
export function answers(host: PrivateHost, address: string, bridge: string): boolean {
  try {
    host.enter("busybox", "arping", "-f", "-c", "2", "-w", "2", "-I", bridge, address);
    return true;
  } catch {
    return false;
  }
}

/** Listings serve readers for two seconds; what was changed behind our back is seen after that. */
export function waitForListings(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 2_100));
}

export async function until(condition: () => boolean): Promise<void> {
  for (let waited = 0; waited < 120; waited += 1) {
    if (condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  throw new Error("not within a minute");
}
