/**
 * The states a guest can be in (virsh(1), `domstate`), and what each allows. `saved` is libvirt's "shut off" with a
 * managed-save image, which the next start resumes.
 */

export type GuestState = "running" | "paused" | "pmsuspended" | "in shutdown" | "crashed" | "saved" | "shut off";

export interface StateRules {
  /** Has a QEMU process or a Xen domain. */
  readonly active: boolean;
  /** Takes changes while it is in this state, as far as the table of live changes goes. */
  readonly takesChanges: boolean;
  /** The operating system in it does its part: lets go of devices, follows the balloon, hears the power button. */
  readonly answers: boolean;
  /** What a person has to know of it, for previews and errors. */
  readonly note?: string;
  /** What brings it back to running; what crashed does not come back. */
  readonly wake?: string;
}

const stopped: StateRules = { active: false, takesChanges: false, answers: false };

export const stateRules: Readonly<Record<GuestState, StateRules>> = {
  running: { active: true, takesChanges: true, answers: true },
  paused: { active: true, takesChanges: true, answers: false, note: "the guest is paused", wake: "virsh resume" },
  pmsuspended: {
    active: true,
    takesChanges: true,
    answers: false,
    note: "the guest is suspended",
    wake: "virsh dompmwakeup",
  },
  "in shutdown": { active: true, takesChanges: false, answers: true, note: "the guest is shutting down" },
  crashed: { active: true, takesChanges: false, answers: false, note: "the guest has crashed" },
  saved: {
    ...stopped,
    note: "a managed-save image is there, and the next start resumes it with the old definition",
  },
  "shut off": stopped,
};

/** The state in virsh's words, with its reason or without; `idle`, `no state` and whatever else is active counts as running. */
export function stateFromVirsh(said: string): GuestState {
  const state = said.trim().replace(/ \(.*\)$/, "");
  return Object.hasOwn(stateRules, state) ? (state as GuestState) : "running";
}

/**
 * The state of what is active for certain. Xen's driver calls shut off what still has a domain: one that crashed and is kept,
 * and one that is being taken down (or is kept after that: onPoweroff).
 */
export function stateOfActive(said: string): GuestState {
  const state = stateFromVirsh(said);
  if (state !== "shut off") return state;
  return said.trim() === "shut off (crashed)" ? "crashed" : "in shutdown";
}
