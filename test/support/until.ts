/** Waiting for what somebody else does. */

import { inLab } from "./test-host";

/** Seconds in which a guest boots, or does its part. An emulated machine takes its time. */
export const patience = inLab ? 240 : 60;

export async function until(
  condition: () => boolean,
  seconds = patience,
  what: () => string = () => condition.toString(),
): Promise<void> {
  const end = Date.now() + seconds * 1000;
  while (!condition()) {
    if (Date.now() > end) throw new Error(`not within ${seconds} s: ${what()}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
