/** A provider process of its own (from `dist`) that can be made to die, or to lose virsh or the daemon, at any command. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Values } from "../../provider/lifecycle/lifecycle";
import { run } from "./private-host";
import type { Kind } from "./stack";

export type Disaster =
  | "killed before"
  | "killed after"
  | "answer lost"
  | "daemon killed before"
  | "daemon killed during"
  | "daemon killed after"
  | "held before"
  | "held after";

/** Our process is no more. */
export class Died extends Error {}

/** What the provider threw; with an id, it is a failure that keeps the state. */
export class ProviderError extends Error {
  constructor(
    message: string,
    readonly id: string | undefined,
    readonly properties: Values | undefined,
  ) {
    super(message);
  }
}

interface Answer {
  readonly call: number;
  readonly result?: unknown;
  readonly error?: { readonly message: string; readonly id?: string; readonly properties?: Values };
}

export class MortalProvider {
  readonly folder = mkdtempSync(join(tmpdir(), "pvm-"));
  private readonly child: ChildProcess;
  private readonly waiting = new Map<number, { resolve(result: unknown): void; reject(error: Error): void }>();
  private calls = 0;
  private dead = false;

  /** Starts it at once. `temporary` is where it puts its files; several processes share it as they share /tmp. */
  constructor(readonly temporary: string) {
    mkdirSync(temporary, { recursive: true });
    this.child = spawn(process.execPath, [join(__dirname, "mortal/provider.js")], {
      stdio: ["pipe", "pipe", "inherit"],
      env: {
        ...process.env,
        NODE_OPTIONS: "",
        TMPDIR: temporary,
        PATH: `${join(__dirname, "mortal")}:${process.env.PATH}`,
        MORTAL_FOLDER: this.folder,
        MORTAL_VIRSH: run("sh", "-c", "command -v virsh").trim(),
      },
    });
    this.child.stdin?.on("error", () => undefined);
    createInterface({ input: this.child.stdout as NodeJS.ReadableStream }).on("line", (line) => {
      const { call, result, error } = JSON.parse(line) as Answer;
      const waiting = this.waiting.get(call);
      this.waiting.delete(call);
      if (error === undefined) waiting?.resolve(result);
      else waiting?.reject(new ProviderError(error.message, error.id, error.properties));
    });
    this.child.once("close", () => {
      this.dead = true;
      for (const waiting of this.waiting.values()) waiting.reject(new Died("the provider process is dead"));
    });
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  call(kind: Kind, method: string, ...args: unknown[]): Promise<unknown> {
    if (this.dead) return Promise.reject(new Died("the provider process is dead"));
    const call = (this.calls += 1);
    const answer = new Promise<unknown>((resolve, reject) => this.waiting.set(call, { resolve, reject }));
    this.child.stdin?.write(`${JSON.stringify({ call, kind, method, args })}\n`);
    return answer;
  }

  /** From now on commands are counted, and the disaster strikes at this one. 0: it never does. */
  arm(at: number, how: Disaster, killDaemon: readonly string[] = []): void {
    this.disarm();
    writeFileSync(join(this.folder, "death.json"), JSON.stringify({ at, how, killDaemon }));
  }

  /** Ends the counting; returns the commands since `arm`. */
  disarm(): string[] {
    rmSync(join(this.folder, "death.json"), { force: true });
    const counted = join(this.folder, "commands");
    const commands = existsSync(counted) ? readFileSync(counted, "utf8").trim().split("\n") : [];
    rmSync(counted, { force: true });
    return commands.map((line) => line.slice(line.indexOf(" ") + 1));
  }

  /** Waits until it stands still at the command; false where it has ended its work before. */
  async held(work: Promise<unknown>): Promise<boolean> {
    let over = false;
    void work.then(
      () => (over = true),
      () => (over = true),
    );
    while (!over && !existsSync(join(this.folder, "held"))) await new Promise((resolve) => setTimeout(resolve, 10));
    return existsSync(join(this.folder, "held"));
  }

  go(): void {
    writeFileSync(join(this.folder, "go"), "");
  }

  /** As the engine ends it: the channel is closed, and it leaves. */
  async end(): Promise<void> {
    if (!this.dead) {
      this.child.stdin?.end();
      await once(this.child, "close");
    }
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Files with XML that are still there. */
  leftFiles(): string[] {
    return readdirSync(this.temporary).filter((name) => name.startsWith("pulumi-virt-"));
  }
}
