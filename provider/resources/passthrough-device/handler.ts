/**
 * Devices of the host that are claimed for guests. The claim is the same for all of them; what a device is, what is done to
 * it when it is claimed and what is undone afterwards is said by its kind.
 */

import { passthroughDevice as schema, type PassthroughDeviceInputs } from "../../../schema/passthrough-device";
import { type Claim, removeClaim, writeClaim } from "../../libvirt/claim";
import { inventory } from "../../libvirt/inventory";
import type { Plan } from "../../reconcile/plan";
import { fateOf } from "../ownership";
import { claimOf } from "../once";
import { inputsOf } from "../reading/inputs-of";
import { derivedUuid, ownerOf } from "../recorded-identity";
import type { ConnectedHost, Fate, Identity, Operation, Resource } from "../resource";
import type { ObservedClaim, Taking } from "./kind";
import { kindOf, kindOfClaim } from "./kinds";
import { putAside } from "./moved-claims";
import { objections } from "./objections";
import { placesOf } from "./places";
import { observe, settings } from "./observe";
import { problems } from "./problems";
import { toXml } from "./xml";

export const passthroughDevice: Resource<PassthroughDeviceInputs> = {
  kind: "passthrough device",
  schema,
  recreatable: true,
  host: (inputs) => inputs.host,
  derive,
  problems,
  desired: (inputs, _host, observed) => toXml(inputs, observed as ObservedClaim | undefined),
  settings: (inputs, observed) => settings(inputs, observed as ObservedClaim),
  inputsOf: (seen, host) => inputsOf(passthroughDevice, seen, host),
  dependants: () => [],
  objections,
  once: async (host, inputs) => {
    const places = await placesOf(host, [inputs]);
    return claimOf(inputs, () => places.get(inputs));
  },
  impact: (change, inputs) => kindOf(inputs).impact(change),
  observe,
  create,
  apply,
  remove,
};

function derive(
  inputs: PassthroughDeviceInputs,
  old: Partial<PassthroughDeviceInputs> | undefined,
  identity: Identity,
): PassthroughDeviceInputs {
  const uuid = inputs.uuid ?? old?.uuid ?? derivedUuid(inputs.host, identity);
  return { ...inputs, ...(uuid === undefined ? {} : { uuid }) };
}

async function create(host: ConnectedHost, inputs: PassthroughDeviceInputs, { creation }: Operation): Promise<void> {
  const taking = await kindOf(inputs).claim(host, inputs);
  await carryOut(host, { uuid: inputs.uuid ?? "", owner: ownerOf(inputs.host) ?? "", creation }, taking);
}

async function apply(
  host: ConnectedHost,
  inputs: PassthroughDeviceInputs,
  observed: ObservedClaim,
  plan: Plan,
  operation: Operation,
): Promise<void> {
  const kind = kindOf(inputs);
  const { claim } = observed;
  const identity = {
    ...claim,
    owner: ownerOf(inputs.host) ?? "",
    creation: operation.creation ?? claim.creation,
  };
  await kind.letGo?.(host, inputs, observed, plan);
  const taking = await kind.renew(host, inputs, observed, plan);
  // libvirt lets no secret move to another usage.
  if (taking.parts.path !== claim.path) await removeClaim(host.virsh, claim);
  await carryOut(host, identity, taking);
}

async function carryOut(
  { virsh }: ConnectedHost,
  identity: Pick<Claim, "uuid" | "owner" | "creation">,
  { parts, take }: Taking,
): Promise<void> {
  const claim: Claim = { ...identity, ...parts, state: "unfinished" };
  await putAside(virsh, claim);
  await writeClaim(virsh, claim);
  await take();
  await writeClaim(virsh, { ...claim, state: "finished" });
}

async function remove(host: ConnectedHost, inputs: PassthroughDeviceInputs, operation: Operation): Promise<Fate> {
  const { virsh } = host;
  inventory(virsh).forget();
  const observed = await observe(host, inputs);
  if (observed === undefined || observed.ownership === "others") return "remove";
  const { claim, claimed } = observed;
  const fate = fateOf(claim, {}, inputs.host, { kind: "passthrough device", name: claimed }, operation.creation);
  if (fate !== "remove") return fate;
  await kindOfClaim(claim)?.giveBack(host, claim);
  await removeClaim(virsh, claim);
  return fate;
}
