/** What a host is asked before it is judged: by libvirt, and by a shell where there is one. */

import { reasonOf } from "../../libvirt/errors";
import { describeHost, type HostDescription } from "../../libvirt/host-facts";
import { guestUserOf } from "../../libvirt/local-files";
import { hostShell } from "../../libvirt/shell";
import type { Virsh } from "../../libvirt/virsh";
import { parseXml } from "../../libvirt/xml";
import type { Element } from "../../reconcile/tree";
import { lookAtMachine, type Machine } from "./machine";

export interface Examination {
  readonly description: HostDescription;
  /** Of an ordinary guest; undefined where the host does not say. */
  readonly domainCapabilities: Element | undefined;
  /** What a shell on the host saw; undefined where there is none, or it may be another machine's. */
  readonly machine: Machine | undefined;
  /** Why no shell was asked. */
  readonly withoutShell: string | undefined;
}

/** `folder`: one that guests are to reach. */
export async function examine(virsh: Virsh, folder?: string): Promise<Examination> {
  const description = await describeHost(virsh);
  const [domainCapabilities, seen] = await Promise.all([
    domainCapabilitiesOf(virsh, description),
    machineOf(virsh, description, folder).catch((error: Error) => ({
      machine: undefined,
      withoutShell: reasonOf(error),
    })),
  ]);
  return { description, domainCapabilities, ...seen };
}

async function domainCapabilitiesOf(virsh: Virsh, { facts }: HostDescription): Promise<Element | undefined> {
  if (facts.hypervisor === "test") return undefined;
  const text = await virsh.run("domcapabilities", [], { timeoutSeconds: 120 }).catch(() => undefined);
  return text === undefined ? undefined : parseXml(text, "the host's domain capabilities");
}

async function machineOf(
  virsh: Virsh,
  { capabilities, facts }: HostDescription,
  folder: string | undefined,
): Promise<Pick<Examination, "machine" | "withoutShell">> {
  const found = await hostShell(virsh);
  if ("absent" in found) return { machine: undefined, withoutShell: found.absent };
  if (found.doubt !== undefined) return { machine: undefined, withoutShell: found.doubt };
  const machine = await lookAtMachine(found.shell, folder, guestUserOf(capabilities, facts.hypervisor));
  return { machine, withoutShell: undefined };
}
