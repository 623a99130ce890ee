/** How the rest of the project speaks to a host: commands in, standard output back, typed errors. */

import type { Watch } from "./events";

/** An argument of a virsh command. XML travels in a private file of mode 0600 whose path takes its place. */
export type Argument = string | number | { readonly xml: string };

export interface Command {
  /** virsh's own name of the command: `define`, `dumpxml`. */
  readonly name: string;
  readonly arguments?: readonly Argument[];
}

export interface RunOptions {
  /**
   * Which of the host's queues the command takes. Commands of one lane run one after the other in one virsh process.
   * `read` (the default) for questions; `work` for changes (a small pool of processes, the least busy one is taken);
   * `pool:NAME` for all that touches one storage pool (serial by design: jobs of one pool must not meet).
   */
  readonly lane?: "read" | "work" | `pool:${string}`;
  /** After so many seconds the command counts as lost: the session is closed, `Unreachable` is thrown. Default 60. */
  readonly timeoutSeconds?: number;
  /** When it is aborted the command counts as lost, too: its virsh process is ended at once. */
  readonly signal?: AbortSignal | undefined;
}

export interface Virsh {
  /** The connection URI as the user gave it. */
  readonly uri: string;
  /** Grows with each reconnection: what was observed under another generation must be observed again. */
  readonly generation: number;
  /** Runs one command, resolves to its standard output without the trailing newline. Throws `LibvirtError`. */
  run(name: string, args?: readonly Argument[], options?: RunOptions): Promise<string>;
  /**
   * Runs commands of one lane back to back without waiting in between (one round trip over ssh); all are sent, and
   * each answers for itself.
   */
  runAll(commands: readonly Command[], options?: RunOptions): Promise<PromiseSettledResult<string>[]>;
  /** For whoever waits for something to happen to a guest; one process serves all who do. */
  watch(): Watch;
  /** What else is open to this host, to be ended with the connection. */
  whenClosed(action: () => Promise<void>): void;
  /** Ends all virsh processes of this host, and whatever else is open to it. */
  close(): Promise<void>;
}
