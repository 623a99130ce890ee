/** Why a device of the host cannot be claimed, as far as the host can tell now. */

import type { PassthroughDeviceInputs } from "../../../schema/passthrough-device";
import { holdsUnknown } from "../../../schema/unknown";
import type { ConnectedHost, Objection } from "../resource";
import type { ObservedClaim } from "./kind";
import { kindOf, kindOfClaim } from "./kinds";
import { lackOnHost } from "./rights";

export async function objections(
  host: ConnectedHost,
  inputs: PassthroughDeviceInputs,
  observed: ObservedClaim | undefined,
): Promise<readonly Objection[]> {
  const kind = kindOf(inputs);
  if (holdsUnknown([inputs.host, inputs[kind.kind]])) return [];
  const { inWords, isMachine } = host.profile;
  if (!isMachine) return [{ path: "host", reason: `${inWords} has no devices to pass on.` }];
  const held = observed && kindOfClaim(observed.claim);
  if (held !== undefined && held !== kind) {
    // Its guest comes after it, and so would have the former one still.
    const reason = `this resource has claimed ${observed?.claim.path}, a device of another kind. Give the new claim a name of its own, and the guests that one.`;
    return [{ path: kind.kind, reason }];
  }
  const lack = lackOnHost(host, kind.kind);
  if (lack !== undefined) return [{ path: kind.kind, reason: lack }];
  return kind.objections(host, inputs, observed);
}
