/** Who uses a volume, or what is in a pool's folder: the one answer for everything that could lose data. */

import { type Element, elementsOf, firstElement } from "../reconcile/tree";
import { filesOf, plainPath } from "./image-path";
import type { ListingOptions } from "./inventory";
import { isNewImage } from "./new-images";
import { bothNames } from "./real-path";
import { runningGuests } from "./running-guests";
import { StorageIndex } from "./storage-index";
import { lookAtGuests, lookAtImages, lookAtStorage, type StorageLook } from "./storage-look";
import type { Virsh } from "./virsh";

interface Look {
  readonly index: Promise<StorageIndex>;
  readonly begun: number;
  tookMilliseconds: number;
}

interface Looks {
  readonly look: (virsh: Virsh) => Promise<StorageLook>;
  readonly at: WeakMap<Virsh, { underWay: Promise<unknown>; recent?: Look; next?: Promise<Look> }>;
}

const atStorage: Looks = { look: lookAtStorage, at: new WeakMap() };
const atImages: Looks = { look: lookAtImages, at: new WeakMap() };

/** Guests, snapshots, other disks and pools that need the file, in words. Throws where that cannot be seen. */
export async function usersOfFile(virsh: Virsh, path: string): Promise<readonly string[]> {
  return byALook(virsh, atStorage, (index) => index.usersOf(path));
}

/** The images that lie on the file, in words. Throws where that cannot be seen. */
export async function overlaysOn(virsh: Virsh, path: string): Promise<readonly string[]> {
  return isNewImage(virsh, path) ? [] : byALook(virsh, atImages, (index) => index.overlaysOn(path));
}

/**
 * A look that shows nobody serves those who ask soon after for as long as it took, so that deleting many disks costs a few
 * looks; one that shows somebody is never older than the question.
 */
async function byALook(
  virsh: Virsh,
  looks: Looks,
  ask: (index: StorageIndex) => Promise<readonly string[]>,
): Promise<readonly string[]> {
  const asked = performance.now();
  const recent = looks.at.get(virsh)?.recent;
  if (recent !== undefined && asked - recent.begun < 2 * recent.tookMilliseconds) {
    const found = await ask(await recent.index);
    if (found.length === 0) return found;
  }
  return ask(await (await lookAnew(virsh, looks)).index);
}

/** All paths of the file, as far as anybody says: by the look that tells who uses it, for who has asked that before. */
export async function namesOfFile(virsh: Virsh, path: string): Promise<ReadonlySet<string>> {
  return (await (atStorage.at.get(virsh)?.recent ?? (await lookAnew(virsh, atStorage))).index).namesOf(path);
}

/** All who ask while one look is under way share the one after it. */
async function lookAnew(virsh: Virsh, { look: lookAt, at }: Looks): Promise<Look> {
  const state = at.get(virsh) ?? { underWay: Promise.resolve() };
  at.set(virsh, state);
  state.next ??= state.underWay.then(() => {
    delete state.next;
    const begun = performance.now();
    const index = lookAt(virsh).then((look) => StorageIndex.of(virsh.uri, look));
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

export interface VolumePlace {
  /** The pool's name; neither it nor the volume's where only a path is known. */
  readonly pool?: string;
  readonly name?: string;
  readonly path: string;
}

export interface RunningUser {
  readonly uuid: string;
  readonly name: string;
  /** How the guest calls the disk (`vda`), for commands on the running guest. */
  readonly target: string;
  /** It is the disk itself, not something beneath it. */
  readonly direct: boolean;
  /** What the guest may do with the disk; `shares`: others may write to it at the same time. */
  readonly access: "reads" | "writes" | "shares";
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
      access: accessOf(disk),
      links: linksOf(disk),
    })),
  );
  const path = plainPath(volume.path);
  const links = disks.flatMap((disk) => disk.links);
  const isNamed = ({ attributes }: Element): boolean =>
    volume.pool !== undefined && attributes.pool === volume.pool && attributes.volume === volume.name;
  const volumes = await pathsOfVolumes(virsh, volume.pool === undefined ? links : []);
  const filesOfAny = (link: Element): string[] => [...filesOfLink(link), ...(volumes.get(link) ?? [])];
  const names = await bothNames(virsh.uri, [path, ...links.flatMap(filesOfAny)]);
  const ours = names.get(path) ?? [];
  const isOurs = (link: Element): boolean =>
    isNamed(link) || filesOfAny(link).some((file) => (names.get(file) ?? []).some((each) => ours.includes(each)));
  return disks.flatMap(({ links: [own, ...beneath], ...user }) => {
    const direct = own !== undefined && isOurs(own);
    return direct || beneath.some(isOurs) ? [{ ...user, direct }] : [];
  });
}

/** Of `<source pool= volume=>`, as far as the pools show them: a running guest's XML does not say the path. */
async function pathsOfVolumes(virsh: Virsh, links: readonly Element[]): Promise<ReadonlyMap<Element, string[]>> {
  const named = links.filter(({ attributes: { pool, volume } }) => pool !== undefined && volume !== undefined);
  const answers = await virsh.runAll(
    named.map(({ attributes: { pool = "", volume = "" } }) => ({
      name: "vol-path",
      arguments: ["--pool", pool, "--vol", volume],
    })),
  );
  return new Map(
    named.map((link, index) => {
      const answer = answers[index];
      return [link, answer?.status === "fulfilled" ? filesOf(answer.value.trim()) : []];
    }),
  );
}

export function accessOf(disk: Element): RunningUser["access"] {
  if (firstElement(disk, "readonly") !== undefined) return "reads";
  return firstElement(disk, "shareable") === undefined ? "writes" : "shares";
}

/** The `<source>` of the disk, of what lies beneath it, and of what it is being copied to. */
function linksOf(disk: Element): Element[] {
  const own = elementsOf(disk, "source");
  return [...own, ...["backingStore", "mirror"].flatMap((name) => elementsOf(disk, name).flatMap(linksOf))];
}

function filesOfLink({ attributes: { file, dev } }: Element): string[] {
  return filesOf(file ?? dev ?? "");
}
