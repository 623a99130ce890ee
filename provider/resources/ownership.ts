/** Whose an object on the host is, by its mark: one rule for all kinds (decisions/ownership.md). Pure. */

import type { HostReference } from "../../schema/references";
import { LibvirtError } from "../libvirt/errors";
import type { Mark } from "../libvirt/mark";
import { ownerOf } from "./recorded-identity";
import type { Fate, Objection, Observed } from "./resource";

/** `hosts`: as it is wanted, and as it was recorded; a Host that was made anew has another token. */
export function ownershipOf(mark: Mark | undefined, ...hosts: readonly HostReference[]): Observed["ownership"] {
  if (mark === undefined) return "foreign";
  if (!hosts.some((host) => mark.owner === ownerOf(host))) return "others";
  return mark.state === "finished" ? "ours" : "unfinished";
}

/** What the program says of taking things over. */
export interface Adoption {
  readonly adopt?: boolean | undefined;
  readonly deleteAdopted?: boolean | undefined;
}

/**
 * Whether it was there before us. What carries no mark of anybody was, whoever may have taken it away; marks of older
 * versions do not say, and then the program does.
 */
export function wasAdopted(mark: Mark | undefined, ...said: readonly Adoption[]): boolean {
  return mark === undefined || (mark.adopted ?? said.some(({ adopt }) => adopt === true));
}

/**
 * What becomes of it on delete, as the `creation` that is recorded. Throws where the host does not say that it is ours.
 * Where another creation of ours has made it, or taken it up, it is that one's: the engine carries out a deletion long
 * after what replaces the resource was made, where its process died in between.
 */
export function fateOf(
  mark: Mark | undefined,
  inputs: Adoption,
  host: HostReference,
  what: { readonly kind: string; readonly name: string },
  creation: string | undefined,
): Fate {
  const ownership = ownershipOf(mark, host);
  if (ownership === "others" || ownership === "foreign") {
    const why =
      ownership === "others"
        ? "another stack has marked it as its own"
        : "the host does not say that it is this resource's (its mark was taken away)";
    throw new LibvirtError(
      "Unsafe",
      `Unable to delete ${what.kind} "${what.name}" on ${host.uri}: ${why}. Nothing was changed.`,
      "Take it out of the state (pulumi state delete), and delete it by hand if it is really not needed.",
    );
  }
  if (isAnother(mark?.creation, creation)) return "leave";
  return wasAdopted(mark, inputs) && inputs.deleteAdopted !== true ? "release" : "remove";
}

/** Whether the host knows of another creation than the recorded one. What does not say is of no other. */
export function isAnother(marked: string | undefined, recorded: string | undefined): boolean {
  return marked !== undefined && marked !== recorded;
}

/**
 * What a preview says of a name that something else on the host has. `mark`: whose that is, if it says so. One of this stack
 * may get another name, or go, before this one comes.
 */
export function nameTaken(
  kind: string,
  name: string,
  mark: Pick<Mark, "owner"> | undefined,
  host: HostReference,
): Objection {
  const there = `there is a ${kind} "${name}" already`;
  const isOfThisStack = mark !== undefined && mark.owner === ownerOf(host);
  const reason =
    mark === undefined || isOfThisStack
      ? `${there}, and it is not this resource's. Choose another name${isOfThisStack ? "." : ", or take it over as it is with adopt: true."}`
      : `${there}, which another stack manages, or this one before its Host was made anew. Choose another name, or let that stack give it up first.`;
  return { path: "name", reason, ...(isOfThisStack ? { mayPass: true } : {}) };
}

/** The error for an object that is in the way, and is not ours to touch. */
export function alreadyExists(kind: string, name: string, uri: string): LibvirtError {
  return new LibvirtError(
    "AlreadyExists",
    `Unable to create ${kind} "${name}" on ${uri}: there is one of this name already, and it is not this resource's.`,
    "Choose another name, or take it over as it is with adopt: true.",
  );
}

/** The error for an object that another stack manages: two that rewrite it in turn are no good to anybody (law 8). */
export function managedByAnother(
  verb: "adopt" | "update",
  kind: string,
  name: string,
  uri: string,
  release: string,
): LibvirtError {
  return new LibvirtError(
    "AlreadyExists",
    `Unable to ${verb} ${kind} "${name}" on ${uri}: another stack or resource manages it. Nothing was changed.`,
    `Let that one give it up first: its destroy leaves behind what it adopted; else take it out of its state (pulumi state delete), and take the mark away on the host: ${release}`,
  );
}

/** The error for an adoption of nothing. */
export function nothingToAdopt(kind: string, name: string, uri: string): LibvirtError {
  return new LibvirtError(
    "Gone",
    `Unable to adopt ${kind} "${name}" on ${uri}: there is none of this name. Nothing was created.`,
    "Check the name, or leave adopt out to make a new one.",
  );
}
