/** The one place where a process is started: virsh, on pipes, gone when we are gone. */

import { homedir } from "node:os";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { finished } from "node:stream/promises";
import { setTimeout as delay } from "node:timers/promises";
import { englishInUtf8 } from "./locale";

export interface Process {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Resolves once the process has ended, whichever way. */
  readonly ended: Promise<{ readonly code: number | undefined; readonly reason: string }>;
  kill(): void;
  /** Whether the process keeps Node's event loop alive; idle sessions must not. */
  hold(alive: boolean): void;
}

export async function startProcess(command: string, args: readonly string[]): Promise<Process> {
  const { execa } = await import("execa");
  const [file = command, ...words] = [...(await leash()), command, ...args];
  const subprocess = execa(file, words, {
    stdin: "pipe",
    stdout: "pipe",
    stderr: "pipe",
    buffer: false,
    reject: false,
    // A group of its own: Ctrl-C in a terminal goes to the engine and to us, which finish the command under way.
    detached: true,
    cleanup: true,
    env: {
      ...(await environment()),
      TERM: "dumb",
      // virsh writes every command into a history file below the cache folder; below a device there can be none.
      XDG_CACHE_HOME: "/dev/null",
    },
  });
  const pipes = [subprocess.stdin, subprocess.stdout, subprocess.stderr] as unknown as { ref(): void; unref(): void }[];
  return {
    stdin: subprocess.stdin,
    stdout: subprocess.stdout,
    stderr: subprocess.stderr,
    ended: subprocess.then(async (result) => {
      await saidAll(subprocess.stderr);
      const reason = result.signal ?? (result.failed ? (result.shortMessage ?? "failed to start") : "ended");
      return { code: result.exitCode, reason };
    }),
    kill: () => void subprocess.kill("SIGKILL"),
    hold: (alive) => {
      for (const handle of [subprocess as unknown as { ref(): void; unref(): void }, ...pipes]) {
        if (alive) handle.ref();
        else handle.unref();
      }
    },
  };
}

/** Its last words may still be in the pipe when it has ended; a child that it leaves behind may hold the pipe for longer. */
async function saidAll(stream: Readable): Promise<void> {
  const patience = delay(1000, undefined, { ref: false });
  await Promise.race([finished(stream).catch(() => undefined), patience]);
}

export interface Ended {
  /** Undefined where it could not be started, or did not end in time. */
  readonly code: number | undefined;
  readonly stdout: string;
}

/** Runs a short command to its end; resolves even where it fails. */
export async function runOnce(command: string, args: readonly string[], timeoutSeconds: number): Promise<Ended> {
  return runWith(command, args, timeoutSeconds, await environment());
}

async function runWith(
  command: string,
  args: readonly string[],
  timeoutSeconds: number,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Ended> {
  const { execa } = await import("execa");
  const options = { reject: false, stdin: "ignore", timeout: timeoutSeconds * 1000, env } as const;
  const { exitCode, stdout } = await execa(command, [...args], options);
  return { code: exitCode, stdout: typeof stdout === "string" ? stdout : "" };
}

export interface Finished extends Ended {
  readonly stderr: string;
  readonly timedOut: boolean;
}

/**
 * Runs a command to its end with something on its standard input, and answers all that became of it. One that takes too
 * long is ended with whatever it started; one that there is none of has the code that a shell gives it, 127.
 */
export async function runToEnd(
  command: string,
  args: readonly string[],
  input: string,
  timeoutSeconds: number,
): Promise<Finished> {
  const { execa } = await import("execa");
  const [file = command, ...words] = [...(await leash()), command, ...args];
  const subprocess = execa(file, words, {
    input,
    reject: false,
    stripFinalNewline: false,
    // The leader of a group, so that its children can be ended with it.
    detached: true,
    env: await environment(),
  });
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    if (subprocess.pid !== undefined) process.kill(-subprocess.pid, "SIGKILL");
  }, timeoutSeconds * 1000);
  const { code, exitCode, stdout, stderr } = await subprocess;
  clearTimeout(timer);
  return { code: code === "ENOENT" ? 127 : exitCode, stdout, stderr, timedOut };
}

/**
 * Runs a command that takes as long as it takes, or until nobody waits any more: then it is ended. `to`: the file for its
 * standard output; otherwise `heard` gets what it says there, as it comes.
 */
export async function runLong(
  command: string,
  args: readonly string[],
  { to, heard, signal }: { to?: string; heard?: (text: string) => void; signal?: AbortSignal | undefined },
): Promise<{ readonly code: number | undefined; readonly stderr: string }> {
  const { execa } = await import("execa");
  // It writes into the file by itself: what comes through here would be read as text.
  const writes = to === undefined ? [] : ["sh", "-c", 'exec "$@" >"$0"', to];
  const [file = command, ...words] = [...(await leash()), ...writes, command, ...args];
  const subprocess = execa(file, words, {
    stdin: "ignore",
    stdout: to === undefined ? "pipe" : "ignore",
    buffer: { stdout: false },
    reject: false,
    detached: true,
    env: await environment(),
    ...(signal === undefined ? {} : { cancelSignal: signal, forceKillAfterDelay: 500 }),
  });
  subprocess.stdout?.setEncoding("utf8").on("data", (text: string) => heard?.(text));
  const { code, exitCode, stderr } = await subprocess;
  return { code: code === "ENOENT" ? 127 : exitCode, stderr: typeof stderr === "string" ? stderr : "" };
}

let leashed: Promise<readonly string[]> | undefined;

/**
 * What makes the kernel kill a child together with us, also while it hangs in a call to a frozen daemon. util-linux can
 * since 2.33; BusyBox, RHEL 8 and macOS cannot: there virsh ends by itself when its standard input does.
 */
function leash(): Promise<readonly string[]> {
  const line = ["--pdeathsig", "KILL", "--"];
  leashed ??= runOnce("setpriv", [...line, "true"], 10).then(({ code }) => (code === 0 ? ["setpriv", ...line] : []));
  return leashed;
}

let locales: Promise<readonly string[]> | undefined;

/** The environment of every process of ours: English, in UTF-8. */
async function environment(): Promise<Record<string, string | undefined>> {
  locales ??= runWith("locale", ["-a"], 10, {}).then(({ stdout }) => stdout.split("\n"));
  return { ...englishInUtf8(process.env, await locales), XDG_RUNTIME_DIR: runtimeFolder() };
}

/**
 * Where a session's sockets are. Without the variable libvirt looks below the cache folder (GLib,
 * g_get_user_runtime_dir), which is another one for our sessions.
 */
function runtimeFolder(): string {
  const { XDG_RUNTIME_DIR: own = "", XDG_CACHE_HOME: cache = "" } = process.env;
  return own || cache || join(homedir(), ".cache");
}

/** Runs a short command to its end and answers what it said on both outputs; undefined where there is no such command. */
export async function outputOf(
  command: string,
  args: readonly string[],
  timeoutSeconds: number,
): Promise<string | undefined> {
  const { execa } = await import("execa");
  const { failed, code, all } = await execa(command, args, {
    reject: false,
    stdin: "ignore",
    all: true,
    timeout: timeoutSeconds * 1000,
    env: { LC_ALL: "C" },
  });
  return failed && code === "ENOENT" ? undefined : all;
}
