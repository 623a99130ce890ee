/** What a guest can have on a host, and what not, why, and what to do. Pure: it reads what was found out (examine.ts). */

import { deviceCapabilities, valuesOf } from "../../libvirt/domain-capabilities";
import { firstElement } from "../../reconcile/tree";
import { accelerationOf } from "./acceleration";
import type { Examination } from "./examine";
import type { Finding } from "./finding";
import { passthroughOf } from "./passthrough";

export interface Readiness {
  readonly missing: string;
  readonly why: string;
  readonly help?: string;
}

export function readinessOf(examination: Examination): Readiness[] {
  return whatGuestsCanHave(examination)
    .filter(({ verdict }) => verdict === "missing")
    .map(({ subject, says, help }) => ({ missing: subject, why: says, ...(help === undefined ? {} : { help }) }));
}

export function whatGuestsCanHave(examination: Examination): Finding[] {
  return [
    ...accelerationOf(examination),
    ...passthroughOf(examination),
    ...networksOf(examination),
    ...firmwareOf(examination),
    ...tpmOf(examination),
  ];
}

function networksOf({ description }: Examination): Finding[] {
  if (!description.facts.session) return [];
  return [
    {
      subject: "bridges and NAT networks",
      verdict: "missing",
      says: "a user's session daemon may not make them; user-mode NICs work",
      help: "connect to the system's daemon (qemu:///system)",
    },
  ];
}

function firmwareOf({ domainCapabilities }: Examination): Finding[] {
  if (domainCapabilities === undefined) return [];
  const subject = "UEFI firmware";
  return valuesOf(firstElement(domainCapabilities, "os"), "firmware")?.includes("efi") === true
    ? [{ subject, verdict: "ok", says: "a firmware description is installed" }]
    : [
        {
          subject,
          verdict: "missing",
          says: "no firmware description for it is installed",
          help: "install it on the host (Debian, Ubuntu: ovmf, on ARM qemu-efi-aarch64; Fedora, RHEL: edk2-ovmf; SUSE: qemu-ovmf-x86_64)",
        },
      ];
}

function tpmOf({ domainCapabilities, profile }: Examination): Finding[] {
  if (domainCapabilities === undefined) return [];
  const subject = "an emulated TPM";
  if (profile.refusals.some(({ path }) => path === "tpm"))
    return [{ subject, verdict: "missing", says: `${profile.inWords} gives its guests none` }];
  return deviceCapabilities(domainCapabilities, "tpm")?.attributes.supported === "yes"
    ? [{ subject, verdict: "ok", says: "swtpm is installed" }]
    : [
        {
          subject,
          verdict: "missing",
          says: "swtpm is not installed",
          help: "install it on the host (Debian, Ubuntu: swtpm, swtpm-tools; Fedora, RHEL, SUSE: swtpm)",
        },
      ];
}
