/**
 * Devices of the host that are claimed for guests. libvirt binds a guest's device to vfio-pci when the guest gets it, and
 * gives it back afterwards (`managed`); what shares its IOMMU group is ours to bind, and to give back.
 */

import { passthroughDevice as schema, type PassthroughDeviceInputs } from "../../../schema/passthrough-device";
import { type Claim, removeClaim, writeClaim } from "../../libvirt/claim";
import { LibvirtError } from "../../libvirt/errors";
import { inventory } from "../../libvirt/inventory";
import type { Change, Plan } from "../../reconcile/plan";
import { fateOf } from "../ownership";
import { inputsOf } from "../reading/inputs-of";
import { derivedUuid, ownerOf } from "../recorded-identity";
import type { ConnectedHost, Fate, Identity, Impact, Operation, Resource } from "../resource";
import { claimPath } from "./claim-path";
import { companionsOf, findDevice, identityOf } from "./find";
import { bind, giveBack, heldByOthers, heldIn, refuseWhileUsed, textOfHeld } from "./group";
import { objections } from "./objections";
import { meantBy, observe, type ObservedClaim, settings } from "./observe";
import { problems } from "./problems";
import { toXml } from "./xml";

export const passthroughDevice: Resource<PassthroughDeviceInputs> = {
  kind: "passthrough device",
  schema,
  recreatable: true,
  host: (inputs) => inputs.host,
  derive,
  problems,
  desired: (inputs, _host, observed) =>
    toXml(inputs, observed && meantBy(inputs, observed as ObservedClaim).device?.address),
  settings: (inputs, observed) => settings(inputs, observed as ObservedClaim),
  inputsOf: (seen, host) => inputsOf(passthroughDevice, seen, host),
  dependants: () => [],
  objections,
  impact,
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

function impact({ path }: Change): Impact {
  return path === "pci" ? { class: "live", note: "the device has another address now" } : { class: "live" };
}

async function create(host: ConnectedHost, inputs: PassthroughDeviceInputs, { creation }: Operation): Promise<void> {
  const { virsh } = host;
  const devices = await inventory(virsh).devices({ fresh: true });
  const search = findDevice(inputs, devices);
  if ("none" in search) throw new LibvirtError("Gone", `Unable to claim a device on ${virsh.uri}: ${search.none}`);
  const { device } = search;
  const companions = inputs.wholeGroup === true ? companionsOf(device, devices) : [];
  const claim: Claim = {
    uuid: inputs.uuid ?? "",
    owner: ownerOf(inputs.host) ?? "",
    state: "unfinished",
    creation,
    stamp: identityOf(device),
    // Before any of them is moved: whoever comes after us gives them back.
    drivers: textOfHeld(companions, await heldByOthers(virsh, inputs.uuid)),
    path: claimPath(device.address),
  };
  await writeClaim(virsh, claim);
  await bind(virsh, companions);
  await writeClaim(virsh, { ...claim, state: "finished" });
}

async function apply(
  { virsh }: ConnectedHost,
  inputs: PassthroughDeviceInputs,
  observed: ObservedClaim,
  plan: Plan,
  operation: Operation,
): Promise<void> {
  const { claim } = observed;
  const { device, companions } = meantBy(inputs, observed);
  const path = plan.settings.pci === undefined ? claim.path : claimPath(String(plan.settings.pci));
  // What was held for a device that has moved, or is wanted no more, goes back.
  const isLet = claim.drivers !== undefined && (plan.settings.wholeGroup === false || path !== claim.path);
  if (isLet) {
    await refuseWhileUsed(virsh, claim, false);
    await giveBack(virsh, claim);
  }
  const bound = inputs.wholeGroup === true && device !== undefined ? companions : [];
  const before = isLet ? [] : [heldIn(claim.drivers)];
  const next: Claim = {
    ...claim,
    owner: ownerOf(inputs.host) ?? "",
    creation: operation.creation ?? claim.creation,
    state: "unfinished",
    ...(device === undefined ? {} : { stamp: identityOf(device) }),
    drivers: textOfHeld(bound, ...before, await heldByOthers(virsh, claim.uuid)),
    path,
  };
  // libvirt lets no secret move to another usage.
  if (path !== claim.path) await removeClaim(virsh, claim);
  await writeClaim(virsh, next);
  await bind(virsh, bound);
  await writeClaim(virsh, { ...next, state: "finished" });
}

async function remove(host: ConnectedHost, inputs: PassthroughDeviceInputs, operation: Operation): Promise<Fate> {
  const { virsh } = host;
  inventory(virsh).forget();
  const observed = await observe(host, inputs);
  if (observed === undefined || observed.ownership === "others") return "remove";
  const { claim, claimed } = observed;
  const fate = fateOf(claim, {}, inputs.host, { kind: "passthrough device", name: claimed }, operation.creation);
  if (fate !== "remove") return fate;
  await refuseWhileUsed(virsh, claim, true);
  await giveBack(virsh, claim);
  await removeClaim(virsh, claim);
  return fate;
}
