/** What a user's session lacks for devices of the host (kernel.org, "VFIO"; libvirt.org, formatdomain, "hostdev"). Pure. */

import type { HostFacts } from "../../libvirt/host-facts";
import type { Kind } from "./claim-path";

/** A sentence where its guests can have none of this kind. A USB device needs one file of /dev alone, which udev can give. */
export function lackInSession({ session }: Pick<HostFacts, "session">, kind: Kind): string | undefined {
  if (!session || kind === "usb") return undefined;
  const hands = kind === "pci" ? "bind no driver to a device of the host" : "make no mediated device";
  return `in a session libvirt and its guests run as their user, who may ${hands}, open no /dev/vfio/GROUP, and lock no more memory than ulimit -l says, where such a guest locks all of its own. Use the system's daemon (qemu:///system): its guests run without privileges as well, and it gives them just that.`;
}
