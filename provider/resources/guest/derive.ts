/** What follows from a guest's inputs alone. Pure. */

import type { GuestInputs } from "../../../schema/guest";
import { profileByUri } from "../../hypervisors/profile-of";
import { holdsUnknown, unknown } from "../../../schema/unknown";
import { derivedUuid } from "../recorded-identity";
import { powerOf } from "../power-defaults";
import type { Identity } from "../resource";
import { derivedDevices } from "./devices";
import type { NameDisk } from "./devices/device";
import { inputsUnderKeysOf } from "./keys";

export function derive(
  inputs: GuestInputs,
  recorded: Partial<GuestInputs> | undefined,
  identity: Identity,
): GuestInputs {
  const old = recorded && inputsUnderKeysOf(inputs, recorded);
  // An adopted guest keeps the UUID and the devices that it has, also when the program no longer says that it was adopted.
  const keeps = inputs.adopt === true || (old !== undefined && old.uuid === undefined);
  const uuid = inputs.uuid ?? old?.uuid ?? (keeps ? undefined : derivedUuid(inputs.host, identity));
  return {
    ...inputs,
    name: inputs.name ?? old?.name ?? identity.resourceName,
    ...(uuid === undefined ? {} : { uuid }),
    ...powerOf(inputs, false, old),
    ...derivedDevices(inputs, old, {
      keeps,
      uuid: uuid === unknown ? undefined : uuid,
      nameDisk: nameDiskFor(inputs),
    }),
  };
}

/** How its hypervisor names disks; undefined where the URI does not tell which one that is: the host decides then. */
function nameDiskFor({ host, virtualization }: GuestInputs): NameDisk | undefined {
  const uri: unknown = host.uri;
  const names =
    typeof uri === "string" && !holdsUnknown([uri, virtualization]) ? profileByUri(uri)?.diskNames : undefined;
  return names && ((disk, taken) => names(disk, taken, virtualization));
}
