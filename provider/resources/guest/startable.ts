/**
 * What a start needs and libvirt looks for at the start only: files and networks. A guest that runs is not shut down, nor
 * its saved image dropped, for a definition that lacks them; nor is one stopped under whose feet its image was removed. The
 * daemon itself is asked, whose files they are (decisions/nothing-in-vain.md).
 */

import { posix } from "node:path";
import { devicesIn } from "../../libvirt/devices";
import { missingFrom } from "../../libvirt/folder-look";
import { LibvirtError } from "../../libvirt/errors";
import { inventory } from "../../libvirt/inventory";
import { chainOf } from "../../libvirt/running-guests";
import { accessOf } from "../../libvirt/storage-users";
import type { Virsh } from "../../libvirt/virsh";
import { descend, type Element, firstElement, textOf } from "../../reconcile/tree";
import { pathOf } from "./devices/disk-image";

export interface Documents {
  readonly name: string;
  /** The definition that it is to be started with. */
  readonly next: Element;
  /** What runs now. */
  readonly live: Element | undefined;
}

/** Throws where a file or a network that the next start needs is surely not there. */
export async function refuseToStopInVain(virsh: Virsh, { name, next, live }: Documents): Promise<void> {
  const beneath = new Map(disksOf(live).map((disk) => [pathOf(disk), chainOf(disk)]));
  const disks = disksOf(next).filter((disk) => !mayBeMissing(disk));
  const files = disks.map(pathOf).flatMap((path) => [path, ...(beneath.get(path) ?? [])]);
  const system = ["kernel", "initrd", "dtb", "loader"].map((part) => textOf(descend(next, "os", part)));
  const [lost, stopped] = await Promise.all([missing(virsh, [...system, ...files]), networksThatDoNotRun(virsh, next)]);
  const reasons = [
    ...lost.map((path) => `there is no ${path} on the host`),
    ...stopped.map((network) => `the network "${network}" does not run`),
  ];
  if (reasons.length === 0) return;
  throw new LibvirtError(
    "Refused",
    `Unable to start guest "${name}" on ${virsh.uri} again: ${reasons.join(", ")}. Nothing was changed.`,
    "Bring back first what it needs, or take it out of the program. What was removed under a running guest is in that guest alone, and lost when it stops: bring it to safety first (virsh blockcopy).",
  );
}

/** Throws where the guest writes to an image that somebody removed: it holds the last of it. */
export async function refuseToLoseImages(virsh: Virsh, { name, live }: Omit<Documents, "next">): Promise<void> {
  const written = disksOf(live).filter((disk) => accessOf(disk) !== "reads");
  const lost = await missing(virsh, written.map(pathOf));
  if (lost.length === 0) return;
  throw new LibvirtError(
    "Unsafe",
    `Unable to stop guest "${name}" on ${virsh.uri}: somebody removed ${lost.join(", ")}, and what it holds is lost when the guest stops. Nothing was changed.`,
    `Bring the data to safety first (virsh blockcopy to another file). Where nobody needs it, stop the guest by hand (virsh shutdown).`,
  );
}

/** Nodes in /dev come and go with their devices. */
async function missing(virsh: Virsh, paths: readonly (string | undefined)[]): Promise<string[]> {
  const asked = [...new Set(paths)].filter(
    (path): path is string => path?.startsWith("/") === true && !path.startsWith("/dev/"),
  );
  const folders = [...new Set(asked.map((path) => posix.dirname(path)))];
  const found = await Promise.all(
    folders.map(async (folder) => {
      const names = asked.filter((path) => posix.dirname(path) === folder).map((path) => posix.basename(path));
      return (await missingFrom(virsh, folder, names)).map((name) => posix.join(folder, name));
    }),
  );
  return found.flat();
}

async function networksThatDoNotRun(virsh: Virsh, next: Element): Promise<string[]> {
  const named = devicesIn(next, "interface").flatMap((nic) => firstElement(nic, "source")?.attributes.network ?? []);
  if (named.length === 0) return [];
  const running = (await inventory(virsh).networks({ fresh: true })).filter(({ active }) => active);
  return [...new Set(named)].filter((name) => !running.some((network) => network.name === name));
}

function disksOf(document: Element | undefined): Element[] {
  return devicesIn(document, "disk").filter(({ attributes }) => attributes.type === "file");
}

/** libvirt drops such a medium at the start (formatdomain, `startupPolicy`). */
function mayBeMissing(disk: Element): boolean {
  return firstElement(disk, "source")?.attributes.startupPolicy === "optional";
}
