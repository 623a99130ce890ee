/** Removing a guest: shut down gracefully, then undefined. Its disks are not its own and stay. */

import type { GuestInputs } from "../../../schema/guest";
import { LibvirtError } from "../../libvirt/errors";
import { inventory } from "../../libvirt/inventory";
import { markNamespace, readMark } from "../../libvirt/mark";
import { stateRules } from "../../libvirt/states";
import type { Virsh } from "../../libvirt/virsh";
import { descend, type Element, firstElement, textOf } from "../../reconcile/tree";
import { parseXml } from "../../libvirt/xml";
import { fateOf } from "../ownership";
import type { ConnectedHost, Fate, Operation } from "../resource";
import { isListed, shutDown, shutdownOptions, stateTold } from "./start-stop";

export async function remove(host: ConnectedHost, inputs: GuestInputs, operation: Operation): Promise<Fate> {
  const { virsh } = host;
  const found = await lookAt(host, inputs);
  if (found === undefined) return "remove";
  const { uuid, name, definition, isActive } = found;
  const fate = fateOf(readMark(definition), inputs, inputs.host, { kind: "guest", name }, operation.creation);
  if (fate === "leave") return fate;
  if (fate === "release") {
    // What was there before us stays as it is, and goes on running.
    const scope = isActive ? ["--config", "--live"] : ["--config"];
    await virsh.run("metadata", [uuid, markNamespace, "--remove", ...scope], { lane: "work" });
    return fate;
  }
  if (isActive) {
    // What undefine would refuse is refused before the guest is shut down.
    await refuseHolding(virsh, inputs, found);
    await shutDown(host, { uuid, name }, shutdownOptions(inputs), operation);
  }
  const nvram = textOf(descend(definition, "os", "nvram"));
  // Variables in a file that is not named after this UUID may be those of another guest of the same name.
  const keep = nvram !== "" && !nvram.includes(uuid);
  try {
    await virsh.run("undefine", [uuid, "--managed-save", keep ? "--keep-nvram" : "--nvram"], { lane: "work" });
  } catch (error) {
    if (error instanceof LibvirtError && error.kind === "Unreachable") throw error;
    // A guest without a definition (transient) is gone when it is off.
    if (!(await isListed(virsh, uuid))) return fate;
    await refuseHolding(virsh, inputs, found);
    throw error;
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
}

/**
 * The guest as it is; undefined where the host does not list it. It is asked by itself: a listing stands still behind each
 * guest that is being destroyed, and many are removed at once.
 */
async function lookAt(host: ConnectedHost, { uuid = "" }: GuestInputs): Promise<Found | undefined> {
  const { virsh } = host;
  const [definition, state] = await virsh.runAll([
    { name: "dumpxml", arguments: ["--inactive", uuid] },
    { name: "domstate", arguments: [uuid, "--reason"] },
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
    isActive: stateRules[await stateTold(host, uuid, state.value)].active,
  };
}

/**
 * Snapshots and checkpoints hold data. Of a guest that is off libvirt refuses by itself to undefine it then, in the very
 * moment; what it refuses for is asked only for the message (virDomainUndefineFlags).
 */
async function refuseHolding(virsh: Virsh, inputs: GuestInputs, { uuid, name }: Found): Promise<void> {
  const kinds = ["snapshot", "checkpoint"] as const;
  const listings = await virsh.runAll(kinds.map((kind) => ({ name: `${kind}-list`, arguments: ["--name", uuid] })));
  for (const [index, kind] of kinds.entries()) {
    const held = namesIn(listings[index]);
    if (held.length === 0) continue;
    throw new LibvirtError(
      "InUse",
      `Unable to delete guest "${name}" on ${inputs.host.uri}: it has ${kind}s (${held.slice(0, 5).join(", ")}), which hold data. Nothing was changed.`,
      `Delete the ${kind}s first (virsh ${kind}-delete), then run this again.`,
    );
  }
}

/** The names in a listing. */
function namesIn(answer: PromiseSettledResult<string> | undefined): string[] {
  if (answer?.status === "fulfilled") return answer.value.split("\n").filter((line) => line.trim() !== "");
  throw answer?.reason;
}
