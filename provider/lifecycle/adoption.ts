/** Whether a creation takes up what is there already: one rule for the preview and for the creation itself. Pure. */

import type { LibvirtError } from "../libvirt/errors";
import { ownerOf } from "../resources/recorded-identity";
import { type Adoption, alreadyExists, managedByAnother } from "../resources/ownership";
import type { Observed, Resource } from "../resources/resource";

/**
 * Why it is not taken up; undefined where it is. Our own half-made object is finished. Our own finished one was made by an
 * `up` that died before it was recorded: an owner token proves it; without one it could be another stack's, and must be as wanted.
 * What nobody manages is adopted where the program says so; what another stack manages, or another resource of ours made,
 * is refused even then.
 */
export function refusalToAdoptOrResume<Inputs extends object>(
  resource: Resource<Inputs>,
  inputs: Inputs,
  existing: Observed,
  isAsWanted: boolean,
): LibvirtError | undefined {
  const { adopt, name = existing.id } = inputs as Adoption & { readonly name?: string };
  const { kind } = resource;
  const { uri } = resource.host(inputs);
  const { ownership } = existing;
  const isProved = ownerOf(resource.host(inputs)) !== "";
  const isOurs = ownership === "unfinished" || (ownership === "ours" && (isProved || isAsWanted));
  if (adopt !== true) return isOurs ? undefined : alreadyExists(kind, name, uri);
  const isMade = ownership === "ours" && !existing.adopted;
  if (ownership === "foreign" || (isOurs && !isMade)) return undefined;
  return managedByAnother("adopt", kind, name, uri, existing.release);
}
