/** What cannot be with passthrough devices, whatever their host says. Pure. */

import type { PassthroughDeviceInputs } from "../../../schema/passthrough-device";
import { holdsUnknown } from "../../../schema/unknown";

export function problems({ pci }: PassthroughDeviceInputs): string[] {
  if (typeof pci !== "object" || holdsUnknown(pci)) return [];
  const { address, vendor, product, index, interface: name, physicalFunction, virtualFunction } = pci;
  const ways = [address, vendor ?? product, name, physicalFunction ?? virtualFunction].filter(
    (way) => way !== undefined,
  ).length;
  const all = "by address, by vendor and product, by interface, or by physicalFunction and virtualFunction";
  if (ways !== 1) return [`pci: say which device it is in one way: ${all}.`];
  if ((vendor === undefined) !== (product === undefined)) return ["pci: vendor and product go together."];
  if ((physicalFunction === undefined) !== (virtualFunction === undefined))
    return ["pci: physicalFunction and virtualFunction go together."];
  if (index !== undefined && vendor === undefined) return ["pci.index: goes with vendor and product."];
  return [];
}
