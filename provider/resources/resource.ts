/** What every kind of resource has to offer; the bridge knows nothing else of it. */

import type { z } from "zod";
import type { HostFacts } from "../libvirt/host-facts";
import type { Virsh } from "../libvirt/virsh";
import type { Desired } from "../reconcile/desired";
import type { Actual, Plan } from "../reconcile/plan";

/** A live connection together with what the host said of itself. */
export interface ConnectedHost {
  readonly virsh: Virsh;
  readonly facts: HostFacts;
}

/** Whose resource it is: what the identity on the host is computed from, once. */
export interface Identity {
  /** The engine's URN; undefined in a preview that does not know it yet. */
  readonly urn: string | undefined;
  /** Random token drawn once and recorded in the Host's id; "" where a guest names its host by URI only. */
  readonly ownerToken: string | undefined;
}

export interface Observed extends Actual {
  /** The id that Pulumi records: the guest's UUID, the network's UUID, the pool's UUID, `POOL/VOLUME` for a disk. */
  readonly id: string;
  /** Whether the mark on the host says it is ours (and `unfinished` when its creation was cut short). */
  readonly ownership: "ours" | "unfinished" | "foreign";
  /** Facts that stand in no input: state, addresses, live XML. Shown as outputs. */
  readonly facts: Readonly<Record<string, unknown>>;
}

export interface Resource<Inputs extends object> {
  readonly kind: string;
  readonly schema: z.ZodType<Inputs>;
  /** The host the resource lives on. */
  host(inputs: Inputs): { uri: string; id?: string };
  /**
   * Fills in what follows from the inputs alone (name, UUID, MAC, path): pure, offline, and stable: what `old` recorded
   * rules. Values may still be unknown in a preview; what depends on one is left out.
   */
  derive(inputs: Inputs, old: Inputs | undefined, identity: Identity, resourceName: string): Inputs;
  /** Rules that need more than one field or another resource. One sentence each; empty when all is well. */
  problems(inputs: Inputs): string[];
  /** The desired XML and settings, defaults of this host included. Pure. */
  desired(inputs: Inputs, facts: HostFacts): Desired;
  /** What is there now; undefined only when a complete listing on a live connection does not have it. */
  observe(host: ConnectedHost, inputs: Inputs): Promise<Observed | undefined>;
  /** Makes it, or finishes what a killed predecessor began. Refuses a stranger's, unless `adopt`. */
  create(host: ConnectedHost, inputs: Inputs): Promise<void>;
  /** Carries a plan out. Refuses, before anything is touched, what it cannot do without more disruption than allowed. */
  apply(host: ConnectedHost, inputs: Inputs, observed: Observed, plan: Plan): Promise<void>;
  /** Removes it, and only what is ours; refuses what is in use. */
  remove(host: ConnectedHost, inputs: Inputs): Promise<void>;
  /** The inputs as they would have to read for `observed` to be what is wanted (`fromXml`). */
  inputsFrom(observed: Observed): Partial<Inputs>;
}
