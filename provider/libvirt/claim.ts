/**
 * Claims on volumes, and on what else has no metadata (pools, devices of the host): a libvirt secret without a value says
 * whose a volume is and whether it is filled (decisions/volume-claims.md). libvirt allows one secret for one usage: two
 * claims cannot both succeed.
 */

import { posix } from "node:path";
import { descend, type Element, firstElement, textOf } from "../reconcile/tree";
import { LibvirtError } from "./errors";
import { inventory, type SecretListing } from "./inventory";
import { onceAListing } from "./look-once";
import { bothNames } from "./real-path";
import type { Virsh } from "./virsh";
import { parseXml, serializeXml } from "./xml";

export interface Claim {
  readonly uuid: string;
  readonly owner: string;
  readonly state: "unfinished" | "finished";
  /** It was there before us: left behind on delete. Claims of older versions do not say. */
  readonly adopted?: boolean | undefined;
  /** Which creation it is of (`Mark.creation`). Claims of older versions do not say. */
  readonly creation?: string | undefined;
  /** Which volume it is on (`volume-stamp.ts`), or which device (`10de:2684`). Claims of older versions, and where nobody can tell, do not say. */
  readonly stamp?: string | undefined;
  /**
   * Which finished volume it was on before this creation, which found none there: that one may come back into sight, and is
   * not to be filled.
   */
  readonly was?: string | undefined;
  /** Of a device's companions that were taken from the host: each with the driver that it is given back to. */
  readonly drivers?: string | undefined;
  /** How many virtual functions a device had before it was divided otherwise: it is given them back. */
  readonly before?: string | undefined;
  /** The inputs by which it was set last (`Mark.applied`). */
  readonly applied?: string | undefined;
  readonly path: string;
}

const signature = "pulumi-virt volume";

/** The name of the secret; not usage type `volume`, where the key of an encrypted volume has its place. */
const usagePrefix = "pulumi-virt:volume:";

/** All claims on this host, by whichever stack. */
export async function claims(virsh: Virsh): Promise<readonly Claim[]> {
  return claimsAmong(virsh, (await inventory(virsh).secrets()).filter(isClaim));
}

/** The claim of this UUID. */
export async function claimOfUuid(virsh: Virsh, uuid: string): Promise<Claim | undefined> {
  const listed = (await inventory(virsh).secrets()).filter((row) => row.uuid === uuid && isClaim(row));
  return (await claimsAmong(virsh, listed))[0];
}

/** All claims on what begins so: on what is no file (`pci/`). */
export async function claimsOf(virsh: Virsh, kind: string): Promise<readonly Claim[]> {
  const listed = (await inventory(virsh).secrets()).filter(({ name }) => name.startsWith(`${usagePrefix}${kind}`));
  return claimsAmong(virsh, listed);
}

/** The claim of exactly this name: of what is no file. */
export async function claimOn(virsh: Virsh, path: string): Promise<Claim | undefined> {
  return (await claimsOnPaths(virsh, [path])).find((claim) => claim.path === path);
}

/** All claims on the files at these paths, by whichever stack; symbolic links are followed where that can be done. */
export async function claimsOnPaths(virsh: Virsh, paths: readonly string[]): Promise<readonly Claim[]> {
  const index = await indexOf(virsh, await inventory(virsh).secrets());
  const names = await namesOf(virsh, paths);
  const uuids = new Set(paths.flatMap((path) => names.get(path) ?? [path]).flatMap((name) => index.get(name) ?? []));
  return claimsAmong(
    virsh,
    [...uuids].map((uuid) => ({ uuid })),
  );
}

/** All claims on files of this name, in whichever folder. */
export async function claimsNamed(virsh: Virsh, name: string): Promise<readonly Claim[]> {
  const listed = (await inventory(virsh).secrets()).filter(isClaim);
  const near = listed.filter((row) => !row.exact || posix.basename(row.name) === name);
  return (await claimsAmong(virsh, near)).filter(({ path }) => posix.basename(path) === name);
}

/** UUIDs of claims, by all names of what they claim. */
type ClaimIndex = ReadonlyMap<string, readonly string[]>;

const indexOf = onceAListing(async (virsh, secrets: readonly SecretListing[]): Promise<ClaimIndex> => {
  const listed = secrets.filter(isClaim);
  const written = listed
    .filter(({ exact }) => exact)
    .map(({ uuid, name }) => ({ uuid, path: name.slice(usagePrefix.length) }));
  // What virsh cannot write only the claim itself tells.
  const unwritten = await claimsAmong(
    virsh,
    listed.filter(({ exact }) => !exact),
  );
  const known = [...written, ...unwritten];
  const names = await namesOf(
    virsh,
    known.map(({ path }) => path),
  );
  const byName = new Map<string, string[]>();
  for (const { uuid, path } of known) {
    for (const name of names.get(path) ?? [path]) byName.set(name, [...(byName.get(name) ?? []), uuid]);
  }
  return byName;
});

/** Claims on pools are on no path. */
function namesOf(virsh: Virsh, paths: readonly string[]): Promise<ReadonlyMap<string, readonly string[]>> {
  return bothNames(
    virsh.uri,
    paths.filter((path) => posix.isAbsolute(path)),
  );
}

/** Paths below the folder that are claimed. */
export async function claimedBelow(virsh: Virsh, folder: string): Promise<readonly string[]> {
  const listed = (await inventory(virsh).secrets({ fresh: true })).filter(isClaim);
  // Those in other folders need not be asked for one by one, unless virsh could not write where they are.
  const near = listed.filter(({ name, exact }) => !exact || name.startsWith(`${usagePrefix}${folder}/`));
  return (await claimsAmong(virsh, near)).map(({ path }) => path).filter((path) => path.startsWith(`${folder}/`));
}

const isClaim = ({ name }: SecretListing): boolean => name.startsWith(usagePrefix);

async function claimsAmong(virsh: Virsh, secrets: readonly Pick<SecretListing, "uuid">[]): Promise<readonly Claim[]> {
  const answers = await virsh.runAll(secrets.map(({ uuid }) => ({ name: "secret-dumpxml", arguments: [uuid] })));
  const failed = secrets.filter((_, index) => answers[index]?.status === "rejected");
  const again = failed.length === 0 ? [] : await inventory(virsh).secrets({ fresh: true });
  return secrets.flatMap(({ uuid }, index) => {
    const answer = answers[index];
    if (answer?.status === "fulfilled") return claimOf(parseXml(answer.value, "a secret"));
    const isLost = !(answer?.reason instanceof LibvirtError) || answer.reason.kind === "Unreachable";
    if (isLost || again.some((each) => each.uuid === uuid)) throw answer?.reason;
    return [];
  });
}

/** Writes the claim, new or with its next state. Throws `AlreadyExists` when the path is claimed under another UUID. */
export async function writeClaim(virsh: Virsh, claim: Claim): Promise<void> {
  const { creation, stamp, was, drivers, before, applied } = claim;
  const rest = Object.entries({ creation, stamp, was, drivers, before, applied }).flatMap(([name, value]) =>
    value === undefined ? [] : ` ${name}=${value}`,
  );
  const document: Element = {
    name: "secret",
    attributes: { ephemeral: "no", private: "no" },
    children: [
      text("uuid", claim.uuid),
      text(
        "description",
        `${signature} owner=${claim.owner} state=${claim.state} adopted=${claim.adopted === true ? "yes" : "no"}${rest.join("")}`,
      ),
      { name: "usage", attributes: { type: "tls" }, children: [text("name", `${usagePrefix}${claim.path}`)] },
    ],
  };
  try {
    await virsh.run("secret-define", [{ xml: serializeXml(document) }], { lane: "work" });
  } finally {
    inventory(virsh).forget();
  }
}

export async function removeClaim(virsh: Virsh, claim: Claim): Promise<void> {
  try {
    await virsh.run("secret-undefine", [claim.uuid], { lane: "work" });
  } catch (error) {
    if (error instanceof LibvirtError && error.kind === "Unreachable") throw error;
    if ((await inventory(virsh).secrets({ fresh: true })).some(({ uuid }) => uuid === claim.uuid)) throw error;
  } finally {
    inventory(virsh).forget();
  }
}

function claimOf(secret: Element): Claim[] {
  const description = textOf(firstElement(secret, "description"));
  const parsed = new RegExp(
    `^${signature} owner=(\\S*) state=(unfinished|finished)(?: adopted=(yes|no))?(?: creation=(\\S+))?(?: stamp=(\\S+))?(?: was=(\\S+))?(?: drivers=(\\S+))?(?: before=(\\S+))?(?: applied=(\\S+))?(?: \\S+=\\S+)*$`,
  ).exec(description);
  if (parsed === null) return [];
  return [
    {
      uuid: textOf(firstElement(secret, "uuid")),
      owner: parsed[1] ?? "",
      state: parsed[2] === "finished" ? "finished" : "unfinished",
      adopted: parsed[3] === undefined ? undefined : parsed[3] === "yes",
      creation: parsed[4],
      stamp: parsed[5],
      was: parsed[6],
      drivers: parsed[7],
      before: parsed[8],
      applied: parsed[9],
      path: textOf(descend(secret, "usage", "name")).slice(usagePrefix.length),
    },
  ];
}

function text(name: string, content: string): Element {
  return { name, attributes: {}, children: [content] };
}
