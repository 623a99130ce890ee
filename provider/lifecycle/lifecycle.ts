/** What a front asks of a resource, in the words of Pulumi's engine; how the engine is reached is the front's business. */

import type { Identity, Operation } from "../resources/resource";
import type { Unasked } from "./reached";

export type Values = Record<string, unknown>;

export interface Checked {
  readonly inputs: Values;
  /** Sentences; empty when all is well. */
  readonly failures: readonly string[];
  /** What a person should know and nothing has to stop for. */
  readonly warnings?: readonly string[];
  /** What a person may want to be reminded of. */
  readonly notes?: readonly string[];
  /** What it will do in one line, for as long as the resource is worked on. */
  readonly summary?: string;
  /** Why the host was not asked: told once a host, however many resources are on it. */
  readonly unasked?: Unasked;
}

export interface Difference {
  readonly changed: boolean;
  /** Whether the inputs show what changed; drift stands in the inputs of a preview only. */
  readonly isShown: boolean;
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

export interface Lifecycle {
  /**
   * Judges and completes inputs, and says what they do: `impact` and `drift` by a look at the host where it can be
   * reached, else the worst by what was recorded.
   * `isSecret` tells which input paths must not be shown.
   */
  check(
    old: object | undefined,
    news: object,
    identity: Identity,
    isSecret: (path: string) => boolean,
  ): Promise<Checked>;
  /**
   * Whether anything is to be done, by comparing what was recorded with what is wanted. Hosts are asked only where two
   * references do not tell whether they are one host.
   */
  differs(recorded: object, news: object, id: string): Difference | Promise<Difference>;
  create(inputs: object, operation?: Operation): Promise<Made>;
  /** Undefined only when a complete listing on a live connection does not have it. */
  read(id: string, recorded: object): Promise<Found | undefined>;
  update(id: string, recorded: object, news: object, operation?: Operation): Promise<Changed>;
  delete(id: string, recorded: object, operation?: Operation): Promise<Deleted>;
}
