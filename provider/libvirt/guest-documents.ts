/**
 * All guests of a host in all their forms: as they run, as they are defined, as they were saved, and in their snapshots. What
 * one of these names is in use.
 */

import type { Element } from "../reconcile/tree";
import { LibvirtError } from "./errors";
import { type GuestListing, inventory } from "./inventory";
import { askGuests, type GuestQuestion } from "./running-guests";
import type { Virsh } from "./virsh";

export interface GuestDocument {
  readonly guest: GuestListing;
  /** `guest web`, `snapshot s1 of guest web`. */
  readonly what: string;
  /** It runs, and this is what it runs on. */
  readonly live: boolean;
  readonly document: Element;
}

/** Throws where one of them cannot be seen: an error is not "nobody". */
export async function guestDocuments(virsh: Virsh): Promise<readonly GuestDocument[]> {
  const listing = await inventory(virsh).guests({ fresh: true });
  const withSnapshots = await virsh.run("list", ["--all", "--uuid", "--with-snapshot"]);
  const snapshotted = listing.filter(({ uuid }) => withSnapshots.includes(uuid));
  const asked = [...listing.flatMap(questionsTo), ...(await snapshotQuestions(virsh, snapshotted))];
  const documents = await askGuests(virsh, asked).catch((error: unknown) => {
    throw error instanceof LibvirtError && error.kind === "Unsupported" ? notTold(virsh, listing) : error;
  });
  return asked.flatMap(({ guest, what, live }, index) => {
    const document = documents[index];
    return document === undefined ? [] : [{ guest, what, live, document }];
  });
}

/** A saved image has a definition of its own, which not every driver shows. */
function notTold(virsh: Virsh, listing: readonly GuestListing[]): LibvirtError {
  const saved = listing.filter(isSaved).map(({ name }) => `"${name}"`);
  return new LibvirtError(
    "Refused",
    `Unable to tell on ${virsh.uri} who uses what: libvirt's driver of its hypervisor does not show what the saved guests ${saved.join(", ")} come back with. Nothing was changed.`,
    "Start them, or drop what was saved (virsh managedsave-remove), then run this again.",
  );
}

interface Question extends GuestQuestion {
  readonly guest: GuestListing;
  readonly what: string;
  readonly live: boolean;
}

function questionsTo(guest: GuestListing): Question[] {
  const what = `guest ${guest.name}`;
  return [
    { guest, what, live: false, name: "dumpxml", arguments: ["--inactive", guest.uuid] },
    ...(guest.active
      ? [{ guest, what, live: true, name: "dumpxml", arguments: [guest.uuid], while: isActive }]
      : guest.state === "saved"
        ? [{ guest, what, live: false, name: "managedsave-dumpxml", arguments: [guest.uuid], while: isSaved }]
        : []),
  ];
}

const isActive = ({ active }: GuestListing): boolean => active;
const isSaved = ({ state }: GuestListing): boolean => state === "saved";

/** A snapshot names the disks that going back to it would need. */
async function snapshotQuestions(virsh: Virsh, guests: readonly GuestListing[]): Promise<Question[]> {
  const lists = await Promise.all(
    guests.map(async ({ uuid }) => virsh.run("snapshot-list", ["--domain", uuid, "--name"])),
  );
  return guests.flatMap((guest, index) =>
    (lists[index] ?? "").split("\n").flatMap((line) => {
      const snapshot = line.trim();
      const words = ["--domain", guest.uuid, "--snapshotname", snapshot];
      const what = `snapshot ${snapshot} of guest ${guest.name}`;
      return snapshot === "" ? [] : [{ guest, what, live: false, name: "snapshot-dumpxml", arguments: words }];
    }),
  );
}
