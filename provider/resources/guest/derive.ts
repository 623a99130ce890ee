/** What follows from a guest's inputs alone. Pure. */

import type { GuestInputs } from "../../../schema/guest";
import type { GuestDisk } from "../../../schema/guest-devices";
import type { HypervisorProfile } from "../../hypervisors/profile";
import { profileByUri } from "../../hypervisors/profile-of";
import { holdsUnknown, unknown } from "../../../schema/unknown";
import { derivedUuid } from "../recorded-identity";
import { powerOf } from "../power-defaults";
import type { Identity } from "../resource";
import { derivedDevices } from "./devices";
import { isDevice, isMap, type NameDisk } from "./devices/device";
import { inputsUnderKeysOf } from "./keys";

export function derive(
  inputs: GuestInputs,
  recorded: Partial<GuestInputs> | undefined,
  identity: Identity,
): GuestInputs {
  const old = recorded && withNamesOf(inputs, inputsUnderKeysOf(inputs, recorded));
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
  const names = holdsUnknown(virtualization) ? undefined : diskNamesOf(host);
  return names && ((disk, taken) => names(disk, taken, virtualization));
}

/** A guest that comes from another hypervisor's host has its disks with it, and not the names that they had there. */
function withNamesOf({ host }: GuestInputs, old: Partial<GuestInputs>): Partial<GuestInputs> {
  const [here, there] = [diskNamesOf(host), diskNamesOf(old.host)];
  if (here === undefined || there === undefined || here === there || !isMap(old.disks)) return old;
  const unnamed = Object.entries(old.disks).map(([key, disk]) => [key, isDevice(disk) ? withoutName(disk) : disk]);
  return { ...old, disks: Object.fromEntries(unnamed) as GuestInputs["disks"] };
}

function withoutName({ target: _, ...disk }: GuestDisk): GuestDisk {
  return disk;
}

function diskNamesOf(host: GuestInputs["host"] | undefined): HypervisorProfile["diskNames"] | undefined {
  const uri: unknown = host?.uri;
  return typeof uri === "string" && !holdsUnknown(uri) ? profileByUri(uri)?.diskNames : undefined;
}
