/** What is waited for, told on the resource's row: not at once, since most waits are over before anybody has read it. */

import { LibvirtError } from "../libvirt/errors";
import type { Operation } from "./resource";

const firstMilliseconds = 3_000;
const againMilliseconds = 30_000;

/**
 * Counts from now. What it returns may be called as often as one likes; `sentence` gets the seconds gone by. It throws once
 * nobody waits any more.
 */
export function telling(operation: Operation, sentence: (seconds: number) => string): () => void {
  const begun = Date.now();
  let told = begun + firstMilliseconds - againMilliseconds;
  const gone = (): number => Math.round((Date.now() - begun) / 1000);
  return () => {
    if (operation.signal?.aborted === true) {
      throw new LibvirtError(
        "Refused",
        `Interrupted: it ${sentence(gone())}.`,
        "Run this again: it goes on from here.",
      );
    }
    if (Date.now() - told < againMilliseconds) return;
    operation.progress(sentence(gone()));
    told = Date.now();
  };
}
