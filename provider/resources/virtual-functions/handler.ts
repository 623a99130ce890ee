/**
 * Devices of the host that are divided into virtual functions (SR-IOV). libvirt has no words for it: the kernel's files and
 * `ip` on the host do it, and a claim says whose it is, and how it was before.
 */

import { virtualFunctions as schema, type VirtualFunctionsInputs } from "../../../schema/virtual-functions";
import { holdsUnknown } from "../../../schema/unknown";
import { type Claim, removeClaim, writeClaim } from "../../libvirt/claim";
import { LibvirtError } from "../../libvirt/errors";
import { inventory } from "../../libvirt/inventory";
import type { Virsh } from "../../libvirt/virsh";
import type { Change, Plan } from "../../reconcile/plan";
import { appliedText } from "../applied";
import { fateOf } from "../ownership";
import { dividedOf } from "../once";
import { findDevice, identityOf } from "../passthrough-device/find";
import { inputsOf } from "../reading/inputs-of";
import { derivedUuid, ownerOf } from "../recorded-identity";
import type { ConnectedHost, Fate, Identity, Impact, Once, Operation, Resource } from "../resource";
import { bringAbout, changeCount, functionsToSet, removeRule } from "./change";
import { claimPath } from "./claim-path";
import { objections } from "./objections";
import { formerOf, lookAround, type Meant, meantBy, observe, type ObservedFunctions, settings } from "./observe";
import { problems } from "./problems";
import { shellOf } from "./sight";
import { toXml } from "./xml";

export const virtualFunctions: Resource<VirtualFunctionsInputs> = {
  kind: "virtual functions",
  schema,
  recreatable: true,
  host: (inputs) => inputs.host,
  derive,
  problems,
  desired: (inputs, _host, observed) =>
    toXml(inputs, observed && addressMeant(meantBy(inputs, observed as ObservedFunctions))),
  settings: (inputs, observed) => settings(inputs, observed as ObservedFunctions),
  inputsOf: (seen, host) => inputsOf(virtualFunctions, seen, host),
  dependants: () => [],
  objections,
  once,
  impact,
  observe,
  create,
  apply,
  remove,
};

function derive(
  inputs: VirtualFunctionsInputs,
  old: Partial<VirtualFunctionsInputs> | undefined,
  identity: Identity,
): VirtualFunctionsInputs {
  const uuid = inputs.uuid ?? old?.uuid ?? derivedUuid(inputs.host, identity);
  const { up = true, persistent = false } = inputs;
  return { ...inputs, ...(uuid === undefined ? {} : { uuid }), up, persistent };
}

/** The card is the host's own, so that the name of its interface tells it for certain. */
async function once({ virsh, profile }: ConnectedHost, inputs: VirtualFunctionsInputs): Promise<readonly Once[]> {
  if (holdsUnknown(inputs.pci) || !profile.isMachine) return [];
  const search = findDevice(inputs, await inventory(virsh).devices());
  return dividedOf(inputs, () => ("device" in search ? search.device.address : undefined));
}

function addressMeant(meant: ReturnType<typeof meantBy>): string | null {
  return "none" in meant ? null : meant.device.address;
}

function impact({ path, from }: Change): Impact {
  if (path === "pci") return { class: "live", note: "the device has another address now" };
  if (path === "count" && from !== undefined && from !== "0")
    return { class: "live", note: "all of them are away for a moment" };
  return { class: "live" };
}

async function create({ virsh }: ConnectedHost, inputs: VirtualFunctionsInputs, operation: Operation): Promise<void> {
  const meant = mustBeThere(virsh, meantBy(inputs, await lookAround(virsh)));
  await settle(virsh, inputs, meant, newClaim(inputs, meant, operation), inputs.functions ?? {});
}

async function apply(
  { virsh }: ConnectedHost,
  inputs: VirtualFunctionsInputs,
  observed: ObservedFunctions,
  plan: Plan,
  operation: Operation,
): Promise<void> {
  const meant = mustBeThere(virsh, meantBy(inputs, observed));
  const functions = functionsToSet(inputs.functions, plan.settings);
  const isSame = observed.claim.path === claimPath(meant.device.address);
  // libvirt lets no secret move to another usage.
  if (!isSame) await giveBack(virsh, inputs, observed);
  const { before } = isSame ? observed.claim : newClaim(inputs, meant, operation);
  const claim = { ...newClaim(inputs, meant, operation), uuid: observed.claim.uuid, before };
  await settle(virsh, inputs, meant, { ...claim, creation: operation.creation ?? observed.claim.creation }, functions);
}

/** `functions`: what is wanted of them, and what goes back because it is no more. */
async function settle(
  virsh: Virsh,
  inputs: VirtualFunctionsInputs,
  meant: Meant,
  claim: Claim,
  functions: NonNullable<VirtualFunctionsInputs["functions"]>,
): Promise<void> {
  // Before anything is changed: whoever comes after us knows what there was, and what may have been set by now.
  await writeClaim(virsh, { ...claim, state: "unfinished", applied: appliedText(schema, { ...inputs, functions }) });
  await bringAbout(virsh, ownerOf(inputs.host), inputs, functions, meant);
  await writeClaim(virsh, { ...claim, state: "finished", applied: appliedText(schema, inputs) });
}

function newClaim(inputs: VirtualFunctionsInputs, { device, sight }: Meant, { creation }: Operation): Claim {
  return {
    uuid: inputs.uuid ?? "",
    owner: ownerOf(inputs.host) ?? "",
    state: "unfinished",
    creation,
    stamp: identityOf(device),
    before: String(sight.count),
    path: claimPath(device.address),
  };
}

async function remove(host: ConnectedHost, inputs: VirtualFunctionsInputs, operation: Operation): Promise<Fate> {
  const { virsh } = host;
  inventory(virsh).forget();
  const observed = await observe(host, inputs);
  if (observed === undefined || observed.ownership === "others") return "remove";
  const { claim } = observed;
  const name = observed.claimed ?? "";
  const fate = fateOf(claim, {}, inputs.host, { kind: "virtual functions", name }, operation.creation);
  if (fate === "remove") await giveBack(virsh, inputs, observed);
  return fate;
}

/** The device has the number of virtual functions that it had before us; its interface stays up, which may be needed by now. */
async function giveBack(virsh: Virsh, inputs: VirtualFunctionsInputs, observed: ObservedFunctions): Promise<void> {
  const { claim, claimed = "", look } = observed;
  const former = formerOf(observed);
  const to = Number(claim.before ?? Number.NaN);
  if (former !== undefined && !Number.isNaN(to) && former.sight.count !== to)
    await changeCount(virsh, ownerOf(inputs.host), { ...former, to });
  await removeRule(await shellOf(virsh), look.sights.get(claimed) ?? { rule: undefined }, claimed);
  await removeClaim(virsh, claim);
}

function mustBeThere(virsh: Virsh, meant: ReturnType<typeof meantBy>): Meant {
  if (!("none" in meant)) return meant;
  throw new LibvirtError("Gone", `Unable to divide a device on ${virsh.uri}: ${meant.none}`);
}
