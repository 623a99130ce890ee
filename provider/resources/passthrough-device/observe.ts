/** What there is of a claim on a device of the host: the claim itself, the device, and what goes with it. */

import type { PassthroughDeviceInputs } from "../../../schema/passthrough-device";
import { claimOfUuid } from "../../libvirt/claim";
import { inventory } from "../../libvirt/inventory";
import type { Settings } from "../../reconcile/desired";
import type { Element } from "../../reconcile/tree";
import { ownershipOf } from "../ownership";
import type { ConnectedHost } from "../resource";
import type { ObservedClaim, There } from "./kind";
import { kindOf, kindOfClaim } from "./kinds";

export async function observe(
  host: ConnectedHost,
  inputs: PassthroughDeviceInputs,
  recorded: PassthroughDeviceInputs = inputs,
): Promise<ObservedClaim | undefined> {
  const { virsh } = host;
  // Another's claim on the device is none of ours: it is objected to.
  const claim = inputs.uuid === undefined ? undefined : await claimOfUuid(virsh, inputs.uuid);
  if (claim === undefined) return undefined;
  const kind = kindOf(inputs);
  const devices = await inventory(virsh).devices();
  const claimed = claim.path.slice(claim.path.indexOf("/") + 1);
  const beside = (await kind.look?.(host, inputs, devices)) ?? {};
  const there: There = { claim, claimed, devices, sought: recorded, beside };
  return {
    ...there,
    id: claim.uuid,
    document: nothing,
    settings: settings(inputs, there),
    ownership: ownershipOf(claim, inputs.host, recorded.host),
    adopted: false,
    creation: claim.creation,
    release: `virsh secret-undefine ${claim.uuid}`,
    facts: kind.facts(inputs, there),
  };
}

/** What a claim on a device of another kind says is nothing of what is wanted now. Pure. */
export function settings(inputs: PassthroughDeviceInputs, there: There): Settings {
  const kind = kindOf(inputs);
  return kindOfClaim(there.claim) === kind ? kind.settings(inputs, there) : {};
}

const nothing: Element = { name: "device", attributes: {}, children: [] };
