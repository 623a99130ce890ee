/** The random number generator (formatdomain, "Random number generator device"). Pure. */

import type { GuestInputs } from "../../../../schema/guest";
import type { GuestDefaults } from "../../../hypervisors/guest-defaults";
import { plugged } from "../../../libvirt/live-change";
import { element, stated } from "../../../reconcile/desired";
import type { DeviceKind } from "./device";

export const rngKind: DeviceKind = {
  elements: ["rng"],

  write({ inputs, defaults }) {
    const source = sourceOf(inputs, defaults);
    if (source === undefined) return [];
    return [
      element("rng", "rng", { model: stated("", "virtio") }, [
        element("backend", "rng.source", { model: "random" }, source),
        element("alias", "rng", { name: "ua-rng" }),
      ]),
    ];
  },

  absent: ({ rng: wanted }) => (wanted === false ? [{ path: "rng", child: "rng" }] : []),

  live: { qemu: plugged("rng") },

  needs: () => ({ slot: "express" }),

  portsOf: (inputs, defaults) => (sourceOf(inputs, defaults) === undefined ? 0 : 1),
};

function sourceOf({ rng: wanted }: GuestInputs, defaults: GuestDefaults): string | undefined {
  return wanted === undefined ? defaults.rng : wanted === false ? undefined : wanted.source;
}
