/** Whose an object on the host is, by its mark. Pure. */

import type { HostReference } from "../../schema/references";
import { LibvirtError } from "../libvirt/errors";
import type { Mark } from "../libvirt/mark";
import { ownerOf } from "./identity";
import type { Observed } from "./resource";

export function ownershipOf(
  mark: Pick<Mark, "owner" | "state"> | undefined,
  host: HostReference,
): Observed["ownership"] {
  if (mark === undefined || mark.owner !== ownerOf(host)) return "foreign";
  return mark.state === "finished" ? "ours" : "unfinished";
}

/** The error for an object that is in the way, and is not ours to touch. */
export function alreadyExists(kind: string, name: string, uri: string): LibvirtError {
  return new LibvirtError(
    "AlreadyExists",
    `Unable to create ${kind} "${name}" on ${uri}: there is one of this name already, and it is not this resource's.`,
    "Choose another name, or take it over as it is with adopt: true.",
  );
}
