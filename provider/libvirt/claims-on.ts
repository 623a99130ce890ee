/** Claims on one volume, or on the place where one is to be (decisions/who-uses-a-volume.md). */

import { posix } from "node:path";
import type { Element } from "../reconcile/tree";
import { type Claim, claimsNamed, claimsOnPaths } from "./claim";
import { filesInFolder } from "./folder-look";
import type { Virsh } from "./virsh";
import { seenVolume } from "./volume-listing";
import { sameFiles } from "./volume-stamp";

/** A volume that is there, as its pool shows it, or the path of what may not be there. */
export type Claimed = SeenClaimed | { readonly path: string };

interface SeenClaimed {
  readonly pool: string;
  readonly document: Element;
}

/**
 * All claims on it, by whichever stack, and by whichever path they know it. Where one is found by path, nothing else is
 * asked; before a deletion `namesOfFile` tells all paths.
 */
export async function claimsOn(virsh: Virsh, claimed: Claimed): Promise<readonly Claim[]> {
  if ("path" in claimed) return claimsOnPaths(virsh, [claimed.path]);
  const onPath = await claimsOnPaths(virsh, [seenVolume(claimed.pool, claimed.document).path]);
  return onPath.length > 0 ? onPath : claimsOfSameFile(virsh, claimed);
}

/** Claims on the same file by another name, which no path tells: a file of this name has the same moment of the last change. */
async function claimsOfSameFile(virsh: Virsh, { pool, document }: SeenClaimed): Promise<readonly Claim[]> {
  const { name, path, fingerprint } = seenVolume(pool, document);
  if (fingerprint === undefined) return [];
  const alike = await claimsElsewhere(virsh, name, path);
  const sameFiles = new Set<string>();
  for (const folder of new Set(alike.map((claim) => posix.dirname(claim.path)))) {
    const files = await filesInFolder(virsh, folder);
    for (const file of files) if (file.fingerprint === fingerprint) sameFiles.add(file.path);
  }
  return alike.filter((claim) => sameFiles.has(claim.path));
}

/**
 * Claims on the very same file by another name, as the host's shell sees it; none where nobody can tell. Moments prove
 * nothing here: the files of two pools that are made together have the same ones.
 */
export async function claimsOnSameFile(virsh: Virsh, { pool, document }: SeenClaimed): Promise<readonly Claim[]> {
  const { name, path } = seenVolume(pool, document);
  const alike = document.attributes.type === "file" ? await claimsElsewhere(virsh, name, path) : [];
  if (alike.length === 0) return [];
  const same = await sameFiles(
    virsh,
    document,
    alike.map((claim) => claim.path),
  );
  return alike.filter((claim) => same.get(claim.path) === true);
}

async function claimsElsewhere(virsh: Virsh, name: string, path: string): Promise<readonly Claim[]> {
  return (await claimsNamed(virsh, name)).filter((claim) => posix.dirname(claim.path) !== posix.dirname(path));
}
