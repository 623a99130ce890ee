/** Looking at volumes: what is there, how large it is, and who uses it. */

import { basename } from "node:path";
import { claims } from "../../libvirt/claim";
import { LibvirtError } from "../../libvirt/errors";
import { inventory, type ListingOptions } from "../../libvirt/inventory";
import { chainOf, devicesOf, runningGuests } from "../../libvirt/running-guests";
import { mayBeNamed, volumeRows } from "../../libvirt/tables";
import type { Virsh } from "../../libvirt/virsh";
import { parseXml } from "../../libvirt/xml";
import { descend, type Element, elementsOf, firstElement, textOf } from "../../reconcile/tree";
import { lane } from "../pool/handler";

/**
 * The volume's XML; undefined only when a refreshed, active pool does not list it. A pool that is not active, or not
 * there, is an error: its volumes are merely out of sight.
 */
export async function volume(virsh: Virsh, pool: string, name: string): Promise<Element | undefined> {
  const listed = (await inventory(virsh).pools()).find((each) => each.name === pool);
  if (listed?.active !== true) {
    throw new LibvirtError(
      "Refused",
      `Unable to look for disk "${name}" on ${virsh.uri}: its pool "${pool}" is ${listed === undefined ? "not there" : "not active"}.`,
      "Start the pool (virsh pool-start), then run this again.",
    );
  }
  const seen = await volumeXml(virsh, pool, name);
  if (seen !== undefined) return seen;
  // Volumes made behind libvirt's back are seen only after a refresh.
  await virsh.run("pool-refresh", ["--pool", pool], { lane: lane(pool), timeoutSeconds: 120 });
  return volumeXml(virsh, pool, name);
}

async function volumeXml(virsh: Virsh, pool: string, name: string): Promise<Element | undefined> {
  const listing = await virsh.run("vol-list", ["--pool", pool], { lane: lane(pool), timeoutSeconds: 60 });
  // Of a row that virsh could not write only the volume itself can tell; that it cannot be read is no absence.
  if (!volumeRows(listing).some((row) => mayBeNamed(row, name))) return undefined;
  return parseXml(
    await virsh.run("vol-dumpxml", ["--pool", pool, "--vol", name], { lane: lane(pool) }),
    `the XML of disk "${name}"`,
  );
}

/** Capacity in bytes. */
export function capacityOf(document: Element): number {
  return Number(textOf(firstElement(document, "capacity")));
}

/** Names of the guests whose live or persistent XML has the file as a disk or in a disk's backing chain (facts, 3). */
export async function usersOf(virsh: Virsh, path: string): Promise<string[]> {
  const guests = await inventory(virsh).guests({ fresh: true });
  const commands = guests.flatMap(({ uuid, name, active }) => [
    { guest: name, name: "dumpxml", arguments: ["--inactive", uuid] },
    ...(active ? [{ guest: name, name: "dumpxml", arguments: [uuid] }] : []),
  ]);
  const answers = await virsh.runAll(commands);
  const users = commands.flatMap(({ guest }, index) => {
    const devices = devicesOf(answers[index]);
    const disks = devices === undefined ? [] : elementsOf(devices, "disk");
    return disks.some((disk) => chainOf(disk).includes(path)) ? [guest] : [];
  });
  return [...new Set(users)];
}

export interface RunningUser {
  readonly uuid: string;
  readonly name: string;
  /** How the guest calls the disk (`vda`), for commands on the running guest. */
  readonly target: string;
  /** The guest writes to this very file, not to something on top of it. */
  readonly direct: boolean;
}

/** The running guests that have the file as a disk or beneath one. */
export async function runningUsersOf(virsh: Virsh, path: string, options?: ListingOptions): Promise<RunningUser[]> {
  return (await runningGuests(virsh, options)).flatMap(({ uuid, name, devices }) =>
    elementsOf(devices, "disk").flatMap((disk) => {
      const chain = chainOf(disk);
      const target = firstElement(disk, "target")?.attributes.dev ?? "";
      return chain.includes(path) ? [{ uuid, name, target, direct: chain[0] === path }] : [];
    }),
  );
}

/** Names of the volumes of the pool that lie on top of this file. */
export async function overlaysOf(virsh: Virsh, pool: string, path: string): Promise<string[]> {
  // A snapshot that QEMU made is seen only after a refresh.
  await virsh.run("pool-refresh", ["--pool", pool], { lane: lane(pool), timeoutSeconds: 120 });
  const listing = await virsh.run("vol-list", ["--pool", pool], { lane: lane(pool), timeoutSeconds: 60 });
  const names = volumeNames(
    listing,
    pool,
    [...(await claims(virsh)).keys()].map((claimed) => basename(claimed)),
  );
  const answers = await virsh.runAll(
    names.map((name) => ({ name: "vol-dumpxml", arguments: ["--pool", pool, "--vol", name] })),
    { lane: lane(pool) },
  );
  return names.filter((_, index) => {
    const answer = answers[index];
    return answer?.status === "fulfilled" && textOf(descend(parseXml(answer.value), "backingStore", "path")) === path;
  });
}

/**
 * The names of all volumes of a listing. One that virsh cannot write must be one of the `known` names: a volume whose name
 * is not certain cannot be asked about, and may be the one that matters.
 */
export function volumeNames(listing: string, pool: string, known: readonly string[]): string[] {
  const rows = volumeRows(listing);
  const unwritten = [...new Set(rows.filter(({ exact }) => !exact).map(({ name }) => name))];
  const found = unwritten.flatMap((shown) => {
    const alike = rows.filter(({ name, exact }) => !exact && name === shown);
    const names = [...new Set(known)].filter((name) => alike.some((row) => mayBeNamed(row, name)));
    if (names.length === alike.length) return names;
    throw new LibvirtError(
      "Refused",
      `Unable to look at all volumes of pool "${pool}": virsh cannot write the name of ${shown}.`,
      "Give that file another name. Where this happens to every letter beyond ASCII, the machine that runs Pulumi has no UTF-8 locale (locale -a lists what it has).",
    );
  });
  return [...rows.filter(({ exact }) => exact).map(({ name }) => name), ...found];
}
