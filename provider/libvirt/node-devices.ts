/** The devices of a host that guests can have, and its network interfaces (libvirt.org/formatnode.html). */

import { LibvirtError } from "./errors";
import { type NodeDevice, nodeDeviceFrom } from "./node-device";
import type { Virsh } from "./virsh";

/** virsh's words; for what else there is (storage, SCSI hosts) nobody asks. */
const capabilities = "pci,net,usb_device,usb,mdev,mdev_types";

/** All of them at one moment. What goes while they are read is none of them. */
export async function nodeDevices(virsh: Virsh): Promise<readonly NodeDevice[]> {
  const names = await list(virsh);
  const answers = await virsh.runAll(names.map((name) => ({ name: "nodedev-dumpxml", arguments: [name] })));
  const failed = names.filter((_, index) => answers[index]?.status === "rejected");
  const still = new Set(failed.length === 0 ? [] : await list(virsh));
  return names.flatMap((name, index) => {
    const answer = answers[index];
    if (answer?.status === "fulfilled") return nodeDeviceFrom(answer.value) ?? [];
    const isLost = !(answer?.reason instanceof LibvirtError) || answer.reason.kind === "Unreachable";
    if (isLost || still.has(name)) throw answer?.reason;
    return [];
  });
}

async function list(virsh: Virsh): Promise<readonly string[]> {
  // Mediated devices that are defined are there only when they are started.
  const said = await virsh.run("nodedev-list", ["--cap", capabilities, "--all"]);
  return said.split("\n").flatMap((line) => line.trim() || []);
}
