/** Looking at volumes: what is there, how large it is, and who uses it. */

import { LibvirtError } from "../../libvirt/errors";
import { inventory, type ListingOptions } from "../../libvirt/inventory";
import { chainOf, devicesOf, runningGuests } from "../../libvirt/running-guests";
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
  await virsh.run("pool-refresh", [pool], { lane: lane(pool), timeoutSeconds: 120 });
  return volumeXml(virsh, pool, name);
}

async function volumeXml(virsh: Virsh, pool: string, name: string): Promise<Element | undefined> {
  const listing = await virsh.run("vol-list", [pool], { lane: lane(pool), timeoutSeconds: 60 });
  if (!namesOf(listing).has(name)) return undefined;
  return parseXml(
    await virsh.run("vol-dumpxml", ["--pool", pool, name], { lane: lane(pool) }),
    `the XML of disk "${name}"`,
  );
}

/** `vol-list` prints name and path in columns; the path ends with the name, which may hold spaces. */
function namesOf(listing: string): ReadonlySet<string> {
  return new Set(
    listing.split("\n").flatMap((line) => {
      const parsed = /^\s*(.*?)\s{2,}(\/.*?|[a-z]+:.*?)\s*$/.exec(line);
      return parsed === null ? [] : [parsed[1] ?? ""];
    }),
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
  await virsh.run("pool-refresh", [pool], { lane: lane(pool), timeoutSeconds: 120 });
  const listing = await virsh.run("vol-list", [pool], { lane: lane(pool), timeoutSeconds: 60 });
  const names = [...namesOf(listing)];
  const answers = await virsh.runAll(
    names.map((name) => ({ name: "vol-dumpxml", arguments: ["--pool", pool, name] })),
    { lane: lane(pool) },
  );
  return names.filter((_, index) => {
    const answer = answers[index];
    return answer?.status === "fulfilled" && textOf(descend(parseXml(answer.value), "backingStore", "path")) === path;
  });
}
