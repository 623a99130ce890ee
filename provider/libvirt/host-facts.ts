/** What a host says of itself, as far as the desired XML of a guest depends on it. Read once a connection. */

export type Hypervisor = "kvm" | "qemu" | "xen" | "test";

export interface HostFacts {
  /** The host's UUID of `virsh capabilities`. */
  readonly uuid: string;
  /** `kvm` only where guests can really run on it; QEMU's emulation is `qemu`. */
  readonly hypervisor: Hypervisor;
  /** libvirt's version as a number: major * 1,000,000 + minor * 1,000 + release (`9000000`). */
  readonly libvirtVersion: number;
  /** Architecture of the host as libvirt names it: `x86_64`. */
  readonly architecture: string;
  /** Whether this is a user's session daemon (`/session`), which has no bridges, NAT networks or root. */
  readonly session: boolean;
}
