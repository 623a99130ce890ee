/** Networks. One that guests use is stopped under them only where that was said, and they are connected again. */

import { network as schema, type NetworkInputs } from "../../../schema/network";
import { dependantsOf } from "../../../schema/walk";
import { LibvirtError } from "../../libvirt/errors";
import { functionsNamed } from "../../libvirt/function-networks";
import { inventory } from "../../libvirt/inventory";
import { readMark } from "../../libvirt/mark";
import { instantiate } from "../../reconcile/desired";
import { derivedUuid } from "../recorded-identity";
import { powerOf } from "../power-defaults";
import { alreadyExists, fateOf } from "../ownership";
import { inputsOf } from "../reading/inputs-of";
import type { ConnectedHost, Fate, Identity, Operation, Resource } from "../resource";
import { apply, startUnder } from "./apply";
import { nicsOn, namesOf } from "./nics";
import { define, markFinished, release } from "./define";
import { impact } from "./impact";
import { definition, find, observe, placeOf, runningXml } from "./observe";
import { settings } from "./lag";
import { objections } from "./objections";
import { problems } from "./problems";
import { spelled } from "./spelling";
import { toXml } from "./xml";

export const network: Resource<NetworkInputs> = {
  kind: "network",
  schema,
  recreatable: true,
  host: (inputs) => inputs.host,
  derive,
  problems,
  desired: (inputs, _host, observed) => toXml(inputs, observed?.document),
  inputsOf: (seen, host) => inputsOf(network, seen, host),
  wholes: functionsNamed,
  settings,
  dependants: dependantsOf(schema),
  objections,
  impact,
  observe,
  create,
  apply,
  remove,
};

function derive(inputs: NetworkInputs, old: Partial<NetworkInputs> | undefined, identity: Identity): NetworkInputs {
  // An adopted one keeps the UUID that it has, also when the program no longer says that it was adopted.
  const keeps = inputs.adopt === true || (old !== undefined && old.uuid === undefined);
  const uuid = inputs.uuid ?? old?.uuid ?? (keeps ? undefined : derivedUuid(inputs.host, identity));
  return {
    ...spelled(inputs),
    name: inputs.name ?? old?.name ?? identity.resourceName,
    ...(uuid === undefined ? {} : { uuid }),
    ...powerOf(inputs, true, old),
  };
}

async function create(host: ConnectedHost, inputs: NetworkInputs, { creation }: Operation): Promise<void> {
  const { virsh, facts } = host;
  if (facts.session && (inputs.running ?? true)) {
    throw new LibvirtError(
      "Unsupported",
      `Unable to start network "${inputs.name}" on ${inputs.host.uri}: a user's session daemon may not make bridges. Nothing was created.`,
      "Use the system daemon, or give the guests user-mode NICs (nics: { lan: { user: true } }).",
    );
  }
  const all = await inventory(virsh).networks({ fresh: true });
  if (all.some((each) => each.name === inputs.name)) throw alreadyExists("network", inputs.name ?? "", inputs.host.uri);
  const mark = { adopted: false, creation };
  await define(host, inputs, instantiate(toXml(inputs).document), { ...mark, state: "unfinished" });
  const uuid = inputs.uuid ?? "";
  if (inputs.autostart ?? true) await virsh.run("net-autostart", [uuid], { lane: "work" });
  if (inputs.running ?? true) {
    const defined = await observe(host, inputs);
    // Guests that ran on it when somebody removed it have NICs on a bridge that is gone.
    if (defined !== undefined) await startUnder(host, inputs, defined);
  }
  await markFinished(host, uuid, inputs, mark);
}

async function remove(host: ConnectedHost, inputs: NetworkInputs, { creation }: Operation): Promise<Fate> {
  const { virsh } = host;
  const listed = find(await inventory(virsh).networks({ fresh: true }), inputs);
  if (listed === undefined) return "remove";
  const held = await definition(virsh, listed);
  const fate = fateOf(readMark(held), inputs, inputs.host, { kind: "network", name: listed.name }, creation);
  if (fate === "release") await release(host, held);
  if (fate !== "remove") return fate;
  const document = await (listed.active ? runningXml(virsh, listed) : held);
  const users = namesOf(await nicsOn(virsh, await placeOf(virsh, listed, document), { fresh: true }));
  if (users.length > 0) {
    throw new LibvirtError(
      "InUse",
      `Unable to delete network "${listed.name}" on ${inputs.host.uri}: guests use it (${users.join(", ")}). Nothing was changed.`,
      "Delete those guests or move them to another network first.",
    );
  }
  if (listed.active) await virsh.run("net-destroy", [listed.uuid], { lane: "work" });
  await virsh.run("net-undefine", [listed.uuid], { lane: "work" });
  inventory(virsh).forget();
  return fate;
}
