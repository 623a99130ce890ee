/**
 * Devices that changed places: two cards of one program that changed slots, two dongles that were plugged crosswise. Each of
 * their claims is in the other one's way, and libvirt lets no secret move where another one is. So the one whose turn comes
 * first puts the other aside, under a path of its own; that one's turn moves it to where its device is now.
 */

import { type Claim, claimOn, removeClaim, writeClaim } from "../../libvirt/claim";
import type { Virsh } from "../../libvirt/virsh";
import { claimPath, isOfAnother } from "./claim-path";
import { kindOfClaim } from "./kinds";

/** Before this claim is written. One that is killed in between leaves the other resource to claim its device anew. */
export async function putAside(virsh: Virsh, claim: Pick<Claim, "uuid" | "owner" | "path" | "stamp">): Promise<void> {
  const standing = await claimOn(virsh, claim.path);
  const kind = standing && kindOfClaim(standing)?.kind;
  if (standing === undefined || kind === undefined) return;
  if (standing.uuid === claim.uuid || standing.owner !== claim.owner || !isOfAnother(standing, claim.stamp)) return;
  await removeClaim(virsh, standing);
  await writeClaim(virsh, { ...standing, path: claimPath(`moved-${standing.uuid}`, kind) });
}
