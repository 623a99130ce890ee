/** What differs by the guest's architecture, under QEMU and with KVM. */

import type { GuestDefaults } from "./guest-defaults";

/**
 * On aarch64 the machine `virt` has UEFI, PCIe and USB only. Of the rest nothing is known here but what they do not have:
 * libvirt's own defaults rule. Sources: libvirt.org/formatdomain.html; qemu.org, "virt"; Red Hat's and SUSE's guides to
 * virtualization on 64-bit ARM.
 */
export function onArchitecture(
  defaults: GuestDefaults,
  architecture: string,
  cpuMode: { readonly aarch64: string; readonly others?: string },
): GuestDefaults {
  if (/^(x86_64|i686)$/.test(architecture)) return defaults;
  const notPc = {
    ...defaults,
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
      cpuMode: cpuMode.aarch64,
      features: ["acpi"],
      firmware: "efi",
      acpiNeedsFirmware: true,
    };
  }
  return {
    ...notPc,
    machine: undefined,
    cpuMode: cpuMode.others,
    graphics: "none",
    video: undefined,
    rootPorts: false,
  };
}
