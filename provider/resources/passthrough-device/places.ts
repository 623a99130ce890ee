/**
 * Which device of a host a program means, in one text for all ways to say it: `usb/1-1.2`, `pci/0000:65:00.0`. By that one
 * program's resources are known to want the same device (once.ts).
 */

import type { PassthroughDeviceInputs } from "../../../schema/passthrough-device";
import { holdsUnknown } from "../../../schema/unknown";
import { inventory } from "../../libvirt/inventory";
import type { NodeDevice } from "../../libvirt/node-device";
import type { DeviceInWords } from "../once";
import type { ConnectedHost } from "../resource";
import { claimPath } from "./claim-path";
import type { ClaimedKind, Wanted } from "./kind";
import { kindOf, kindOfAddress } from "./kinds";

/** By the words of a claim, or as a guest has it: where its address is not known yet, the claim's words are. */
type InWords = Partial<DeviceInWords>;

/** Of each that is there, and that the words tell for certain. The host is asked for its devices only where any are meant. */
export async function placesOf(
  host: ConnectedHost,
  devices: readonly InWords[],
): Promise<ReadonlyMap<InWords, string>> {
  if (devices.length === 0 || !host.profile.isMachine) return new Map();
  const listing = await inventory(host.virsh).devices();
  const found = await Promise.all(devices.map((device) => placeOf(host, device, listing)));
  return new Map(
    devices.flatMap((device, index) => {
      const place = found[index];
      return place === undefined ? [] : [[device, place] as const];
    }),
  );
}

async function placeOf(
  host: ConnectedHost,
  { address, ...words }: InWords,
  listing: readonly NodeDevice[],
): Promise<string | undefined> {
  if (address !== undefined && !holdsUnknown(address)) {
    const kind = kindOfAddress(address);
    const named = kind.named(address, listing);
    return "none" in named ? undefined : pathOf(kind, named.wanted);
  }
  const inputs = words as unknown as PassthroughDeviceInputs;
  const kind = kindOf(inputs);
  if (typeof inputs[kind.kind] !== "object" || holdsUnknown(inputs[kind.kind])) return undefined;
  const wanted = await kind.sought?.(host, inputs, listing);
  return wanted && pathOf(kind, wanted);
}

function pathOf({ kind }: Pick<ClaimedKind, "kind">, { place }: Wanted): string {
  return claimPath(place, kind);
}
