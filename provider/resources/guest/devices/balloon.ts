/** The memory balloon (formatdomain, "Memory balloon device"). Pure. */

import { devicesIn } from "../../../libvirt/devices";
import { element } from "../../../reconcile/desired";
import type { DeviceKind, Held } from "./device";

export const balloonKind: DeviceKind = {
  elements: ["memballoon"],

  write({ inputs, defaults, held }) {
    if (inputs.balloon === false) return [element("memballoon", "balloon", { model: "none" })];
    if (defaults.balloon === undefined) return [];
    const stats = element("stats", isItsOwn(held) ? "" : "balloon", { period: 10 });
    return [element("memballoon", "balloon", { model: defaults.balloon }, [stats])];
  },

  live: {},

  // Reckoned with also where there is none: the number of ports stays what it was.
  portsOf: () => 1,
};

/** How often it counts is no matter of a program that takes over a guest with its balloon. */
function isItsOwn(held: Held | undefined): boolean {
  return (
    held?.adopted === true &&
    devicesIn(held.document, "memballoon").some(({ attributes }) => attributes.model !== "none")
  );
}
