/** The management domain of a host whose kernel is itself a domain (Xen's Dom0), and what its hypervisor says of itself. */

import { controlDomainUuid } from "../../libvirt/inventory";
import type { Virsh } from "../../libvirt/virsh";
import { descend, type Element, elementsOf } from "../../reconcile/tree";
import type { Machine } from "./machine";

/** As the Host's output `xen` (schema/host.ts). */
export async function controlDomain(
  virsh: Virsh,
  capabilities: Element,
  machine: Machine | undefined,
): Promise<Record<string, unknown>> {
  const answers = await virsh.runAll([
    { name: "dominfo", arguments: [controlDomainUuid] },
    { name: "schedinfo", arguments: [controlDomainUuid] },
    { name: "freecell" },
  ]);
  const [about, scheduling, free] = answers.map((answer) => (answer.status === "fulfilled" ? answer.value : ""));
  const cells = descend(capabilities, "host", "topology", "cells");
  return controlDomainIn({
    about: about ?? "",
    scheduling: scheduling ?? "",
    free: free ?? "",
    numaNodes: cells === undefined ? 1 : elementsOf(cells, "cell").length,
    capabilities: machine?.xenCapabilities,
  });
}

interface Told {
  readonly about: string;
  readonly scheduling: string;
  readonly free: string;
  readonly numaNodes: number;
  readonly capabilities: ReadonlySet<string> | undefined;
}

/** `virsh dominfo`, `schedinfo` and `freecell` in the words of libvirt 9.0. Pure. */
export function controlDomainIn({ about, scheduling, free, numaNodes, capabilities }: Told): Record<string, unknown> {
  const number = (pattern: RegExp, text: string): number | undefined => {
    const found = pattern.exec(text)?.[1];
    return found === undefined ? undefined : Number(found);
  };
  const memoryKiB = number(/^Used memory:\s+(\d+) KiB/m, about);
  const freeKiB = number(/(\d+) KiB\s*$/, free);
  return {
    dom0: {
      vcpus: number(/^CPU\(s\):\s+(\d+)/m, about),
      memoryMiB: memoryKiB === undefined ? undefined : Math.floor(memoryKiB / 1024),
    },
    memoryFreeMiB: freeKiB === undefined ? undefined : Math.floor(freeKiB / 1024),
    scheduler: /^Scheduler\s*:\s*(\S+)/m.exec(scheduling)?.[1],
    numaNodes,
    capabilities: capabilities === undefined ? undefined : [...capabilities].sort(),
  };
}
