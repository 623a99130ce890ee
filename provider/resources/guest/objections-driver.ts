/** What the host's driver has no words for, where something that is there would have to be changed by them. Pure. */

import type { GuestInputs } from "../../../schema/guest";
import { unknown } from "../../../schema/unknown";
import { firstElement, textOf } from "../../reconcile/tree";
import type { KnownHost, Objection } from "../resource";
import type { ObservedGuest } from "./observed";

export function objectionsToName(
  { profile }: Pick<KnownHost, "profile">,
  { name }: Pick<GuestInputs, "name">,
  observed: Pick<ObservedGuest, "document"> | undefined,
): Objection[] {
  if (observed === undefined || !profile.words.lacks.has("domrename")) return [];
  const held = textOf(firstElement(observed.document, "name"));
  if (name === undefined || name === unknown || name === held) return [];
  const reason = `${profile.inWords} gives no guest another name: it stays "${held}". State name: "${held}", or make a new guest of the new name.`;
  return [{ path: "name", reason }];
}
