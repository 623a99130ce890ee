/** What is wanted of a claim: nothing in XML, since no device is defined by it. Pure. */

import type { PassthroughDeviceInputs } from "../../../schema/passthrough-device";
import type { Desired } from "../../reconcile/desired";
import { element } from "../../reconcile/desired";
import type { There } from "./kind";
import { kindOf } from "./kinds";

export function toXml(inputs: PassthroughDeviceInputs, there: There | undefined): Desired {
  return { document: element("device", "", {}, []), settings: kindOf(inputs).desired(inputs, there) };
}
