/** The watchdog (formatdomain, "Watchdog devices"). Pure. */

import { plugged } from "../../../libvirt/live-change";
import { element, stated } from "../../../reconcile/desired";
import type { DeviceKind } from "./device";

export const watchdogKind: DeviceKind = {
  elements: ["watchdog"],

  write({ inputs: { watchdog: wanted } }) {
    if (wanted === undefined) return [];
    return [
      element(
        "watchdog",
        "watchdog",
        {
          model: stated("watchdog.model", wanted.model ?? "i6300esb"),
          action: stated("watchdog.action", wanted.action ?? "reset"),
        },
        [element("alias", "watchdog", { name: "ua-watchdog" })],
      ),
    ];
  },

  live: { qemu: plugged("watchdog", [{ at: "@model", is: ["i6300esb"] }]) },

  needs: ({ attributes }) => ({ slot: attributes.model === "i6300esb" ? "conventional" : "express" }),
};
