/** Looking at volumes: what is there, and how large it is. */

import type { PoolReference } from "../../../schema/references";
import { LibvirtError } from "../../libvirt/errors";
import { throughFolder } from "../../libvirt/folder-look";
import { inventory } from "../../libvirt/inventory";
import type { Virsh } from "../../libvirt/virsh";
import { isListed, lane, refreshPool } from "../../libvirt/volume-listing";
import { parseXml } from "../../libvirt/xml";
import { type Element, firstElement, textOf } from "../../reconcile/tree";

/**
 * The volume's XML; undefined only when a refreshed, active pool does not list it. A pool that is not active, or not
 * there, is an error: its volumes are merely out of sight.
 */
export async function volume(virsh: Virsh, pool: string, name: string): Promise<Element | undefined> {
  await mustBeActive(virsh, pool, name);
  // Read before it is looked for: a listing asks the host about every volume of the pool.
  const seen = await volumeXml(virsh, pool, name);
  if (seen !== undefined) return seen;
  // What cannot be read was removed behind libvirt's back, or made there, or is not there.
  try {
    await refreshPool(virsh, pool);
  } catch (error) {
    // libvirt stops a pool whose folder it cannot read.
    inventory(virsh).forget();
    await mustBeActive(virsh, pool, name);
    throw error;
  }
  return (await isListed(virsh, pool, name)) ? xmlOf(virsh, pool, name) : undefined;
}

/** As an active pool knows it by now; what was made or removed behind its back is not seen. */
export async function volumeXml(virsh: Virsh, pool: string, name: string): Promise<Element | undefined> {
  const seen = await xmlOf(virsh, pool, name).catch((error: unknown) => {
    if (!(error instanceof LibvirtError) || error.kind === "Unreachable") throw error;
    return undefined;
  });
  // What libvirt does not find by this name it may find by a key or a path, and that is another volume.
  return seen !== undefined && textOf(firstElement(seen, "name")) === name ? seen : undefined;
}

async function mustBeActive(virsh: Virsh, pool: string, name: string): Promise<void> {
  const listed = (await inventory(virsh).pools()).find((each) => each.name === pool);
  if (listed?.active === true) return;
  const state = listed === undefined ? "not there" : "not active";
  throw new LibvirtError(
    "OutOfSight",
    `Unable to look for disk "${name}" on ${virsh.uri}: its pool "${pool}" is ${state}.`,
    "Bring the pool back (pulumi up, where the program has it; otherwise virsh pool-start), then run this again.",
  );
}

async function xmlOf(virsh: Virsh, pool: string, name: string): Promise<Element> {
  return parseXml(
    await virsh.run("vol-dumpxml", ["--pool", pool, "--vol", name], { lane: lane(pool) }),
    `the XML of disk "${name}"`,
  );
}

/**
 * Runs the action with a pool that shows the volume, for its removal: the disk's own one, or, where that is a folder that
 * is not active or not there any more, a passing one. Undefined: the folder is not there either.
 */
export async function withPoolInSight<Result>(
  virsh: Virsh,
  { name, type, path }: PoolReference,
  disk: string,
  action: (pool: string) => Promise<Result>,
): Promise<Result | undefined> {
  const active = (await inventory(virsh).pools({ fresh: true })).some((each) => each.name === name && each.active);
  if (active || type !== "dir" || path === undefined) {
    await mustBeActive(virsh, name, disk);
    return action(name);
  }
  return throughFolder(virsh, path, async (pool) => {
    inventory(virsh).forget();
    return action(pool);
  });
}

/** Capacity in bytes. */
export function capacityOf(document: Element): number {
  return Number(textOf(firstElement(document, "capacity")));
}
