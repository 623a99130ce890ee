/** What a host says of itself. Read once a connection; `facts` is what the desired XML of a guest depends on. */

import { descend, type Element, elementsOf, firstElement, textOf } from "../reconcile/tree";
import { isAlias, isSession, parseUri } from "./uri";
import type { Virsh } from "./virsh";
import { refuseOldVersions, versionNumber, versionsIn } from "./versions";
import { parseXml } from "./xml";

export type Hypervisor = "kvm" | "qemu" | "xen" | "test";

export interface HostFacts {
  /** The host's UUID of `virsh capabilities`. */
  readonly uuid: string;
  /** `kvm` only where guests can really run on it; QEMU's emulation is `qemu`. */
  readonly hypervisor: Hypervisor;
  /** The version of the host's libvirt as a number: major * 1,000,000 + minor * 1,000 + release (`9000000`). */
  readonly libvirtVersion: number;
  /** Architecture of the host as libvirt names it: `x86_64`. */
  readonly architecture: string;
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

export async function hostFacts(virsh: Virsh): Promise<HostFacts> {
  return (await describeHost(virsh)).facts;
}

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
      hypervisor: hypervisorOf(uri, capabilities),
      libvirtVersion: versionNumber(versions.daemon),
      architecture: textOf(descend(host, "cpu", "arch")) || "x86_64",
      session: isSession(uri),
    },
  };
}

function hypervisorOf(uri: string, capabilities: Element): Hypervisor {
  const driver = parseUri(uri)?.driver;
  if (driver === "xen" || driver === "test") return driver;
  return kvmIsUsable(capabilities) ? "kvm" : "qemu";
}

/**
 * KVM is offered for a guest of the host's own architecture, and can run it. On x86 that needs VT-x or AMD-V: some
 * machines offer /dev/kvm without them, and ordinary guests hang on it.
 */
export function kvmIsUsable(capabilities: Element): boolean {
  const cpu = descend(capabilities, "host", "cpu");
  const architecture = textOf(firstElement(cpu, "arch"));
  const offered = elementsOf(capabilities, "guest").some((guest) => {
    const arch = firstElement(guest, "arch");
    return (
      arch?.attributes.name === architecture &&
      elementsOf(arch, "domain").some(({ attributes }) => attributes.type === "kvm")
    );
  });
  if (!offered || architecture !== "x86_64" || cpu === undefined) return offered;
  const features = new Set(elementsOf(cpu, "feature").map(({ attributes }) => attributes.name));
  return (
    features.has("vmx") || features.has("svm") || modelsWithVirtualization.test(textOf(firstElement(cpu, "model")))
  );
}

/**
 * CPU models of libvirt's map (/usr/share/libvirt/cpu_map, 9.0) that contain svm, so that the host's list of extra features
 * does not repeat it. None contains vmx. Newer maps add versions (`EPYC-v2`) and generations (`EPYC-Genoa`).
 */
const modelsWithVirtualization = /^(EPYC|Dhyana|Opteron_G[2-5]|phenom|qemu64)(-|$)/;
