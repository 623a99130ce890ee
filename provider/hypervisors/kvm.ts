/** QEMU with KVM: guests run on the host's own CPU. Sources of the defaults: libvirt.org/formatdomain.html; SUSE's Virtualization Guide. */

import { descend, type Element, elementsOf, firstElement, textOf } from "../reconcile/tree";
import { onArchitecture } from "./architectures";
import type { GuestDefaults } from "./guest-defaults";
import type { HypervisorProfile } from "./profile";
import { emulated, qemu } from "./qemu";

const accelerated: GuestDefaults = {
  ...emulated,
  domainType: "kvm",
  cpuMode: "host-model",
  cache: "none",
  graphics: "vnc",
  video: "virtio",
  tpm: true,
  vmport: true,
  hpet: true,
};

/** On aarch64 KVM gives the host's own CPU: host-model is for x86, POWER and s390x. */
const cpuModes = { aarch64: "host-passthrough", others: "host-model" };

export const kvm: HypervisorProfile = {
  ...qemu,
  name: "kvm",
  acceleration: "kvm",
  runsAtHardwareSpeed: "yes",
  doubtAbout: () => undefined,
  defaults: (guest) => {
    if (!runsNatively(guest.architecture, guest.hostArchitecture)) return qemu.defaults(guest);
    return guest.virtualization === "full" ? onArchitecture(accelerated, guest.architecture, cpuModes) : undefined;
  },
};

/** KVM runs guests of the host's own architecture, and 32-bit ones on x86-64. */
function runsNatively(guest: string, host: string): boolean {
  return guest === host || (guest === "i686" && host === "x86_64");
}

/**
 * KVM is offered for a guest of the host's own architecture, and can run it. On x86 that needs VT-x or AMD-V: some
 * machines offer /dev/kvm without them, and ordinary guests hang on it.
 */
export function kvmIsUsable(capabilities: Element): boolean {
  const cpu = descend(capabilities, "host", "cpu");
  const architecture = textOf(firstElement(cpu, "arch"));
  const isOffered = offersKvm(capabilities, architecture);
  if (!isOffered || architecture !== "x86_64" || cpu === undefined) return isOffered;
  const features = new Set(elementsOf(cpu, "feature").map(({ attributes }) => attributes.name));
  return (
    features.has("vmx") || features.has("svm") || modelsWithVirtualization.test(textOf(firstElement(cpu, "model")))
  );
}

/** Whether libvirt offers KVM for guests of this architecture. */
export function offersKvm(capabilities: Element, architecture: string): boolean {
  return elementsOf(capabilities, "guest").some((guest) => {
    const arch = firstElement(guest, "arch");
    return (
      arch?.attributes.name === architecture &&
      elementsOf(arch, "domain").some(({ attributes }) => attributes.type === "kvm")
    );
  });
}

/** The kernel's module that brings it, by the CPU's flags. */
export function moduleFor(cpuFlags: ReadonlySet<string>): string {
  if (cpuFlags.has("vmx")) return "kvm_intel";
  return cpuFlags.has("svm") ? "kvm_amd" : "kvm";
}

/**
 * CPU models of libvirt's map (/usr/share/libvirt/cpu_map, 9.0) that contain svm, so that the host's list of extra features
 * does not repeat it. None contains vmx. Newer maps add versions (`EPYC-v2`) and generations (`EPYC-Genoa`).
 */
const modelsWithVirtualization = /^(EPYC|Dhyana|Opteron_G[2-5]|phenom|qemu64)(-|$)/;
