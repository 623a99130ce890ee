/** What a guest could not have on a host, and why. Pure: it reads what the host says of itself. */

import { kvmIsUsable, type HostFacts } from "../../libvirt/host-facts";
import { descend, type Element, elementsOf, firstElement, textOf } from "../../reconcile/tree";

export interface Readiness {
  readonly missing: string;
  readonly why: string;
}

export function readinessOf(
  facts: HostFacts,
  capabilities: Element,
  domainCapabilities: Element | undefined,
): Readiness[] {
  const found: Readiness[] = [];
  const offersKvm = capabilitiesOffer(capabilities, "kvm");
  if (facts.hypervisor === "qemu") {
    found.push({
      missing: "hardware acceleration (KVM)",
      why:
        offersKvm && !kvmIsUsable(capabilities)
          ? "the host offers KVM, but its CPU shows neither vmx nor svm; ordinary guests hang on it, so they are emulated"
          : "libvirt does not offer KVM: the CPU lacks VT-x or AMD-V, it is switched off in the firmware, or /dev/kvm is missing",
    });
  }
  if (facts.session) {
    found.push({
      missing: "bridges and NAT networks",
      why: "a user's session daemon may not make them; user-mode cards work",
    });
  }
  const iommu = descend(capabilities, "host", "iommu")?.attributes.support;
  if (facts.hypervisor !== "xen" && iommu !== "yes") {
    found.push({
      missing: "PCI passthrough",
      why: "the host has no working IOMMU (intel_iommu=on or AMD-Vi, and the firmware's switch)",
    });
  }
  if (domainCapabilities !== undefined) {
    if (!enumHas(descend(domainCapabilities, "os"), "firmware", "efi")) {
      found.push({
        missing: "UEFI firmware",
        why: "no firmware description for it is installed (Debian: package ovmf)",
      });
    }
    if (firstElement(firstElement(domainCapabilities, "devices"), "tpm")?.attributes.supported !== "yes") {
      found.push({ missing: "an emulated TPM", why: "swtpm is not installed (Debian: packages swtpm, swtpm-tools)" });
    }
  }
  return found;
}

function capabilitiesOffer(capabilities: Element, type: string): boolean {
  return elementsOf(capabilities, "guest").some((guest) =>
    elementsOf(firstElement(guest, "arch") ?? guest, "domain").some((domain) => domain.attributes.type === type),
  );
}

/** Whether an `<enum name='…'>` of the domain capabilities lists the value. */
function enumHas(parent: Element | undefined, name: string, value: string): boolean {
  const list = parent && elementsOf(parent, "enum").find((each) => each.attributes.name === name);
  return list !== undefined && elementsOf(list, "value").some((each) => textOf(each) === value);
}
