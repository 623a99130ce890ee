/** Removing a guest: shut down gracefully, then undefined. Its disks are not its own and stay. */

import type { GuestInputs } from "../../../schema/guest";
import { LibvirtError } from "../../libvirt/errors";
import { inventory } from "../../libvirt/inventory";
import { markNamespace, readMark } from "../../libvirt/mark";
import { stateFromVirsh, stateRules } from "../../libvirt/states";
import type { Virsh } from "../../libvirt/virsh";
import { descend, type Element, firstElement, textOf } from "../../reconcile/tree";
import { parseXml } from "../../libvirt/xml";
import { fateOf } from "../ownership";
import type { ConnectedHost, Fate, Operation } from "../resource";
import { isListed, shutDown, shutdownOptions } from "./power";

export async function remove({ virsh }: ConnectedHost, inputs: GuestInputs, operation: Operation): Promise<Fate> {
  const found = await lookAt(virsh, inputs);
  if (found === undefined) return "remove";
  const { uuid, name, definition, isActive, snapshots, checkpoints } = found;
  const fate = fateOf(readMark(definition), inputs, inputs.host, { kind: "guest", name }, operation.creation);
  if (fate === "leave") return fate;
  if (fate === "release") {
    // What was there before us stays as it is, and goes on running.
    const scope = isActive ? ["--config", "--live"] : ["--config"];
    await virsh.run("metadata", [uuid, markNamespace, "--remove", ...scope], { lane: "work" });
    return fate;
  }
  // What undefine would refuse is refused before the guest is shut down.
  refuseHolding(inputs, name, "snapshot", snapshots);
  refuseHolding(inputs, name, "checkpoint", checkpoints);
  if (isActive) await shutDown(virsh, { uuid, name }, shutdownOptions(inputs), operation);
  const nvram = textOf(descend(definition, "os", "nvram"));
  // Variables in a file that is not named after this UUID may be those of another guest of the same name.
  const keep = nvram !== "" && !nvram.includes(uuid);
  try {
    await virsh.run("undefine", [uuid, "--managed-save", keep ? "--keep-nvram" : "--nvram"], { lane: "work" });
  } catch (error) {
    if (error instanceof LibvirtError && error.kind === "Unreachable") throw error;
    // A guest without a definition (transient) is gone when it is off.
    if (await isListed(virsh, uuid)) throw error;
  } finally {
    inventory(virsh).forget();
  }
  return fate;
}

interface Found {
  readonly uuid: string;
  readonly name: string;
  readonly definition: Element;
  readonly isActive: boolean;
  readonly snapshots: readonly string[];
  readonly checkpoints: readonly string[];
}

/**
 * The guest as it is; undefined where the host does not list it. It is asked by itself: a listing stands still behind each
 * guest that is being destroyed, and many are removed at once.
 */
async function lookAt(virsh: Virsh, { uuid = "" }: GuestInputs): Promise<Found | undefined> {
  const [definition, state, snapshots, checkpoints] = await virsh.runAll([
    { name: "dumpxml", arguments: ["--inactive", uuid] },
    { name: "domstate", arguments: [uuid] },
    { name: "snapshot-list", arguments: ["--name", uuid] },
    { name: "checkpoint-list", arguments: ["--name", uuid] },
  ]);
  if (definition?.status !== "fulfilled" || state?.status !== "fulfilled") {
    const reason: unknown =
      definition?.status === "rejected" ? definition.reason : (state as PromiseRejectedResult).reason;
    if (!(reason instanceof LibvirtError) || reason.kind === "Unreachable") throw reason;
    if (await isListed(virsh, uuid)) throw reason;
    return undefined;
  }
  const document = parseXml(definition.value, "the XML of a guest");
  return {
    uuid,
    name: textOf(firstElement(document, "name")),
    definition: document,
    isActive: stateRules[stateFromVirsh(state.value)].active,
    snapshots: namesIn(snapshots),
    checkpoints: namesIn(checkpoints),
  };
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
