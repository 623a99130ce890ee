/** Which profile a host has: found once a connection, by the driver of its URI and by what the host says of itself. */

import type { DriverWords } from "../libvirt/driver-words";
import type { HostDescription } from "../libvirt/host-facts";
import { parseUri } from "../libvirt/uri";
import { kvm, kvmIsUsable } from "./kvm";
import type { HypervisorProfile } from "./profile";
import { qemu } from "./qemu";
import { test } from "./test";
import { xen } from "./xen";

export function profileOf({ uri, capabilities }: Pick<HostDescription, "uri" | "capabilities">): HypervisorProfile {
  return ofDriver(parseUri(uri)?.driver) ?? (kvmIsUsable(capabilities) ? kvm : qemu);
}

/** What can be said to a host before it has said anything: by its driver alone. */
export function wordsOf(driver: string): DriverWords {
  return (ofDriver(driver) ?? qemu).words;
}

/** The same for what follows from inputs alone; undefined where the URI does not tell (an alias of libvirt.conf). */
export function profileByUri(uri: string): HypervisorProfile | undefined {
  const driver = parseUri(uri)?.driver;
  return driver === undefined ? undefined : (ofDriver(driver) ?? qemu);
}

/** Undefined for QEMU's driver, which has KVM or not. */
function ofDriver(driver: string | undefined): HypervisorProfile | undefined {
  return [xen, test].find(({ name }) => name === driver);
}
