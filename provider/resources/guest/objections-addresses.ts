/** Waiting in vain: a guest that waits for addresses (`waitFor`), none of which its host will ever tell. */

import { givesAddress } from "../../libvirt/dhcp";
import type { ConnectedHost, Objection } from "../resource";
import type { ObservedGuest } from "./observed";
import { noneLinked } from "./problems";
import { linkedNics, networksNamed } from "./wait";
import type { Wanted } from "./wanted";

export async function objectionsToWaiting(
  { virsh }: ConnectedHost,
  { inputs, document }: Wanted,
  observed: ObservedGuest | undefined,
): Promise<Objection[]> {
  if (inputs.waitFor !== "address" || inputs.running === false) return [];
  const path = "waitFor";
  const nics = linkedNics(document);
  if (nics.length === 0) return [{ path, reason: noneLinked }];
  const names = new Set(nics.map(({ network }) => network));
  const networks = await networksNamed(virsh, names);
  const mayHave = ({ network: name, mac }: (typeof nics)[number]): boolean => {
    const network = networks.get(name);
    // What is not there yet cannot be judged.
    return network === undefined || givesAddress(network, mac);
  };
  if (nics.some(mayHave)) return [];
  const managed = Object.values(inputs.nics ?? {}).some(({ network }) => network?.host !== undefined);
  const those = [...names].map((name) => `"${name}"`).join(", ");
  const reason = `libvirt gives out no addresses on the network ${those}, so none would ever be told. Give the network a DHCP range (dhcp), or leave waitFor out.`;
  // A Network of the program may get its range before the guest's turn comes; a guest that is there need not change at all.
  return [{ path, reason, mayPass: managed || observed !== undefined }];
}
