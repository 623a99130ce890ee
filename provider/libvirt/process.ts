/** The one place where a process is started: virsh, on pipes, gone when we are gone. */

import { existsSync } from "node:fs";
import type { Readable, Writable } from "node:stream";
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

/** util-linux; kills the child when we are killed, also while it hangs in a call to a frozen daemon. */
const setpriv = ["/usr/bin/setpriv", "/bin/setpriv"].find((path) => existsSync(path));

export async function startProcess(command: string, args: readonly string[]): Promise<Process> {
  const { execa } = await import("execa");
  const line = setpriv === undefined ? [command, ...args] : [setpriv, "--pdeathsig", "KILL", "--", command, ...args];
  const subprocess = execa(line[0] as string, line.slice(1), {
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
    ended: subprocess.then((result) => ({
      code: result.exitCode,
      reason: result.signal ?? (result.failed ? (result.shortMessage ?? "failed to start") : "ended"),
    })),
    kill: () => void subprocess.kill("SIGKILL"),
    hold: (alive) => {
      for (const handle of [subprocess as unknown as { ref(): void; unref(): void }, ...pipes]) {
        if (alive) handle.ref();
        else handle.unref();
      }
    },
  };
}

/** Runs a short command to its end with the user's own environment; resolves even where it fails. */
export async function runOnce(command: string, args: readonly string[], timeoutSeconds: number): Promise<void> {
  const { execa } = await import("execa");
  const env = await environment();
  await execa(command, args, { reject: false, stdin: "ignore", timeout: timeoutSeconds * 1000, env });
}

let locales: Promise<readonly string[]> | undefined;

/** The environment of every process of ours: English, in UTF-8. */
async function environment(): Promise<Record<string, string | undefined>> {
  locales ??= installedLocales();
  return englishInUtf8(process.env, await locales);
}

/** Empty where the system has no such command. */
async function installedLocales(): Promise<readonly string[]> {
  const { execa } = await import("execa");
  const { stdout } = await execa("locale", ["-a"], { reject: false, stdin: "ignore", timeout: 10_000 });
  return typeof stdout === "string" ? stdout.split("\n") : [];
}
