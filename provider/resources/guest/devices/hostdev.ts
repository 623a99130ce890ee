/** Devices of the host that the guest has for itself (formatdomain, "Host device assignment"). Pure. */

import type { GuestPassthrough } from "../../../../schema/guest-devices";
import type { PassthroughDeviceReference } from "../../../../schema/references";
import { unknown } from "../../../../schema/unknown";
import { plugged } from "../../../libvirt/live-change";
import { pciAddressParts, wholePciAddress } from "../../../libvirt/pci-address";
import { type DesiredElement, element, stated } from "../../../reconcile/desired";
import { aliasFor, type KeyedKind } from "./device";

export const hostdevKind: KeyedKind<GuestPassthrough> = {
  map: "passthrough",
  alias: "hostdev",
  elements: ["hostdev"],

  write: ({ inputs }) =>
    Object.entries(inputs.passthrough ?? {}).map(([key, { device, romFile }]) => {
      const path = `passthrough.${key}`;
      // Managed: libvirt takes it from the host's driver, and gives it back when the guest ends.
      return element("hostdev", path, { mode: "subsystem", type: "pci", managed: "yes" }, [
        pciSource(`${path}.device`, device),
        romFile === undefined ? undefined : element("rom", `${path}.romFile`, { file: romFile }),
        element("alias", path, { name: aliasFor(hostdevKind, key) }),
      ]);
    }),

  live: {
    qemu: plugged("hostdev"),
    xenFull: plugged("hostdev"),
    // Not of PVH guests: "passthrough not yet supported for x86 PVH guests".
    xenParavirtual: plugged("hostdev"),
  },

  identities: ({ device }) => [device.address === unknown ? undefined : wholePciAddress(device.address)],

  needs: ({ attributes: { type } }) => (type === "pci" ? { slot: "express", passedOn: true } : {}),

  portsOf: ({ passthrough = {} }) => Object.keys(passthrough).length,
};

/** Where a device of the host is, as libvirt is told: of `<interface>` with the type of the address. */
export function pciSource(
  path: string,
  { address }: PassthroughDeviceReference,
  type: Readonly<Record<string, string>> = {},
): DesiredElement {
  // In a preview it may not be known yet.
  const known: Record<string, string> = address === unknown ? {} : { ...type, ...pciAddressParts(address) };
  const parts = Object.entries(known).map(([part, value]) => [part, stated(path, value)] as const);
  return element("source", path, {}, [element("address", path, Object.fromEntries(parts))]);
}
