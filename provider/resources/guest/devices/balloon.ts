/** The memory balloon (formatdomain, "Memory balloon device"). Pure. */

import { element } from "../../../reconcile/desired";
import type { DeviceKind } from "./device";

export const balloonKind: DeviceKind = {
  elements: ["memballoon"],

  write({ inputs, defaults }) {
    if (inputs.balloon === false) return [element("memballoon", "balloon", { model: "none" })];
    if (defaults.balloon === undefined) return [];
    return [element("memballoon", "balloon", { model: defaults.balloon }, [element("stats", "", { period: 10 })])];
  },

  live: {},

  // Reckoned with also where there is none: the number of ports stays what it was.
  portsOf: () => 1,
};
