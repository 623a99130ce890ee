/** The host at the other end of a connection, with all that is known of it: here, and only here, its profile is found. */

import { profileOf } from "../../hypervisors/profile-of";
import { describeHost, type HostDescription } from "../../libvirt/host-facts";
import type { Virsh } from "../../libvirt/virsh";
import type { ConnectedHost } from "../resource";

export interface DescribedHost extends ConnectedHost {
  readonly description: HostDescription;
}

export async function connectedHost(virsh: Virsh): Promise<DescribedHost> {
  const description = await describeHost(virsh);
  return { virsh, description, facts: description.facts, profile: profileOf(description) };
}
