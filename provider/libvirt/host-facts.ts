/** What a host says of itself. Read once a connection; `facts` is what the desired XML of a guest depends on. */

import { descend, type Element, elementsOf, firstElement, textOf } from "../reconcile/tree";
import { isAlias, isSession } from "./uri";
import type { Virsh } from "./virsh";
import { refuseOldVersions, versionNumber, versionsIn } from "./versions";
import { parseXml } from "./xml";

export interface HostFacts {
  /** The host's UUID of `virsh capabilities`. */
  readonly uuid: string;
  /** The version of the host's libvirt as a number: major * 1,000,000 + minor * 1,000 + release (`9000000`). */
  readonly libvirtVersion: number;
  /** Architecture of the host as libvirt names it: `x86_64`. */
  readonly architecture: string;
  /** The types of operating systems that it runs (`hvm`; on Xen also `xen`, `xenpvh`); undefined where that is not told. */
  readonly osTypes?: readonly string[];
  /** Whether this is a user's session daemon (`/session`), which has no bridges, NAT networks or root. */
  readonly session: boolean;
}

export interface HostDescription {
  /** Where the connection leads: what an alias of libvirt.conf stands for, else the URI as it was given. */
  readonly uri: string;
  readonly facts: HostFacts;
  readonly capabilities: Element;
  /** As `virsh version` prints them: `QEMU 7.2.22`. */
  readonly hypervisorVersion: string;
  readonly libvirtVersion: string;
  /** The version of libvirt that runs here, in virsh, as a number like the host's. */
  readonly ownLibvirtVersion: number;
}

const descriptions = new WeakMap<
  Virsh,
  { readonly generation: number; readonly description: Promise<HostDescription> }
>();

/** Everything the host says of itself in two calls; asked again after a reconnection. */
export function describeHost(virsh: Virsh): Promise<HostDescription> {
  const known = descriptions.get(virsh);
  if (known !== undefined && known.generation === virsh.generation) return known.description;
  const description = readDescription(virsh);
  descriptions.set(virsh, { generation: virsh.generation, description });
  description.catch(() => descriptions.delete(virsh));
  return description;
}

async function readDescription(virsh: Virsh): Promise<HostDescription> {
  // The first question after a daemon's installation makes it probe every QEMU binary, which takes seconds each.
  const options = { timeoutSeconds: 120 };
  const [uri, capabilities, versions] = await Promise.all([
    isAlias(virsh.uri) ? virsh.run("uri") : virsh.uri,
    virsh.run("capabilities", [], options),
    virsh.run("version", ["--daemon"], options),
  ]);
  return descriptionOf(uri, capabilities, versions);
}

/** Throws `Unsupported` where a side is too old. Pure. */
export function descriptionOf(uri: string, capabilitiesText: string, versionText: string): HostDescription {
  const versions = versionsIn(versionText);
  refuseOldVersions(versions, uri);
  const capabilities = parseXml(capabilitiesText, "the host's capabilities");
  const host = firstElement(capabilities, "host");
  return {
    uri,
    capabilities,
    ownLibvirtVersion: versionNumber(versions.client),
    hypervisorVersion: versions.hypervisor,
    libvirtVersion: versions.daemon,
    facts: {
      uuid: textOf(firstElement(host, "uuid")),
      libvirtVersion: versionNumber(versions.daemon),
      architecture: textOf(descend(host, "cpu", "arch")) || "x86_64",
      osTypes: elementsOf(capabilities, "guest").map((guest) => textOf(firstElement(guest, "os_type"))),
      session: isSession(uri),
    },
  };
}
