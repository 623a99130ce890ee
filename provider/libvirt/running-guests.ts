/** What guests say of themselves: one look at all running ones serves whoever asks with the same listing. */

import { descend, type Element, firstElement } from "../reconcile/tree";
import { LibvirtError } from "./errors";
import { type GuestListing, inventory, type ListingOptions } from "./inventory";
import { onceAListing } from "./look-once";
import { readMark } from "./mark";
import type { Virsh } from "./virsh";
import { parseXml } from "./xml";

export interface RunningGuest {
  readonly uuid: string;
  readonly name: string;
  /** Whose it is by the mark that it was started with. */
  readonly owner: string | undefined;
  /** The live XML's `<devices>`. */
  readonly devices: Element;
}

export async function runningGuests(virsh: Virsh, options?: ListingOptions): Promise<readonly RunningGuest[]> {
  return lookAt(virsh, await inventory(virsh).guests(options));
}

const lookAt = onceAListing(async (virsh, listing: readonly GuestListing[]): Promise<readonly RunningGuest[]> => {
  const guests = listing.filter((guest) => guest.active);
  const documents = await askGuests(
    virsh,
    guests.map((guest) => ({ guest, name: "dumpxml", arguments: [guest.uuid], while: ({ active }) => active })),
  );
  return guests.flatMap(({ uuid, name }, index) => {
    const document = documents[index];
    const devices = descend(document, "devices");
    return document === undefined || devices === undefined
      ? []
      : [{ uuid, name, owner: readMark(document)?.owner, devices }];
  });
});

export interface GuestQuestion {
  readonly guest: Pick<GuestListing, "uuid">;
  /** virsh's command, whose answer is XML. */
  readonly name: string;
  readonly arguments: readonly string[];
  /** What has to be true of the guest for it to have an answer; without it, that the guest is there. */
  readonly while?: (guest: GuestListing) => boolean;
}

/**
 * The answers; undefined only where a listing made afterwards shows that the guest is gone, or no longer as it has to be.
 * Any other failure is thrown: an error while looking is not "nothing".
 */
export async function askGuests(
  virsh: Virsh,
  questions: readonly GuestQuestion[],
): Promise<readonly (Element | undefined)[]> {
  const answers = await virsh.runAll(questions.map(({ name, arguments: words }) => ({ name, arguments: words })));
  const isLost = (reason: unknown): boolean => !(reason instanceof LibvirtError) || reason.kind === "Unreachable";
  const failed = answers.some(({ status }) => status === "rejected");
  const listing = failed ? await inventory(virsh).guests({ fresh: true }) : [];
  return questions.map(({ guest, while: holds = () => true }, index) => {
    const answer = answers[index];
    if (answer?.status === "fulfilled") return parseXml(answer.value, "the XML of a guest");
    const now = listing.find(({ uuid }) => uuid === guest.uuid);
    if (isLost(answer?.reason) || (now !== undefined && holds(now))) throw answer?.reason;
    return undefined;
  });
}

/** The disk's own file, then those beneath it as far as the host says. */
export function chainOf(disk: Element): string[] {
  const source = firstElement(disk, "source")?.attributes;
  const beneath = firstElement(disk, "backingStore");
  const own = source?.file ?? source?.dev;
  return [...(own === undefined ? [] : [own]), ...(beneath === undefined ? [] : chainOf(beneath))];
}
