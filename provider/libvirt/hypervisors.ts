/**
 * What practitioners expect where the user says nothing, for each hypervisor and way of virtualization. The only place
 * that tells hypervisors apart when XML is written. Sources: libvirt.org/formatdomain.html; SUSE's Virtualization Guide.
 */

import type { HostFacts, Hypervisor } from "./host-facts";

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
  readonly tpmModel: string;
  /** Where nothing is said and no kernel is given; undefined: the machine's own. */
  readonly firmware: "efi" | undefined;
  /** Whether ACPI needs UEFI beneath it. */
  readonly acpiNeedsFirmware: boolean;
  /** What a PC on KVM has beside: the port of VMware's mouse and a timer, both to be switched off; clocks for Windows. */
  readonly vmport: boolean;
  readonly hpet: boolean;
  /** Whether a screen needs a keyboard that is said: a PC has one. */
  readonly keyboard: boolean;
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
  tpmModel: "tpm-crb",
  firmware: undefined,
  acpiNeedsFirmware: false,
  vmport: true,
  hpet: true,
  keyboard: false,
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
  vmport: false,
  hpet: false,
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
  tpmModel: "tpm-tis",
  firmware: undefined,
  acpiNeedsFirmware: false,
  vmport: false,
  hpet: false,
  keyboard: false,
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

/**
 * What differs by the guest's architecture. On aarch64 the machine `virt` has UEFI, PCIe and USB only, and KVM gives the
 * host's own CPU (host-model is for x86, POWER and s390x). Of the rest nothing is known here but what they do not have:
 * libvirt's own defaults rule. Sources: libvirt.org/formatdomain.html; qemu.org, "virt"; Red Hat's and SUSE's guides to
 * virtualization on 64-bit ARM.
 */
function onArchitecture(row: GuestDefaults, architecture: string): GuestDefaults {
  if (/^(x86_64|i686)$/.test(architecture)) return row;
  const notPc = {
    ...row,
    features: [],
    cdromBus: "scsi",
    tpmModel: "tpm-tis",
    vmport: false,
    hpet: false,
    keyboard: true,
  } as const;
  if (architecture === "aarch64") {
    return {
      ...notPc,
      machine: "virt",
      cpuMode: row.domainType === "kvm" ? "host-passthrough" : "maximum",
      features: ["acpi"],
      firmware: "efi",
      acpiNeedsFirmware: true,
    };
  }
  return {
    ...notPc,
    machine: undefined,
    cpuMode: row.domainType === "kvm" ? "host-model" : undefined,
    graphics: "none",
    video: undefined,
    rootPorts: false,
  };
}

/** KVM runs guests of the host's own architecture, and 32-bit ones on x86-64. */
function runsNatively(guest: string, host: string): boolean {
  return guest === host || (guest === "i686" && host === "x86_64");
}

/** The row of the table, or undefined where the hypervisor cannot do this kind of virtualization. */
export function guestDefaults(
  { hypervisor, architecture: host }: Pick<HostFacts, "hypervisor" | "architecture">,
  { virtualization = "full", architecture = host }: { virtualization?: Virtualization; architecture?: string } = {},
): GuestDefaults | undefined {
  const emulated = hypervisor === "kvm" && !runsNatively(architecture, host);
  const row = table[emulated ? "qemu" : hypervisor][virtualization];
  return row === undefined || hypervisor === "xen" || hypervisor === "test" ? row : onArchitecture(row, architecture);
}
