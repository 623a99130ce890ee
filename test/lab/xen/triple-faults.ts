/** What the emulated processor does to a guest now and then (decisions/lab-xen.md): Xen's log tells of it. */

import type { TestHost } from "../../support/test-host";

/** How many there have been since the machine started. */
export function tripleFaults(host: TestHost): number {
  return host.enter("xl", "dmesg").split("Triple fault").length - 1;
}
