/** Removing a guest: shut down gracefully, then undefined. Its disks are not its own and stay. */

import type { GuestInputs } from "../../../schema/guest";
import { LibvirtError } from "../../libvirt/errors";
import { inventory } from "../../libvirt/inventory";
import { markNamespace, readMark } from "../../libvirt/mark";
import { descend, textOf } from "../../reconcile/tree";
import { parseXml } from "../../libvirt/xml";
import { fateOf } from "../ownership";
import type { ConnectedHost, Operation } from "../resource";
import { find } from "./observe";
import { shutDown, shutdownOptions } from "./power";

export async function remove({ virsh }: ConnectedHost, inputs: GuestInputs, operation: Operation): Promise<void> {
  const listed = find(await inventory(virsh).guests({ fresh: true }), inputs);
  if (listed === undefined) return;
  const { uuid, name } = listed;
  const [snapshots, checkpoints, definition] = await virsh.runAll([
    { name: "snapshot-list", arguments: ["--name", uuid] },
    { name: "checkpoint-list", arguments: ["--name", uuid] },
    { name: "dumpxml", arguments: ["--inactive", uuid] },
  ]);
  if (definition?.status !== "fulfilled") throw definition?.reason;
  const mark = readMark(parseXml(definition.value, `the XML of guest "${name}"`));
  if (fateOf(mark, inputs, inputs.host, { kind: "guest", name }) === "release") {
    // What was there before us stays as it is, and goes on running.
    const scope = listed.active ? ["--config", "--live"] : ["--config"];
    await virsh.run("metadata", [uuid, markNamespace, "--remove", ...scope], { lane: "work" });
    return;
  }
  // What undefine would refuse is refused before the guest is shut down.
  refuseHolding(inputs, name, "snapshot", namesIn(snapshots));
  refuseHolding(inputs, name, "checkpoint", namesIn(checkpoints));
  if (listed.active) await shutDown(virsh, { uuid, name }, shutdownOptions(inputs), operation);
  const nvram = textOf(descend(parseXml(definition.value), "os", "nvram"));
  // Variables in a file that is not named after this UUID may be those of another guest of the same name.
  const keep = nvram !== "" && !nvram.includes(uuid);
  try {
    await virsh.run("undefine", [uuid, "--managed-save", keep ? "--keep-nvram" : "--nvram"], { lane: "work" });
  } catch (error) {
    if (error instanceof LibvirtError && error.kind === "Unreachable") throw error;
    // A guest without a definition (transient) is gone when it is off.
    if ((await inventory(virsh).guests({ fresh: true })).some((guest) => guest.uuid === uuid)) throw error;
  } finally {
    inventory(virsh).forget();
  }
}

function refuseHolding(inputs: GuestInputs, name: string, what: string, held: readonly string[]): void {
  if (held.length === 0) return;
  throw new LibvirtError(
    "InUse",
    `Unable to delete guest "${name}" on ${inputs.host.uri}: it has ${what}s (${held.slice(0, 5).join(", ")}), which hold data. Nothing was changed.`,
    `Delete the ${what}s first (virsh ${what}-delete), then run this again.`,
  );
}

/** The names in a listing. A hypervisor that knows no such thing has none of it. */
function namesIn(answer: PromiseSettledResult<string> | undefined): string[] {
  if (answer?.status === "fulfilled") return answer.value.split("\n").filter((line) => line.trim() !== "");
  if (answer?.reason instanceof LibvirtError && answer.reason.kind === "Unsupported") return [];
  throw answer?.reason;
}
