/** What cannot be with passthrough devices, whatever their host says. Pure. */

import type { PassthroughDeviceInputs } from "../../../schema/passthrough-device";
import { holdsUnknown } from "../../../schema/unknown";
import { claimedKinds } from "./kinds";

export function problems(inputs: PassthroughDeviceInputs): string[] {
  const [kind, ...more] = claimedKinds.filter((each) => inputs[each.kind] !== undefined);
  if (kind === undefined) return ["pci: say which device it is: by pci, usb or mdev."];
  if (more.length > 0) {
    const kinds = [kind, ...more].map((each) => each.kind).join(", ");
    return [
      `${more[0]?.kind}: a resource claims one device: say one of ${kinds}, and make another resource for another.`,
    ];
  }
  const selector = inputs[kind.kind];
  return typeof selector !== "object" || holdsUnknown(selector) ? [] : kind.problems(inputs);
}
