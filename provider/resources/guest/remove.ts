/** Removing a guest: shut down gracefully, then undefined. Its disks are not its own and stay. */

import type { GuestInputs } from "../../../schema/guest";
import { LibvirtError } from "../../libvirt/errors";
import { inventory } from "../../libvirt/inventory";
import { descend, textOf } from "../../reconcile/tree";
import { parseXml } from "../../libvirt/xml";
import type { ConnectedHost } from "../resource";
import { find } from "./observe";
import { defaultShutdownTimeoutSeconds, shutDown } from "./power";

export async function remove({ virsh }: ConnectedHost, inputs: GuestInputs): Promise<void> {
  const listed = find(await inventory(virsh).guests({ fresh: true }), inputs);
  if (listed === undefined) return;
  const { uuid, name } = listed;
  const [snapshotList, definition] = await virsh.runAll([
    { name: "snapshot-list", arguments: ["--name", uuid] },
    { name: "dumpxml", arguments: ["--inactive", uuid] },
  ]);
  if (snapshotList?.status !== "fulfilled") throw snapshotList?.reason;
  if (definition?.status !== "fulfilled") throw definition?.reason;
  const snapshots = snapshotList.value.split("\n").filter((line) => line.trim() !== "");
  if (snapshots.length > 0) {
    throw new LibvirtError(
      "InUse",
      `Unable to delete guest "${name}" on ${inputs.host.uri}: it has snapshots (${snapshots.slice(0, 5).join(", ")}), which hold data. Nothing was changed.`,
      "Delete the snapshots first (virsh snapshot-delete), then run this again.",
    );
  }
  if (listed.active) {
    await shutDown(virsh, uuid, name, {
      timeoutSeconds: inputs.shutdownTimeoutSeconds ?? defaultShutdownTimeoutSeconds,
      force: true,
    });
  }
  const nvram = textOf(descend(parseXml(definition.value), "os", "nvram"));
  // Variables in a file that is not named after this UUID may be those of another guest of the same name.
  const keep = nvram !== "" && !nvram.includes(uuid);
  await virsh.run("undefine", [uuid, "--managed-save", keep ? "--keep-nvram" : "--nvram"], { lane: "work" });
  inventory(virsh).forget();
}
