/** Guests. What differs is the planner's business; here is only how a guest is seen, made, changed and removed. */

import { guest as schema, type GuestInputs } from "../../../schema/guest";
import { dependantsOf } from "../../../schema/walk";
import { addressesOf } from "../../libvirt/device-users";
import { devicesIn } from "../../libvirt/devices";
import { inputsOf } from "../reading/inputs-of";
import { devicesGiven, devicesOf } from "../once";
import { placesOf } from "../passthrough-device/places";
import type { Resource } from "../resource";
import { apply } from "./apply";
import { create } from "./create";
import { derive } from "./derive";
import { impact } from "./impact";
import { inputsUnderKeysOf, observedUnderKeysOf } from "./keys";
import { objections } from "./objections";
import { desired, observe, pending, split } from "./observe";
import { problems } from "./problems";
import { remove } from "./remove";
import { waitFor } from "./wait";

export const guest: Resource<GuestInputs> = {
  kind: "guest",
  schema,
  recreatable: true,
  onOneHost: true,
  host: (inputs) => inputs.host,
  derive,
  problems,
  desired,
  inputsOf: (seen, host) => inputsOf(guest, seen, host),
  wholes: (document) => devicesIn(document).flatMap(addressesOf),
  split,
  dependants: dependantsOf(schema),
  objections,
  once: async (host, inputs) => {
    const places = await placesOf(
      host,
      devicesGiven(inputs).map(({ device }) => device),
    );
    return devicesOf(inputs, (device) => places.get(device));
  },
  underKeysOf: { inputs: inputsUnderKeysOf, observed: observedUnderKeysOf },
  impact,
  pending,
  observe,
  waitFor,
  create,
  apply,
  remove,
};
