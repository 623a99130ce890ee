/** Whether devices of the host can be passed on to guests, and if not, which switch it is. Pure. */

import { descend } from "../../reconcile/tree";
import type { Examination } from "./examine";
import type { Finding } from "./finding";

export function passthroughOf(examination: Examination): Finding[] {
  const { profile } = examination;
  if (profile.hasControlDomain) return [iommuOfXen(examination), ...virtualFunctionsOf(examination)];
  return profile.guestsAreProcesses ? [iommuOf(examination), ...virtualFunctionsOf(examination)] : [];
}

/** Whether the host has a working IOMMU; undefined where nobody can tell. */
export function passesDevicesOn({ profile, description, machine }: Examination): boolean | undefined {
  if (!profile.hasControlDomain)
    return descend(description.capabilities, "host", "iommu")?.attributes.support === "yes";
  // Xen uses it by itself and hides it from the kernel of Dom0, and libvirt does not ask it.
  const can = machine?.xenCapabilities;
  return can && (can.has("hvm_directio") || can.has("pv_directio") || can.has("directio"));
}

function iommuOfXen(examination: Examination): Finding {
  const subject = "PCI passthrough";
  const works = passesDevicesOn(examination);
  if (works === undefined)
    return { subject, verdict: "not known", says: "only Xen itself can tell (xl info, virt_caps), and was not asked" };
  if (works) return { subject, verdict: "ok", says: "Xen uses the IOMMU (virt_caps: hvm_directio, pv_directio)" };
  return {
    subject,
    verdict: "missing",
    says: "Xen has no working IOMMU (virt_caps lists no directio)",
    help: "switch on VT-d or AMD-Vi (IOMMU) in the firmware, with iommu=1 on Xen's own command line, and restart the host; xl dmesg says what Xen found",
  };
}

function iommuOf(examination: Examination): Finding {
  const { description, machine } = examination;
  const subject = "PCI passthrough";
  if (passesDevicesOn(examination) !== true)
    return { subject, verdict: "missing", ...whyNoIommu(machine, description.facts.architecture) };
  if (machine?.vfio === false) {
    return {
      subject,
      verdict: "missing",
      says: "the IOMMU works, but the kernel has no module vfio-pci, which passes devices on",
      help: "install the distribution's complete kernel (Debian, Ubuntu: not the -cloud or -kvm one; modules-extra)",
    };
  }
  const groups = machine === undefined ? "" : `; ${counted(machine.iommuGroups, "group")} of devices`;
  return { subject, verdict: "ok", says: `the IOMMU works${groups}` };
}

function whyNoIommu(machine: Examination["machine"], architecture: string): { says: string; help: string } {
  const restart = "and restart the host";
  if (machine === undefined) {
    return {
      says: "the host has no working IOMMU",
      help: `switch on VT-d or AMD-Vi (IOMMU) in the firmware, with intel_iommu=on on the kernel's command line for Intel, ${restart}`,
    };
  }
  const off = ["iommu=off", "intel_iommu=off", "amd_iommu=off"].find((word) => machine.commandLine.has(word));
  if (off !== undefined) {
    return {
      says: `the kernel's command line switches the IOMMU off (${off})`,
      help: `take ${off} out of GRUB_CMDLINE_LINUX in /etc/default/grub, run update-grub (grub2-mkconfig), ${restart}`,
    };
  }
  if (architecture !== "x86_64") {
    return {
      says: "the kernel knows no IOMMU (/sys/kernel/iommu_groups is empty)",
      help: "see whether the machine has an SMMU, and whether its firmware describes it",
    };
  }
  const { iommuTables: tables } = machine;
  if (tables !== undefined && tables.size === 0) {
    return machine.cpuFlags.has("hypervisor")
      ? {
          says: "the host is a virtual machine itself, and has been given no IOMMU",
          help: "give it one on the machine below (libvirt: an <iommu> device), or use a machine of its own",
        }
      : {
          says: "the firmware offers no IOMMU: VT-d or AMD-Vi is switched off there, or the machine has none",
          help: `switch on Intel VT-d, or IOMMU (AMD-Vi), in the firmware's settings, ${restart}`,
        };
  }
  const asked = [...machine.commandLine].some((word) => /^intel_iommu=(on|sm_on)/.test(word));
  if (tables?.has("DMAR") === true && !asked) {
    return {
      says: "the firmware offers VT-d, but the kernel does not use it unless it is told",
      help: `add intel_iommu=on iommu=pt to GRUB_CMDLINE_LINUX in /etc/default/grub, run update-grub (grub2-mkconfig), ${restart}`,
    };
  }
  return {
    says: "the kernel could not use the IOMMU that the firmware describes",
    help: "dmesg | grep -i -e DMAR -e IOMMU -e AMD-Vi says why; often a newer firmware helps",
  };
}

function virtualFunctionsOf({ machine }: Examination): Finding[] {
  const subject = "virtual functions of network cards (SR-IOV)";
  if (machine === undefined)
    return [{ subject, verdict: "not known", says: "there is no shell on the host to look with" }];
  const { virtualFunctions } = machine;
  if (virtualFunctions.length === 0) {
    return [
      {
        subject,
        verdict: "missing",
        says: "no network card of the host offers any",
        help: "with a card that can (Intel X710, E810; NVIDIA ConnectX), switch on SR-IOV in the firmware's settings and in the card's own; other guests need none",
      },
    ];
  }
  const says = virtualFunctions
    .map(({ card, total, enabled }) => `${card}: ${enabled} of ${total} switched on`)
    .join(", ");
  const [first] = virtualFunctions;
  if (first === undefined || virtualFunctions.some(({ enabled }) => enabled > 0))
    return [{ subject, verdict: "ok", says }];
  const some = Math.min(first.total, 4);
  const help = `echo ${some} > /sys/class/net/${first.card}/device/sriov_numvfs switches ${some} on, until the next boot`;
  return [{ subject, verdict: "warning", says, help }];
}

function counted(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? "" : "s"}`;
}
