/**
 * Claims on volumes. Volumes have no metadata, so a libvirt secret without a value says whose a volume is and whether it
 * is filled (decisions/volume-claims.md). libvirt allows one secret for one volume path: two claims cannot both succeed.
 */

import { descend, type Element, firstElement, textOf } from "../reconcile/tree";
import { LibvirtError } from "./errors";
import type { Virsh } from "./virsh";
import { parseXml, serializeXml } from "./xml";

export interface Claim {
  readonly uuid: string;
  readonly owner: string;
  readonly state: "unfinished" | "finished";
  readonly path: string;
}

const signature = "pulumi-virt volume";

/** Our claims on this host, by the path of the volume. */
export async function claims(virsh: Virsh): Promise<ReadonlyMap<string, Claim>> {
  const listing = await virsh.run("secret-list", []);
  const uuids = [...listing.matchAll(/^\s*([0-9a-f-]{36})\s+volume\s/gm)].map((found) => found[1] ?? "");
  const texts = await virsh.runAll(uuids.map((uuid) => ({ name: "secret-dumpxml", arguments: [uuid] })));
  const found = texts.flatMap((text) => (text.status === "fulfilled" ? claimOf(parseXml(text.value, "a secret")) : []));
  return new Map(found.map((claim) => [claim.path, claim]));
}

/** Writes the claim, new or with its next state. Throws `AlreadyExists` when the path is claimed under another UUID. */
export async function writeClaim(virsh: Virsh, claim: Claim): Promise<void> {
  const document: Element = {
    name: "secret",
    attributes: { ephemeral: "no", private: "no" },
    children: [
      text("uuid", claim.uuid),
      text("description", `${signature} owner=${claim.owner} state=${claim.state}`),
      { name: "usage", attributes: { type: "volume" }, children: [text("volume", claim.path)] },
    ],
  };
  await virsh.run("secret-define", [{ xml: serializeXml(document) }], { lane: "work" });
}

export async function removeClaim(virsh: Virsh, claim: Claim): Promise<void> {
  try {
    await virsh.run("secret-undefine", [claim.uuid], { lane: "work" });
  } catch (error) {
    if (error instanceof LibvirtError && error.kind === "Unreachable") throw error;
    if ((await claims(virsh)).has(claim.path)) throw error;
  }
}

function claimOf(secret: Element): Claim[] {
  const description = textOf(firstElement(secret, "description"));
  const parsed = new RegExp(`^${signature} owner=(\\S*) state=(unfinished|finished)$`).exec(description);
  if (parsed === null) return [];
  return [
    {
      uuid: textOf(firstElement(secret, "uuid")),
      owner: parsed[1] ?? "",
      state: parsed[2] === "finished" ? "finished" : "unfinished",
      path: textOf(descend(secret, "usage", "volume")),
    },
  ];
}

function text(name: string, content: string): Element {
  return { name, attributes: {}, children: [content] };
}
