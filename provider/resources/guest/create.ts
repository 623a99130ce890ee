/** Making a guest: defined whole, then started, then marked as finished. Each step can be found again after a crash. */

import { guest as schema, type GuestInputs } from "../../../schema/guest";
import { inventory } from "../../libvirt/inventory";
import { withMark } from "../../libvirt/mark";
import { instantiate } from "../../reconcile/desired";
import { appliedText } from "../applied";
import { ownerOf } from "../recorded-identity";
import { alreadyExists } from "../ownership";
import type { ConnectedHost, Operation } from "../resource";
import { define, definitionOf, redefine, setAutostart } from "./define";
import { desired } from "./observe";
import { start } from "./start-stop";

export async function create(host: ConnectedHost, inputs: GuestInputs, { creation }: Operation): Promise<void> {
  const { virsh } = host;
  const namesake = (await inventory(virsh).guests()).find((guest) => guest.name === inputs.name);
  if (namesake !== undefined) throw alreadyExists("guest", inputs.name ?? "", inputs.host.uri);
  const { document: wanted } = desired(inputs, host);
  const mark = { owner: ownerOf(inputs.host) ?? "", creation };
  const document = instantiate(wanted);
  const uuid = inputs.uuid ?? "";
  const { autostart = false, running = true } = inputs;
  // Where nothing follows the definition, it is the whole creation.
  const applied = appliedText(schema, inputs);
  const first = withMark(document, { ...mark, applied, state: autostart || running ? "unfinished" : "finished" });
  await define(host, first, running);
  if (!autostart && !running) return;
  if (autostart) await setAutostart(host, uuid, true);
  if (running) await start(host, uuid);
  // What libvirt made of it, with the mark as the only change: a MAC address that it chose would be another one otherwise.
  await redefine(host, withMark(await definitionOf(host, uuid), { ...mark, state: "finished" }));
}
