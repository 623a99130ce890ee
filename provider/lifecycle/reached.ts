/** Reaching a host for a preview: what it means where that fails, and where the host does not answer a question. */

import type { HostReference } from "../../schema/references";
import type { Hosts } from "../libvirt/connection";
import { LibvirtError, type ErrorKind } from "../libvirt/errors";
import { connectedHost } from "../resources/host/connected";
import { refuseAnotherHost } from "../resources/host/machine-identity";
import type { ConnectedHost } from "../resources/resource";

export async function connected(hosts: Hosts, reference: HostReference): Promise<ConnectedHost> {
  const host = await connectedHost(hosts.connect(reference.uri));
  await refuseAnotherHost(reference, host);
  return host;
}

/** Why a host was not asked; told once a host, whatever there is on it. */
export interface Unasked {
  /** The host that could not be; none where nobody wanted to ask any. */
  readonly uri?: string;
  readonly sentence: string;
}

export function isOffline(): boolean {
  return process.env.PULUMI_VIRT_OFFLINE === "true";
}

const compared =
  "What is there was compared with the recorded state only, and impact is the worst that a change can be.";

export const offline: Unasked = { sentence: `PULUMI_VIRT_OFFLINE is true: no host was asked. ${compared}` };

/**
 * What an error while reaching a host, or looking at it, means for a preview. A host that cannot be reached from here is
 * one that was not asked; what is wrong with the program, or with whom it leads to, an `up` would refuse as well.
 */
export type Verdict =
  | { readonly is: "unasked"; readonly unasked: Unasked }
  | { readonly is: "failure"; readonly sentence: string }
  | { readonly is: "warning"; readonly sentence: string };

export function verdictOn(error: unknown, { uri }: HostReference, isConnected: boolean): Verdict {
  if (!(error instanceof LibvirtError) || error.kind === "Bug") throw error;
  const sentence = error.message;
  if (!isConnected && error.kind !== "Refused" && error.kind !== "InvalidInput") return unaskedAbout(uri, sentence);
  if (error.kind === "Unreachable") return unaskedAbout(uri, sentence);
  return { is: failures.includes(error.kind) || !isConnected ? "failure" : "warning", sentence };
}

/** What no other resource of the program can mend before its turn comes. */
const failures: readonly ErrorKind[] = ["InvalidXml", "InvalidInput", "Unsupported", "Unsafe"];

function unaskedAbout(uri: string, sentence: string): Verdict {
  return { is: "unasked", unasked: { uri, sentence: `${sentence}\n${compared}` } };
}
