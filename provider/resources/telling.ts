/** What is waited for, told on the resource's row: not at once, since most waits are over before anybody has read it. */

import type { Operation } from "./resource";

const firstMilliseconds = 3_000;
const againMilliseconds = 30_000;

/** Counts from now. What it returns may be called as often as one likes; `sentence` gets the seconds gone by. */
export function telling(operation: Operation, sentence: (seconds: number) => string): () => void {
  const begun = Date.now();
  let told = begun + firstMilliseconds - againMilliseconds;
  return () => {
    if (Date.now() - told < againMilliseconds) return;
    operation.progress(sentence(Math.round((Date.now() - begun) / 1000)));
    told = Date.now();
  };
}
