/** What a host is asked before it is judged: by libvirt, and by a shell where there is one. */

import { reasonOf } from "../../libvirt/errors";
import type { HypervisorProfile } from "../../hypervisors/profile";
import type { HostDescription } from "../../libvirt/host-facts";
import { guestUserOf } from "../../libvirt/local-files";
import { hostShell } from "../../libvirt/shell";
import { parseXml } from "../../libvirt/xml";
import type { Element } from "../../reconcile/tree";
import type { DescribedHost } from "./connected";
import { lookAtMachine, type Machine } from "./machine";

export interface Examination {
  readonly description: HostDescription;
  readonly profile: HypervisorProfile;
  /** Of an ordinary guest; undefined where the host does not say. */
  readonly domainCapabilities: Element | undefined;
  /** What a shell on the host saw; undefined where there is none, or it may be another machine's. */
  readonly machine: Machine | undefined;
  /** Why no shell was asked. */
  readonly withoutShell: string | undefined;
}

/** `folder`: one that guests are to reach. */
export async function examine(host: DescribedHost, folder?: string): Promise<Examination> {
  const { description, profile } = host;
  const [domainCapabilities, seen] = await Promise.all([
    domainCapabilitiesOf(host),
    machineOf(host, folder).catch((error: Error) => ({
      machine: undefined,
      withoutShell: reasonOf(error),
    })),
  ]);
  return { description, profile, domainCapabilities, ...seen };
}

async function domainCapabilitiesOf({ virsh, profile, facts }: DescribedHost): Promise<Element | undefined> {
  if (!profile.isMachine) return undefined;
  const { architecture } = facts;
  const usual = profile.defaults({ virtualization: "full", architecture, hostArchitecture: architecture });
  // Asked for none, libxl answers for a paravirtual one.
  const kind = profile.hasControlDomain ? ["--virttype", profile.name, "--machine", usual?.machine ?? ""] : [];
  const text = await virsh.run("domcapabilities", kind, { timeoutSeconds: 120 }).catch(() => undefined);
  return text === undefined ? undefined : parseXml(text, "the host's domain capabilities");
}

async function machineOf(
  { virsh, description, profile }: DescribedHost,
  folder: string | undefined,
): Promise<Pick<Examination, "machine" | "withoutShell">> {
  const found = await hostShell(virsh);
  if ("absent" in found) return { machine: undefined, withoutShell: found.absent };
  if (found.doubt !== undefined) return { machine: undefined, withoutShell: found.doubt };
  const machine = await lookAtMachine(found.shell, folder, guestUserOf(description.capabilities, profile.name));
  return { machine, withoutShell: undefined };
}
