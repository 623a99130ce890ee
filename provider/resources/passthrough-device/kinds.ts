/** The kinds of devices that can be claimed. Whatever asks about each of them asks here. */

import type { PassthroughDeviceInputs } from "../../../schema/passthrough-device";
import type { Claim } from "../../libvirt/claim";
import { deviceAddressOf } from "../../libvirt/device-address";
import { prefixOf } from "./claim-path";
import type { ClaimedKind } from "./kind";
import { mdevKind } from "./mdev";
import { pciKind } from "./pci";
import { usbKind } from "./usb";

export const claimedKinds: readonly ClaimedKind[] = [pciKind, usbKind, mdevKind];

/** Of what the program says; `problems` sees to it that it says one. */
export function kindOf(inputs: PassthroughDeviceInputs): ClaimedKind {
  return claimedKinds.find(({ kind }) => inputs[kind] !== undefined) ?? pciKind;
}

export function kindOfClaim({ path }: Pick<Claim, "path">): ClaimedKind | undefined {
  return claimedKinds.find(({ kind }) => path.startsWith(prefixOf(kind)));
}

/** Of what a guest names by this address. */
export function kindOfAddress(address: string): ClaimedKind {
  const { kind } = deviceAddressOf(address);
  return claimedKinds.find((each) => each.kind === kind) ?? pciKind;
}
