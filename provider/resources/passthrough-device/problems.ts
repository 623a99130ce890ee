/** What cannot be with passthrough devices, whatever their host says. Pure. */

import type { PassthroughDeviceInputs } from "../../../schema/passthrough-device";
import { holdsUnknown } from "../../../schema/unknown";

export function problems({ pci }: PassthroughDeviceInputs): string[] {
  if (typeof pci !== "object" || holdsUnknown(pci)) return [];
  const { address, vendor, product, index, interface: name } = pci;
  const ways = [address, vendor ?? product, name].filter((way) => way !== undefined).length;
  if (ways === 0) return ["pci: say which device it is: by address, by vendor and product, or by interface."];
  if (ways > 1) return ["pci: address, vendor with product, and interface are three ways to say it: take one of them."];
  if ((vendor === undefined) !== (product === undefined)) return ["pci: vendor and product go together."];
  if (index !== undefined && vendor === undefined) return ["pci.index: goes with vendor and product."];
  return [];
}
