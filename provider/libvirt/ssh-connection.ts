/**
 * One ssh connection to a host, which all commands share (ssh_config(5), ControlMaster). Its master is a child of ours that
 * reads from our pipe, so it ends when we do, however that happens, and no command leaves one behind.
 */

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connectTimeoutSeconds } from "./connection";
import { type Finished, type Process, runToEnd, startProcess } from "./process";
import { noShellWithin, shellConnectionError } from "./prose";
import { shellWord } from "./quote";
import { sshCommand } from "./ssh-command";

interface Master {
  readonly process: Process;
  readonly socket: string;
  /** Whether the host can end a command by itself, since the end of its channel does not. */
  readonly endsCommands: boolean;
  /** Resolves when it has ended, and nothing is left of it. */
  readonly over: Promise<void>;
}

/** What the connection itself runs there: it says that it is open, and ends with our end of the pipe. */
const greeting = `
if timeout -k 2 5 true 2>/dev/null; then echo pulumi-virt: open, ends commands; else echo pulumi-virt: open; fi
exec cat >/dev/null`;
const greeted = /^pulumi-virt: open(, ends commands)?$/m;

export class SshConnection {
  private opening: Promise<Master> | undefined;

  constructor(private readonly uri: string) {}

  async run(argv: readonly string[], stdin: string, timeoutSeconds: number): Promise<Finished> {
    const { socket, endsCommands, over } = await this.master();
    const seconds = Math.ceil(timeoutSeconds);
    const limited = endsCommands ? ["timeout", "-k", "2", String(seconds), ...argv] : argv;
    const { program, words } = this.ssh(socket, ["ControlMaster=no"], ["env", "LC_ALL=C", ...limited]);
    const begun = Date.now();
    // The host's clock comes first: it ends what runs there.
    const finished = await runToEnd(program, words, stdin, endsCommands ? seconds + 5 : seconds);
    // ssh's own failures have this code, and so may a command.
    if (finished.code === 255 && (await isOver(over))) throw shellConnectionError(this.uri, finished.stderr);
    const wasEnded = endsCommands && (finished.code === 124 || finished.code === 137);
    return { ...finished, timedOut: finished.timedOut || (wasEnded && Date.now() - begun >= seconds * 1000) };
  }

  async close(): Promise<void> {
    const master = await this.opening?.catch(() => undefined);
    if (master === undefined) return;
    master.process.hold(true);
    master.process.stdin.end();
    const timer = setTimeout(() => master.process.kill(), 2_000);
    await master.over;
    clearTimeout(timer);
  }

  private master(): Promise<Master> {
    this.opening ??= this.open().catch((error: unknown) => {
      this.opening = undefined;
      throw error;
    });
    return this.opening;
  }

  private async open(): Promise<Master> {
    // Short, because the path of a Unix socket is; of mode 0700.
    const folder = await mkdtemp(join(tmpdir().length > 60 ? "/tmp" : tmpdir(), "pvs-"));
    const socket = join(folder, "s");
    const alive = `ServerAliveCountMax=${Math.max(3, Math.ceil(connectTimeoutSeconds / 5))}`;
    const options = ["ControlMaster=yes", "ControlPersist=no", "ServerAliveInterval=5", alive];
    const { program, words } = this.ssh(socket, options, ["sh", "-c", greeting]);
    const process = await startProcess(program, words);
    const over = process.ended.then(async () => {
      this.opening = undefined;
      await rm(folder, { recursive: true, force: true });
    });
    try {
      const endsCommands = await this.greetingOf(process);
      process.hold(false);
      return { process, socket, endsCommands, over };
    } catch (error) {
      process.kill();
      await over;
      throw error;
    }
  }

  /** Whether the host can end commands, once the connection is open. */
  private greetingOf(process: Process): Promise<boolean> {
    return new Promise((resolve, reject) => {
      let [said, complaint] = ["", ""];
      process.stdin.on("error", () => undefined);
      process.stderr.setEncoding("utf8").on("data", (text: string) => (complaint += text));
      process.stdout.setEncoding("utf8").on("data", (text: string) => {
        said += text;
        const found = greeted.exec(said);
        if (found === null) return;
        clearTimeout(timer);
        resolve(found[1] !== undefined);
      });
      const timer = setTimeout(
        () => reject(noShellWithin(this.uri, connectTimeoutSeconds)),
        connectTimeoutSeconds * 1000,
      );
      void process.ended.then(({ reason }) => {
        clearTimeout(timer);
        reject(shellConnectionError(this.uri, complaint.trim() === "" ? reason : complaint));
      });
    });
  }

  private ssh(
    socket: string,
    options: readonly string[],
    argv: readonly string[],
  ): { program: string; words: string[] } {
    const { program, options: ofTheTransport, destination } = sshCommand(this.uri);
    // What the user's configuration forwards is for the user's own sessions.
    const own = [...options, "ClearAllForwardings=yes"].flatMap((option) => ["-o", option]);
    // ssh reads a percent sign in the path as a token, and joins the words of a command by spaces for the shell there.
    const path = socket.replaceAll("%", "%%");
    const command = argv.map(shellWord).join(" ");
    return { program, words: ["-S", path, ...own, ...ofTheTransport, "--", destination, command] };
  }
}

/** It may take a moment longer than the command that noticed. */
function isOver(over: Promise<void>): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), 500);
    void over.then(() => {
      clearTimeout(timer);
      resolve(true);
    });
  });
}
