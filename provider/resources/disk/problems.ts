/** What cannot be with disks, whatever their host says; and what is not carried out, because it would touch data. Pure. */

import type { DiskInputs } from "../../../schema/disk";
import type { PoolReference } from "../../../schema/references";
import { holdsUnknown } from "../../../schema/unknown";
import { withoutPasswords } from "../../libvirt/uri";
import { sameHost } from "../recorded-identity";
import { isAnotherSource, problemsOfSource } from "./sources/words";
import { bytesOf, isRounded } from "./xml";

export const stays = "the disk's data stays as it is; make a new Disk for another image";

/** Source and backing seed a disk once: another image is another Disk, and replacing data is never a side effect. */
export function untouched(inputs: DiskInputs, old: Partial<DiskInputs>): Record<string, string> {
  const said = `it seeded the disk once, and ${stays}`;
  const backing = inputs.backing?.name !== old.backing?.name || inputs.backing?.pool !== old.backing?.pool;
  return {
    ...(backing ? { backing: said } : {}),
    ...(isTold(inputs, old) ? { source: said } : {}),
  };
}

/** What replaces the disk is no news beside it. A disk that was filled from nothing is not replaced for it. */
function isTold({ source, onSourceChange }: DiskInputs, old: Partial<DiskInputs>): boolean {
  const replaces = onSourceChange === "replace" && source !== undefined && old.seed !== undefined;
  return isAnotherSource(old.source, source) && !replaces;
}

export function problems(inputs: DiskInputs, old: Partial<DiskInputs> | undefined): string[] {
  const { sizeGiB, backing, source, pool } = inputs;
  const found: string[] = moves(inputs, old);
  if (typeof sizeGiB === "number" && sizeGiB > largestGiB)
    found.push(`sizeGiB: no disk can have more than ${largestGiB} GiB; ${sizeGiB} are asked for.`);
  if (source !== undefined && !holdsUnknown(source)) found.push(...problemsOfSource(source));
  if (source !== undefined && backing !== undefined)
    found.push("source: a disk is filled from a file or lies on another disk, not both.");
  if (sizeGiB === undefined && source === undefined && backing === undefined && inputs.adopt !== true) {
    found.push("sizeGiB: is missing; a blank disk needs a size.");
  }
  if (typeof sizeGiB === "number" && typeof old?.sizeGiB === "number" && shrinks(sizeGiB, old.sizeGiB)) {
    found.push(
      `sizeGiB: a disk never shrinks (it has ${old.sizeGiB} GiB, ${sizeGiB} GiB are asked for): what lies at its end would be lost.`,
    );
  }
  if (backing !== undefined && !holdsUnknown([backing, sizeGiB])) {
    if (sizeGiB !== undefined && backing.sizeGiB !== undefined && bytesOf(sizeGiB) < bytesOf(backing.sizeGiB)) {
      found.push(
        `sizeGiB: an overlay cannot be smaller than what it lies on ("${backing.name}" has ${backing.sizeGiB} GiB).`,
      );
    }
    if (!holdsUnknown(pool) && sameHost(backing.host, pool.host) !== true) {
      found.push(
        `backing: "${backing.name}" is on another host (${withoutPasswords(backing.host.uri)}) than the pool (${withoutPasswords(pool.host.uri)}).`,
      );
    }
    if (inputs.format === "raw" && pool.type !== "logical")
      found.push("format: a disk with backing must be qcow2; raw images cannot lie on another disk.");
  }
  if (inputs.format === "qcow2" && pool.type === "logical") found.push("format: logical pools hold raw disks only.");
  return found;
}

/** 8 EiB less one cluster: what libvirt and QEMU count bytes with. */
const largestGiB = 2 ** 33 - 1;

/** What would make it another volume, and leave the data of this one behind or delete it. */
function moves(inputs: DiskInputs, old: Partial<DiskInputs> | undefined): string[] {
  if (old?.pool === undefined || holdsUnknown([inputs.pool, inputs.name, inputs.format, old])) return [];
  const [from, to] = [old.pool, inputs.pool];
  const way =
    "its data would not come along, and nothing was touched. Make a new Disk (filled from a copy of this one: virsh vol-download, then source), give it to the guest, and take this one out of the program when it is not needed any more.";
  if (sameHost(from.host, to.host) === false)
    return [`pool: a disk does not move to another host (from ${shown(from)} to ${shown(to)}): ${way}`];
  if (from.name !== to.name)
    return [`pool: a disk does not move to another pool (from ${shown(from)} to ${shown(to)}): ${way}`];
  if (from.path !== undefined && to.path !== undefined && from.path !== to.path) {
    return [`pool: "${to.name}" moves from ${from.path} to ${to.path}, and would leave this disk behind: ${way}`];
  }
  return (["name", "format"] as const)
    .filter((field) => old[field] !== undefined && old[field] !== inputs[field])
    .map((field) => `${field}: a disk does not change it (from ${old[field]} to ${inputs[field]}): ${way}`);
}

/** Sizes are rounded up when they are made, and recorded so by a refresh. */
function shrinks(asked: number, held: number): boolean {
  return bytesOf(asked) < bytesOf(held) && !isRounded(bytesOf(asked), bytesOf(held));
}

function shown({ name, host }: PoolReference): string {
  return `"${name}" on ${withoutPasswords(host.uri)}`;
}
