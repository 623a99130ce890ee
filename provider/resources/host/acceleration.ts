/** Whether guests run at the speed of the hardware, and if not, which switch it is. Pure. */

import { kvmIsUsable, moduleFor, offersKvm } from "../../hypervisors/kvm";
import { guestUserOf } from "../../libvirt/local-files";
import { access, mayUse } from "../../libvirt/permissions";
import { elementsOf, firstElement, textOf } from "../../reconcile/tree";
import type { Examination } from "./examine";
import type { Finding } from "./finding";

const subject = "hardware acceleration (KVM)";

export function accelerationOf(examination: Examination): Finding[] {
  const { runsAtHardwareSpeed } = examination.profile;
  return runsAtHardwareSpeed === undefined ? [] : [findings[runsAtHardwareSpeed](examination)];
}

const findings = { yes: usable, no: notUsable, fullVirtualization: fullVirtualizationOnXen };

function usable({ description, profile, machine }: Examination): Finding {
  const user = guestUserOf(description.capabilities, profile.name);
  const device = machine?.kvmDevice;
  const groups = new Set([user?.gid ?? 0, ...(machine?.groups ?? [])]);
  if (device !== undefined && user !== undefined && !mayUse(device, user, groups, access.readAndWrite)) {
    return {
      subject,
      verdict: "warning",
      says: `QEMU runs as user ${user.uid}, who may not use /dev/kvm (user ${device.uid}, group ${device.gid}, mode ${device.mode.toString(8)}), so guests do not start`,
      help: "chgrp kvm /dev/kvm && chmod 660 /dev/kvm, and add QEMU's user to the group kvm; the distribution's QEMU package has a udev rule that does so at every boot",
    };
  }
  const nested = machine?.nested === undefined ? "" : `; guests can${machine.nested ? "" : "not"} run guests (nested)`;
  return { subject, verdict: "ok", says: `KVM${nested}` };
}

function notUsable({ description, machine }: Examination): Finding {
  const { capabilities, facts } = description;
  const missing = (says: string, help: string): Finding => ({ subject, verdict: "missing", says, help });
  const onX86 = facts.architecture === "x86_64";
  const offered = offersKvm(capabilities, facts.architecture);
  if (machine === undefined) {
    return offered && !kvmIsUsable(capabilities)
      ? missing(
          "the host offers KVM, but its CPU shows neither vmx nor svm; ordinary guests hang on it, so they are emulated",
          "switch on VT-x or AMD-V in the firmware, or nested virtualization where the host is a guest itself",
        )
      : missing(
          "libvirt does not offer KVM: the CPU lacks VT-x or AMD-V, it is switched off in the firmware, or /dev/kvm is missing",
          "look on the host what virt-host-validate says",
        );
  }
  if (onX86 && !machine.cpuFlags.has("vmx") && !machine.cpuFlags.has("svm")) {
    const emulated = offered ? "; ordinary guests hang on the KVM that it offers, so they are emulated" : "";
    return machine.cpuFlags.has("hypervisor")
      ? missing(
          `the host is a virtual machine itself, and its CPU shows neither vmx nor svm${emulated}`,
          "let the machine below it pass them on: nested=1 for its module kvm_intel or kvm_amd, and cpuMode host-passthrough for this guest; in a cloud, choose a type with nested virtualization, or bare metal",
        )
      : missing(
          `the CPU shows neither vmx nor svm: VT-x or AMD-V is switched off in the firmware, or it has none${emulated}`,
          "switch on Intel Virtualization Technology, or SVM Mode, in the firmware's settings, and switch the machine off and on",
        );
  }
  if (machine.kvmDevice === undefined) {
    const module = moduleFor(machine.cpuFlags);
    return machine.modules.has(module)
      ? missing(
          `the CPU can, and the module ${module} is loaded, but there is no /dev/kvm`,
          "where the host is a container, give it the device (--device /dev/kvm); elsewhere udev makes it: udevadm trigger --name-match=kvm",
        )
      : missing(
          `the CPU can, but the module ${module} is not loaded, so there is no /dev/kvm`,
          `modprobe ${module}; if that is refused, dmesg says why (often: disabled by bios), and the firmware has the switch`,
        );
  }
  return missing(
    "the CPU can and /dev/kvm is there, but libvirt does not offer KVM: its daemon looked before that, may not open it, or QEMU was built without it",
    "restart the daemon (systemctl restart libvirtd, or virtqemud), and see that the distribution's QEMU package for this architecture is installed",
  );
}

function fullVirtualizationOnXen({ description }: Examination): Finding {
  const can = elementsOf(description.capabilities, "guest").some(
    (guest) => textOf(firstElement(guest, "os_type")) === "hvm",
  );
  const about = "full virtualization (HVM)";
  return can
    ? { subject: about, verdict: "ok", says: "Xen" }
    : {
        subject: about,
        verdict: "missing",
        says: "Xen offers no HVM: VT-x or AMD-V is switched off in the firmware, or the CPU has none; paravirtual guests run",
        help: "switch on Intel Virtualization Technology, or SVM Mode, in the firmware's settings; xl info says virt_caps: hvm then",
      };
}
