/** The hosts that somebody works with, and the sessions of each: lanes of virsh processes that all who talk to it share. */

import { type DriverWords, inWordsOf } from "./driver-words";
import { LibvirtError } from "./errors";
import { Events, type Watch } from "./events";
import { PrivateFiles } from "./private-files";
import { quote } from "./quote";
import { Session } from "./session";
import { isAlias, isTestDriver, parseUri } from "./uri";
import type { Argument, Command, RunOptions, Virsh } from "./virsh";

/** How long a host is given to answer the first call; `PULUMI_VIRT_CONNECT_TIMEOUT_SECONDS` overrides it. */
export const connectTimeoutSeconds = Number(process.env.PULUMI_VIRT_CONNECT_TIMEOUT_SECONDS ?? 10);

/**
 * libvirt itself waits 30 s for a guest's job to end before it refuses the next one: its answer must find us listening.
 * And a host that may be slow to connect may be slow to answer.
 */
const defaultTimeoutSeconds = Math.max(60, connectTimeoutSeconds);

/** How long a failed connection is believed, so that a host that is down costs one time-out and not one a guest. */
const failureMilliseconds = 15_000;

/**
 * virsh processes for changes, as many as Pulumi's changes at a time on a small machine: each is opened when all others are
 * at work. One more serves the questions.
 */
const workers = 8;

/** One connection to each host. Whoever begins (a front, a command, a test) makes its own, hands it in and closes it. */
export class Hosts {
  private readonly connections = new Map<string, Connection>();

  /** `wordsOf`: what the driver of this name has words for (`qemu`, `xen`). */
  constructor(private readonly wordsOf: (driver: string) => DriverWords) {}

  /** The connection to this URI. Nothing is started before the first command. */
  connect(uri: string): Virsh {
    const existing = this.connections.get(uri);
    if (existing !== undefined) return existing;
    const connection = new Connection(uri, this.wordsOf);
    this.connections.set(uri, connection);
    return connection;
  }

  /** Ends what is open. A later command opens it again. */
  async close(): Promise<void> {
    await Promise.all([...this.connections.values()].map((connection) => connection.close()));
  }
}

class Connection implements Virsh {
  generation = 1;
  /** Commands sent and processes started so far: for tests and measurements. */
  readonly statistics = { commands: 0, sessions: 0 };

  private readonly lanes = new Map<string, Promise<Session>>();
  private readonly pools = new Map<string, Promise<unknown>>();
  private readonly events: Events;
  private readonly closing: (() => Promise<void>)[] = [];
  private failure: { error: unknown; until: number } | undefined;
  private driver: Promise<string> | undefined;

  constructor(
    readonly uri: string,
    private readonly wordsOf: (driver: string) => DriverWords,
  ) {
    this.events = new Events(uri);
  }

  async run(name: string, args: readonly Argument[] = [], options: RunOptions = {}): Promise<string> {
    const [result] = await this.runAll([{ name, arguments: args }], options);
    if (result?.status === "fulfilled") return result.value;
    throw result?.reason;
  }

  async runAll(commands: readonly Command[], options: RunOptions = {}): Promise<PromiseSettledResult<string>[]> {
    const lane = options.lane ?? "read";
    return lane.startsWith("pool:")
      ? this.inTurn(lane, () => this.send(commands, options))
      : this.send(commands, options);
  }

  watch(): Watch {
    return this.events.watch();
  }

  whenClosed(action: () => Promise<void>): void {
    this.closing.push(action);
  }

  async close(): Promise<void> {
    this.events.close();
    const others = this.closing.splice(0).map((action) => action());
    const sessions = await Promise.allSettled(this.lanes.values());
    this.lanes.clear();
    this.failure = undefined;
    for (const session of sessions) if (session.status === "fulfilled") session.value.close();
    await Promise.allSettled(others);
  }

  private async send(commands: readonly Command[], options: RunOptions): Promise<PromiseSettledResult<string>[]> {
    const files = new PrivateFiles();
    try {
      const words = this.wordsOf(await this.driverName());
      const lines = await Promise.allSettled(
        commands.map(async (command) => commandLine(inWordsOf(words, command, this.uri), files)),
      );
      const sent = lines.filter(({ status }) => status === "fulfilled").length;
      if (sent === 0) return lines;
      const session = await this.session(options.lane ?? "read");
      this.statistics.commands += sent;
      const timeout = options.timeoutSeconds ?? defaultTimeoutSeconds;
      const { signal } = options;
      const end = (): void => session.close();
      signal?.addEventListener("abort", end);
      try {
        if (signal?.aborted === true) end();
        return await Promise.allSettled(
          lines.map((line, index) =>
            line.status === "fulfilled"
              ? session.send(line.value, commands[index]?.name ?? "", timeout)
              : Promise.reject(line.reason as Error),
          ),
        );
      } finally {
        signal?.removeEventListener("abort", end);
      }
    } finally {
      await files.remove();
    }
  }

  /** An alias of libvirt.conf stands for a URI that only libvirt knows. */
  private async driverName(): Promise<string> {
    const nameIn = (uri: string): string => parseUri(uri)?.driver ?? "";
    if (!isAlias(this.uri)) return nameIn(this.uri);
    this.driver ??= this.session("read").then(async (session) =>
      nameIn(await session.send("uri", "uri", defaultTimeoutSeconds)),
    );
    try {
      return await this.driver;
    } catch (error) {
      this.driver = undefined;
      throw error;
    }
  }

  /** One after the other, whatever became of the one before. */
  private inTurn<Result>(pool: string, action: () => Promise<Result>): Promise<Result> {
    const turn = (this.pools.get(pool) ?? Promise.resolve()).then(action, action);
    this.pools.set(
      pool,
      turn.catch(() => undefined),
    );
    return turn;
  }

  /** One more lane may be too many for the host (MaxStartups, MaxSessions of sshd): then those that are open serve. */
  private async session(lane: string): Promise<Session> {
    try {
      return await this.laneFor(lane);
    } catch (error) {
      const open = await Promise.all([...this.lanes.values()].map((opening) => opening.catch(() => undefined)));
      const usable = open.filter((session) => session !== undefined && !session.closed) as Session[];
      const [idlest] = usable.sort((one, other) => one.busy - other.busy);
      if (idlest === undefined) throw error;
      return idlest;
    }
  }

  private async laneFor(lane: string): Promise<Session> {
    // Each connection of the test driver is a host of its own.
    if (lane === "read" || isTestDriver(this.uri)) return this.open("read");
    const open = await Promise.all(
      Array.from({ length: workers }, async (_, index) => this.lanes.get(`work${index}`)?.catch(() => undefined)),
    );
    const free = open.findIndex((session) => session !== undefined && !session.closed && session.busy === 0);
    const absent = open.findIndex((session) => session === undefined || session.closed);
    if (free >= 0) return this.open(`work${free}`);
    if (absent >= 0) return this.open(`work${absent}`);
    const load = open.map((session) => session?.busy ?? 0);
    return this.open(`work${load.indexOf(Math.min(...load))}`);
  }

  /** The daemon went away. The other sessions would only find out by losing the next command: idle ones are let go. */
  private lostOnce(lane: string): void {
    this.generation += 1;
    for (const [other, opening] of this.lanes) {
      if (other !== lane) void opening.then((session) => session.busy === 0 && session.close()).catch(() => undefined);
    }
  }

  private async open(lane: string): Promise<Session> {
    const existing = this.lanes.get(lane);
    if (existing !== undefined) {
      const session = await existing.catch(() => undefined);
      if (session !== undefined && !session.closed) return session;
      if (this.lanes.get(lane) === existing) this.lanes.delete(lane);
      return this.open(lane);
    }
    if (this.failure !== undefined && Date.now() < this.failure.until) throw this.failure.error;
    if (this.statistics.sessions > 0 && this.lanes.size === 0) this.generation += 1;
    this.statistics.sessions += 1;
    const opening = Session.open(this.uri, connectTimeoutSeconds, () => this.lostOnce(lane));
    this.lanes.set(lane, opening);
    try {
      return await opening;
    } catch (error) {
      this.lanes.delete(lane);
      this.failure = { error, until: Date.now() + failureMilliseconds };
      throw error;
    }
  }
}

/** How many commands and virsh processes a connection has needed so far. */
export function statistics(virsh: Virsh): { readonly commands: number; readonly sessions: number } {
  if (virsh instanceof Connection) return { ...virsh.statistics };
  throw new LibvirtError("Bug", "Only connections of Hosts count their commands.");
}

async function commandLine(command: Command, files: PrivateFiles): Promise<string> {
  const words = await Promise.all(
    (command.arguments ?? []).map(async (argument) =>
      quote(typeof argument === "object" ? await files.add(argument.xml) : argument),
    ),
  );
  return [command.name, ...words].join(" ");
}
