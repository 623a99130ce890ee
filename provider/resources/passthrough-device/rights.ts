/** Hosts whose guests can have no devices of a kind (kernel.org, "VFIO"; libvirt.org, formatdomain, "hostdev"). Pure. */

import type { KnownHost } from "../resource";
import type { Kind } from "./claim-path";

/** A sentence where that is so. In a session a USB device needs one file of /dev alone, which udev can give. */
export function lackOnHost({ facts, profile }: KnownHost, kind: Kind): string | undefined {
  if (profile.hasControlDomain && kind !== "pci")
    return "only PCI devices are given to guests of Xen here; nothing else has been tried.";
  if (!facts.session || kind === "usb") return undefined;
  const hands = kind === "pci" ? "bind no driver to a device of the host" : "make no mediated device";
  return `in a session libvirt and its guests run as their user, who may ${hands}, open no /dev/vfio/GROUP, and lock no more memory than ulimit -l says, where such a guest locks all of its own. Use the system's daemon (qemu:///system): its guests run without privileges as well, and it gives them just that.`;
}
