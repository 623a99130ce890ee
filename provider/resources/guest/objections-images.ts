/**
 * What a guest must not write to: an image that a running guest writes to, and one that other images lie on. libvirt starts
 * it all the same, and what is written destroys the others.
 */

import { unknown } from "../../../schema/unknown";
import { devicesIn } from "../../libvirt/devices";
import { LibvirtError } from "../../libvirt/errors";
import { accessOf, overlaysOn, runningUsersOf, type VolumePlace } from "../../libvirt/storage-users";
import type { Virsh } from "../../libvirt/virsh";
import type { Element } from "../../reconcile/tree";
import type { ConnectedHost, Objection } from "../resource";
import type { ObservedGuest } from "./observed";
import { keyOf } from "./devices/device";
import { diskKind } from "./devices/disk";
import type { Wanted } from "./wanted";
import { pathOf } from "./devices/disk-image";

export async function objectionsToImages(
  { virsh }: ConnectedHost,
  wanted: Wanted,
  observed: ObservedGuest | undefined,
): Promise<Objection[]> {
  const before = new Set(filesWritten(observed?.document).map(({ file }) => file));
  const written = filesWritten(wanted.document).map(({ disk, file }) => ({ ...placeOf(wanted, disk, file), disk }));
  const changed = written.filter(({ input }) => wanted.isNew(input));
  const added = changed.filter(({ path }) => !before.has(path));
  const starts = observed !== undefined && wanted.isNew("running") && wanted.inputs.running !== false;
  const own = observed?.id ?? wanted.inputs.uuid;
  const found = await Promise.all([
    ...added.map(async (image) => objectionsToOverlays(virsh, image, wanted.atStart)),
    // It has written to it before: a snapshot that was merged leaves its file behind, which is no overlay any more.
    ...(starts ? written : [])
      .filter((image) => !added.includes(image))
      .map(async (image) => objectionsToOverlays(virsh, { ...image, input: "running" }, { onlyTold: true })),
    ...(wanted.inputs.running === false ? [] : changed)
      .filter(({ disk }) => accessOf(disk) === "writes")
      .map(async (image) => objectionsToWriters(virsh, image, own)),
  ]);
  return found.flat();
}

interface Image extends VolumePlace {
  /** The input path that asks for it. */
  readonly input: string;
}

function filesWritten(document: Element | undefined): { readonly disk: Element; readonly file: string }[] {
  return devicesIn(document, "disk").flatMap((disk) => {
    const file = pathOf(disk);
    return file === undefined || file === unknown || accessOf(disk) === "reads" ? [] : [{ disk, file }];
  });
}

function placeOf({ inputs }: Wanted, disk: Element, path: string): Image {
  const key = keyOf(disk, diskKind);
  if (key === undefined) return { input: "xml", path };
  const reference = inputs.disks?.[key]?.disk;
  const isIt = reference?.path === path;
  return { input: `disks.${key}`, path, ...(isIt ? { pool: reference.pool, name: reference.name } : {}) };
}

async function objectionsToOverlays(
  virsh: Virsh,
  { input, path }: Image,
  degree: Pick<Objection, "onlyTold">,
): Promise<Objection[]> {
  try {
    const overlays = await overlaysOn(virsh, path);
    if (overlays.length === 0) return [];
    const reason = `${path} lies beneath ${overlays.join(", ")}: what is written to it destroys that. Give the guest a disk of its own that lies on it (a Disk with backing), say readOnly: true, or delete first what lies on it and is not needed any more.`;
    return [{ path: input, reason, ...degree }];
  } catch (error) {
    if (!(error instanceof LibvirtError)) throw error;
    const reason = `whether other images lie on ${path} cannot be seen: ${error.message}`;
    return [{ path: input, reason, onlyTold: true }];
  }
}

/** QEMU locks what it writes: of two guests that run, the second does not start. */
async function objectionsToWriters(
  virsh: Virsh,
  { input, ...place }: Image,
  own: string | undefined,
): Promise<Objection[]> {
  const users = await runningUsersOf(virsh, place);
  const other = users.find(({ uuid, direct, access }) => uuid !== own && direct && access === "writes");
  if (other === undefined) return [];
  const reason = `${place.path} is a disk of the running guest "${other.name}", which writes to it: two guests that write to one disk destroy it. Give each its own, or say shareable: true in both where their file systems are made for it.`;
  return [{ path: input, reason, mayPass: true }];
}
