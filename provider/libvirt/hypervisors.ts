/**
 * What practitioners expect where the user says nothing, for each hypervisor and way of virtualization. The only place
 * that tells hypervisors apart when XML is written. Sources: libvirt.org/formatdomain.html; SUSE's Virtualization Guide.
 */

import type { Hypervisor } from "./host-facts";

export interface GuestDefaults {
  readonly domainType: "kvm" | "qemu" | "xen" | "test";
  readonly osType: "hvm" | "xen" | "xenpvh";
  readonly machine: string | undefined;
  readonly cpuMode: string | undefined;
  /** Flags below `<features>`; without acpi a guest does not hear the power button. */
  readonly features: readonly string[];
  readonly bus: string;
  readonly cdromBus: string;
  readonly cache: string | undefined;
  readonly discard: string | undefined;
  readonly serialNumbers: boolean;
  readonly nicModel: string | undefined;
  readonly rootPorts: boolean;
  readonly console: "serial" | "xen";
  readonly graphics: "vnc" | "none";
  readonly video: string | undefined;
  readonly rng: string | undefined;
  readonly agent: boolean;
  readonly balloon: string | undefined;
  readonly tpm: boolean;
}

export type Virtualization = "full" | "paravirtual" | "pvh";

const kvm: GuestDefaults = {
  domainType: "kvm",
  osType: "hvm",
  machine: "q35",
  cpuMode: "host-model",
  features: ["acpi", "apic"],
  bus: "virtio",
  cdromBus: "sata",
  cache: "none",
  discard: "unmap",
  serialNumbers: true,
  nicModel: "virtio",
  rootPorts: true,
  console: "serial",
  graphics: "vnc",
  video: "virtio",
  rng: "/dev/urandom",
  agent: true,
  balloon: "virtio",
  tpm: true,
};

/** qemu64, QEMU's own default, is below what current distributions ask for (x86-64-v2): `maximum` is not. */
const qemu: GuestDefaults = {
  ...kvm,
  domainType: "qemu",
  cpuMode: "maximum",
  cache: "writeback",
  graphics: "none",
  video: undefined,
  tpm: false,
};

const xenFull: GuestDefaults = {
  domainType: "xen",
  osType: "hvm",
  machine: "xenfv",
  cpuMode: undefined,
  features: ["acpi", "apic", "pae"],
  bus: "xen",
  cdromBus: "ide",
  cache: undefined,
  discard: undefined,
  serialNumbers: false,
  nicModel: "e1000",
  rootPorts: false,
  console: "serial",
  graphics: "vnc",
  video: "vga",
  rng: undefined,
  agent: false,
  balloon: undefined,
  tpm: false,
};

const xenParavirtual: GuestDefaults = {
  ...xenFull,
  osType: "xen",
  machine: "xenpv",
  features: [],
  nicModel: undefined,
  console: "xen",
  graphics: "none",
  video: undefined,
};

/** libvirt's test driver keeps what it is given: for tests of programs without any host. */
const test: GuestDefaults = { ...qemu, domainType: "test", machine: undefined, cpuMode: undefined, rootPorts: false };

const table: Readonly<Record<Hypervisor, Partial<Record<Virtualization, GuestDefaults>>>> = {
  kvm: { full: kvm },
  qemu: { full: qemu },
  xen: { full: xenFull, paravirtual: xenParavirtual, pvh: { ...xenParavirtual, osType: "xenpvh", machine: "xenpvh" } },
  test: { full: test },
};

/** The row of the table, or undefined where the hypervisor cannot do this kind of virtualization. */
export function guestDefaults(
  hypervisor: Hypervisor,
  virtualization: Virtualization = "full",
): GuestDefaults | undefined {
  return table[hypervisor][virtualization];
}
