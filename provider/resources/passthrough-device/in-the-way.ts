/** Who is in the way of a claim on a device of the host: another claim, a guest, or the host itself. */

import type { PassthroughDeviceInputs } from "../../../schema/passthrough-device";
import { claimsOf } from "../../libvirt/claim";
import type { DeviceUser } from "../../libvirt/device-users";
import { LibvirtError } from "../../libvirt/errors";
import { hostShell } from "../../libvirt/shell";
import { ownerOf } from "../recorded-identity";
import type { ConnectedHost, Objection } from "../resource";
import { claimPath, isOfAnother, type Kind, prefixOf } from "./claim-path";
import { whatHostNeeds } from "./host-needs";
import type { Wanted } from "./kind";

/** The first of those that are wanted is the one that is to be claimed, the others go with it. */
export async function claimedByOthers(
  { virsh }: ConnectedHost,
  kind: Kind,
  { host, uuid }: PassthroughDeviceInputs,
  wanted: readonly Wanted[],
): Promise<Objection[]> {
  const others = (await claimsOf(virsh, prefixOf(kind))).filter((claim) => claim.uuid !== uuid);
  return wanted.flatMap(({ place, stamp, isHeldBy }, index): Objection[] => {
    const theirs = others.filter((claim) => isHeldBy(claim) && claim.owner !== ownerOf(host));
    if (theirs.length > 0)
      return [{ path: kind, reason: `${place} is claimed by another stack. Let that one give it up first.` }];
    // One program may claim each device of a group, with all of the group; but each device once.
    const own = others.find(({ path }) => index === 0 && path === claimPath(place, kind));
    // Its device is somewhere else now, and the claim goes there when its turn comes.
    if (own === undefined || isOfAnother(own, stamp)) return [];
    const reason = `${place} is claimed by another resource of this stack, and belongs to one guest. Let that one give it up first.`;
    // It may be gone before this one's turn comes.
    return [{ path: kind, reason, mayPass: true }];
  });
}

/** By name, from all guests' XML on the host: a person with virsh may have given it to one. */
export function usedByOthers(
  users: readonly DeviceUser[],
  kind: Kind,
  { host }: PassthroughDeviceInputs,
  wanted: readonly Wanted[],
): Objection[] {
  const own = ownerOf(host);
  return wanted.flatMap(({ place, isUsedBy }) => {
    const others = users.filter((user) => isUsedBy(user) && (user.owner === undefined || user.owner !== own));
    const names = [...new Set(others.map(({ what }) => what))];
    if (names.length === 0) return [];
    return [{ path: kind, reason: `${place} belongs to ${names.join(", ")} already. Take it away from there first.` }];
  });
}

export async function neededByHost(
  { virsh, profile }: ConnectedHost,
  kind: Kind,
  { force }: Pick<PassthroughDeviceInputs, "force">,
  wanted: readonly Pick<Wanted, "place">[],
): Promise<Objection[]> {
  // Whoever forces it is told all the same what it means.
  const told = force === true ? { onlyTold: true } : {};
  const found = await hostShell(virsh);
  const unseen = "absent" in found ? found.absent : found.doubt;
  if ("absent" in found || unseen !== undefined)
    return force === true ? [] : [unseenNeed(profile.inWords, unseen ?? "")];
  const { needs, unseen: gaps } = await whatHostNeeds(found.shell);
  const mine = needs.filter(({ address }) => wanted.some(({ place }) => place === address));
  return [
    ...mine.map(({ address, why }) => ({
      path: kind,
      reason: `${address} is needed by the host itself: ${why}.${force === true ? "" : " Say force: true where it can do without."}`,
      ...told,
    })),
    ...(gaps.length > 0 && mine.length === 0 && force !== true ? [unseenNeed(profile.inWords, gaps.join("; "))] : []),
  ];
}

function unseenNeed(host: string, why: string): Objection {
  const reason = `whether ${host} needs the device itself cannot be seen: ${why}. Make sure that it does not, and say force: true.`;
  return { path: "force", reason };
}

/** Before anything is changed. `has`: what such a guest has, in words. */
export function refuseWhere(
  users: readonly DeviceUser[],
  doing: string,
  has: (user: DeviceUser) => string = () => "it",
): void {
  if (users.length === 0) return;
  const names = [...new Set(users.map((user) => `${user.what} has ${has(user)}`))].join(", ");
  throw new LibvirtError(
    "InUse",
    `Unable to ${doing}: ${names}. Nothing was changed.`,
    "Take it away from there first.",
  );
}
