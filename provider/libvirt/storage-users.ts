/** Who uses a volume, or what is in a pool's folder: the one answer for everything that could lose data. */

import { type Element, elementsOf, firstElement } from "../reconcile/tree";
import { filesOf, plainPath } from "./image-path";
import type { ListingOptions } from "./inventory";
import { bothNames } from "./real-path";
import { runningGuests } from "./running-guests";
import { StorageIndex, type VolumePlace } from "./storage-index";
import { lookAtGuests, lookAtStorage } from "./storage-look";
import type { Virsh } from "./virsh";

interface Look {
  readonly index: Promise<StorageIndex>;
  readonly begun: number;
  tookMilliseconds: number;
}

const looks = new WeakMap<Virsh, { underWay: Promise<unknown>; recent?: Look; next?: Promise<Look> }>();

/**
 * Guests, snapshots, other disks and pools that need the volume, in words. Throws where that cannot be seen. A look that
 * shows nobody serves those who ask soon after for as long as it took, so that deleting many disks costs a few looks; one
 * that shows somebody is never older than the question.
 */
export async function usersOfVolume(virsh: Virsh, volume: VolumePlace): Promise<readonly string[]> {
  const asked = performance.now();
  const recent = looks.get(virsh)?.recent;
  if (recent !== undefined && asked - recent.begun < 2 * recent.tookMilliseconds) {
    const users = await (await recent.index).usersOf(volume);
    if (users.length === 0) return users;
  }
  return (await (await lookAnew(virsh)).index).usersOf(volume);
}

/** All who ask while one look is under way share the one after it. */
async function lookAnew(virsh: Virsh): Promise<Look> {
  const state = looks.get(virsh) ?? { underWay: Promise.resolve() };
  looks.set(virsh, state);
  state.next ??= state.underWay.then(() => {
    delete state.next;
    const begun = performance.now();
    const index = lookAtStorage(virsh).then((look) => StorageIndex.of(virsh.uri, look));
    const look: Look = { index, begun, tookMilliseconds: 0 };
    state.underWay = index.then(
      () => {
        look.tookMilliseconds = performance.now() - begun;
        state.recent = look;
      },
      () => undefined,
    );
    return look;
  });
  return state.next;
}

/** Guests that run on something in the folder, and guests, running or not, that name a volume by its pool. */
export async function usersOfPool(virsh: Virsh, pool: string, folder: string): Promise<readonly string[]> {
  const guests = await lookAtGuests(virsh);
  const isInside = await insideOf(
    virsh,
    folder,
    guests.flatMap(({ named }) => named.paths),
  );
  const users = guests.filter(
    ({ live, named }) =>
      named.volumes.some((volume) => volume.pool === pool) || (live && named.paths.some((path) => isInside(path))),
  );
  return [...new Set(users.map(({ what }) => what))].sort();
}

/** Names of the running guests that have a disk in the pool's folder, or beneath one. */
export async function guestsRunningIn(virsh: Virsh, pool: string, folder: string): Promise<readonly string[]> {
  const guests = (await runningGuests(virsh)).map(({ name, devices }) => ({
    name,
    links: elementsOf(devices, "disk").flatMap(linksOf),
  }));
  const isInside = await insideOf(
    virsh,
    folder,
    guests.flatMap(({ links }) => links.flatMap(filesOfLink)),
  );
  const inside = guests.filter(({ links }) =>
    links.some((link) => link.attributes.pool === pool || filesOfLink(link).some(isInside)),
  );
  return inside.map(({ name }) => name).sort();
}

async function insideOf(virsh: Virsh, folder: string, paths: readonly string[]): Promise<(path: string) => boolean> {
  const names = await bothNames(virsh.uri, [plainPath(folder), ...paths]);
  const folders = names.get(plainPath(folder)) ?? [];
  return (path) => (names.get(path) ?? [path]).some((name) => folders.some((each) => name.startsWith(`${each}/`)));
}

export interface RunningUser {
  readonly uuid: string;
  readonly name: string;
  /** How the guest calls the disk (`vda`), for commands on the running guest. */
  readonly target: string;
  /** The guest writes to this very file, not to something on top of it. */
  readonly direct: boolean;
}

/** The running guests that have the volume as a disk or beneath one. */
export async function runningUsersOf(
  virsh: Virsh,
  volume: VolumePlace,
  options?: ListingOptions,
): Promise<RunningUser[]> {
  const disks = (await runningGuests(virsh, options)).flatMap(({ uuid, name, devices }) =>
    elementsOf(devices, "disk").map((disk) => ({
      uuid,
      name,
      target: firstElement(disk, "target")?.attributes.dev ?? "",
      links: linksOf(disk),
    })),
  );
  const path = plainPath(volume.path);
  const names = await bothNames(virsh.uri, [path, ...disks.flatMap(({ links }) => links.flatMap(filesOfLink))]);
  const ours = names.get(path) ?? [];
  const isOurs = (link: Element): boolean =>
    (link.attributes.pool === volume.pool && link.attributes.volume === volume.name) ||
    filesOfLink(link).some((file) => (names.get(file) ?? []).some((each) => ours.includes(each)));
  return disks.flatMap(({ links: [own, ...beneath], ...user }) => {
    const direct = own !== undefined && isOurs(own);
    return direct || beneath.some(isOurs) ? [{ ...user, direct }] : [];
  });
}

/** The `<source>` of the disk, of what lies beneath it, and of what it is being copied to. */
function linksOf(disk: Element): Element[] {
  const own = elementsOf(disk, "source");
  return [...own, ...["backingStore", "mirror"].flatMap((name) => elementsOf(disk, name).flatMap(linksOf))];
}

function filesOfLink({ attributes: { file, dev } }: Element): string[] {
  return filesOf(file ?? dev ?? "");
}
