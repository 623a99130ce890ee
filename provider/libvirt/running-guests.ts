/** What running guests have: one look at all of them serves whoever asks with the same listing. */

import { descend, type Element, firstElement } from "../reconcile/tree";
import { LibvirtError } from "./errors";
import { type GuestListing, inventory, type ListingOptions } from "./inventory";
import type { Virsh } from "./virsh";
import { parseXml } from "./xml";

export interface RunningGuest {
  readonly uuid: string;
  readonly name: string;
  /** The live XML's `<devices>`. */
  readonly devices: Element;
}

const looks = new WeakMap<readonly GuestListing[], Promise<readonly RunningGuest[]>>();

export async function runningGuests(virsh: Virsh, options?: ListingOptions): Promise<readonly RunningGuest[]> {
  const listing = await inventory(virsh).guests(options);
  const known = looks.get(listing);
  if (known !== undefined) return known;
  const active = listing.filter((guest) => guest.active);
  const look = lookAt(virsh, active);
  looks.set(listing, look);
  return look;
}

async function lookAt(virsh: Virsh, guests: readonly GuestListing[]): Promise<readonly RunningGuest[]> {
  const answers = await virsh.runAll(guests.map(({ uuid }) => ({ name: "dumpxml", arguments: [uuid] })));
  return guests.flatMap(({ uuid, name }, index) => {
    const devices = devicesOf(answers[index]);
    return devices === undefined ? [] : [{ uuid, name, devices }];
  });
}

/** A guest that was gone between the two questions has nothing; a lost connection must not look like that. */
export function devicesOf(answer: PromiseSettledResult<string> | undefined): Element | undefined {
  if (answer?.status === "fulfilled") return descend(parseXml(answer.value, "the XML of a guest"), "devices");
  if (answer === undefined || (answer.reason instanceof LibvirtError && answer.reason.kind !== "Unreachable")) {
    return undefined;
  }
  throw answer.reason;
}

/** The disk's own file, then those beneath it as far as the host says. */
export function chainOf(disk: Element): string[] {
  const source = firstElement(disk, "source")?.attributes;
  const beneath = firstElement(disk, "backingStore");
  const own = source?.file ?? source?.dev;
  return [...(own === undefined ? [] : [own]), ...(beneath === undefined ? [] : chainOf(beneath))];
}
