/** What a front asks of a resource, in the words of Pulumi's engine; how the engine is reached is the front's business. */

import type { Identity, Operation } from "../resources/resource";

export type Values = Record<string, unknown>;

export interface Checked {
  readonly inputs: Values;
  /** Sentences; empty when all is well. */
  readonly failures: readonly string[];
  /** What a person should know and nothing has to stop for. */
  readonly warnings?: readonly string[];
}

export interface Difference {
  readonly changed: boolean;
  /** Top-level inputs that cannot be changed in place. */
  readonly replaces: readonly string[];
}

/** What is kept of a resource. */
export interface State {
  /** The inputs again, with what an adopted object turned out to have. */
  readonly outputs: Values;
  /** What the host says beside that. */
  readonly facts: Values;
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

export interface Lifecycle {
  /**
   * Judges and completes inputs. Offline, but for `drift` and `impact`, which are added where the host can be reached.
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
  differs(recorded: object, news: object): Difference | Promise<Difference>;
  create(inputs: object, operation?: Operation): Promise<Made>;
  /** Undefined only when a complete listing on a live connection does not have it. */
  read(id: string, recorded: object): Promise<Found | undefined>;
  update(id: string, recorded: object, news: object, operation?: Operation): Promise<Changed>;
  delete(id: string, recorded: object, operation?: Operation): Promise<void>;
}
