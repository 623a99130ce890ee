/** What a front asks of a resource. It knows no engine: inputs are what a program states, and what is shown is the front's. */

import type { Identity, Once, Operation } from "../resources/resource";
import type { ClassifiedChange, Drift, IsSecret } from "./classified";
import type { Ignored } from "./ignored";
import type { Unasked } from "./reached";

export type Values = Record<string, unknown>;

export interface Checked {
  /** What was given, with what follows from it. */
  readonly inputs: Values;
  /** Sentences; empty when all is well. */
  readonly failures: readonly string[];
  /** What a person should know and nothing has to stop for. */
  readonly warnings?: readonly string[];
  /** Inputs of which a change is not carried out, and why, by path. */
  readonly notCarriedOut?: Readonly<Record<string, string>>;
}

/** What a preview is asked of. */
export interface Wanted {
  /** As they were checked, and what was told of them then. */
  readonly checked: Checked;
  /** The inputs that were recorded last; undefined for a creation. */
  readonly recorded: Values | undefined;
  /** Of a creation in the place of what is deleted first: the inputs that were recorded of that, where it is known. */
  readonly inPlaceOf?: Values | undefined;
  /** Which input paths must not be shown. */
  readonly isSecret: IsSecret;
  /** What the program ignores is neither drift nor changed. */
  readonly ignored: Ignored;
  /** Input paths whose change is to replace the resource, by the program's own wish. */
  readonly replaces: (path: string) => boolean;
  /** Whether what is replaced stays on its host. */
  readonly isRetained: boolean;
  /** Whether an operation follows at once. All that this resource depends on is there by then. */
  readonly isFollowed: boolean;
}

/** What would happen, as data. Sentences are made of it last. */
export interface PreviewReport {
  /** What the host has otherwise than it was recorded and is wanted. */
  readonly drift?: readonly Drift[];
  readonly impact?: readonly ClassifiedChange[];
  /** Input paths that wait for a start, and are brought by nothing that was said. */
  readonly pendingRestart?: readonly string[];
  /** Input paths that the guest was asked for and has otherwise (a balloon); not among those that wait. */
  readonly pendingInGuest?: readonly string[];
  /** Why it would be refused, in sentences. */
  readonly failures?: readonly string[];
  readonly warnings?: readonly string[];
  /** Those of the warnings for which nothing is to be stopped or replaced: what is wanted would not start. */
  readonly startless?: readonly string[];
  /** Why it would be refused as a new one, where that is neither sure to come nor ruled out: nothing is deleted for it. */
  readonly inVain?: readonly string[];
  /** Why the host was not asked: told once a host, however many resources are on it. */
  readonly unasked?: Unasked;
  /** Which creation the host knows of. */
  readonly creation?: string | undefined;
  /** What only one resource of a program can have, as the host knows it. */
  readonly once?: readonly Once[];
}

export interface Difference {
  /** Whether anything is to be done. */
  readonly changed: boolean;
  /** Whether the inputs themselves are others. */
  readonly isStated: boolean;
  /** Top-level inputs that cannot be changed in place. */
  readonly replaces: readonly string[];
}

/** What is kept of a resource. */
export interface State {
  /** The inputs again, with what an adopted object turned out to have. */
  readonly outputs: Values;
  /** What the host says beside that. */
  readonly facts: Values;
  /** Which creation it is, as its mark on the host says it: kept out of sight. */
  readonly creation?: string | undefined;
}

export interface Changed extends State {
  /** Something of it failed, and something of it is on the host: the state is kept, and the next update goes on. */
  readonly incomplete?: unknown;
}

export interface Made extends Changed {
  readonly id: string;
}

export interface Found extends State {
  readonly inputs: Values;
  readonly warnings?: readonly string[];
}

export interface Deleted {
  readonly warnings?: readonly string[];
}

/** One operation, as a front runs it. */
export interface Run extends Operation {
  /** What was said of it before: nothing more disruptive is done. */
  readonly announced?: readonly ClassifiedChange[];
  /** What the program leaves to the host. */
  readonly ignored?: Ignored;
  readonly isSecret?: IsSecret;
  /** Of a deletion, why what comes in its place would be refused. */
  readonly inVain?: readonly string[];
}

export interface Lifecycle {
  /** Judges and completes inputs. Asks no host. */
  check(given: Values, recorded: Values | undefined, identity: Identity): Promise<Checked>;
  /**
   * What an operation with these inputs would do: by a look at the host where it can be reached, else the worst by what
   * was recorded.
   */
  preview(wanted: Wanted): Promise<PreviewReport>;
  /**
   * Whether anything is to be done, by comparing what was recorded with what is wanted, and by what a preview has found.
   * Hosts are asked only where two references do not tell whether they are one host.
   */
  differs(id: string, recorded: State, wanted: Values, found: PreviewReport): Promise<Difference>;
  create(inputs: Values, run?: Run): Promise<Made>;
  /** Undefined only when a complete listing on a live connection does not have it. */
  read(id: string, recorded: State): Promise<Found | undefined>;
  update(id: string, recorded: State, wanted: Values, run?: Run): Promise<Changed>;
  delete(id: string, recorded: State, run?: Run): Promise<Deleted>;
}
