/** What is wanted of a claim: nothing in XML, since no device is defined by it. Pure. */

import type { PassthroughDeviceInputs } from "../../../schema/passthrough-device";
import type { Desired } from "../../reconcile/desired";
import { element } from "../../reconcile/desired";

/** `found`: the address of the device that the program means, as it is now; the claim is to be on that one. */
export function toXml({ wholeGroup }: PassthroughDeviceInputs, found: string | undefined): Desired {
  return {
    document: element("device", "", {}, []),
    settings: { ...(found === undefined ? {} : { pci: found }), wholeGroup: wholeGroup ?? false },
  };
}
