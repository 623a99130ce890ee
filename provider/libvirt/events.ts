/**
 * What happens on a host, as it happens: one `virsh event` process, there while somebody waits. Events only say when to
 * look again; what is true is what the host answers then, and a slow look is the safety net where none come.
 */

import { createInterface } from "node:readline";
import { type Process, startProcess } from "./process";
import { isTestDriver, withoutQuestions } from "./uri";

/** How long a wait lasts where no event comes, in milliseconds. */
const quietMilliseconds = 1_000;

export interface Watch {
  /** Resolves at the next event of the guest of this name, or after a second. */
  next(guest: string): Promise<void>;
  /** Nothing is waited for any more. To be called once. */
  end(): void;
}

export class Events {
  private watchers = 0;
  private opening: Promise<Process> | undefined;
  private readonly waiting = new Set<{ readonly guest: string; readonly wake: () => void }>();

  constructor(private readonly uri: string) {}

  /** Events count from about now on: the process is started, and not waited for. */
  watch(): Watch {
    this.watchers += 1;
    // Each connection of the test driver is a host of its own, on which nothing happens.
    if (!isTestDriver(this.uri)) this.opening ??= this.open();
    return {
      next: (guest) => this.next(guest),
      end: () => {
        this.watchers -= 1;
        if (this.watchers === 0) this.close();
      },
    };
  }

  close(): void {
    void this.opening?.then((process) => process.kill()).catch(() => undefined);
    this.opening = undefined;
  }

  private next(guest: string): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => waiter.wake(), quietMilliseconds);
      const waiter = {
        guest,
        wake: () => {
          clearTimeout(timer);
          this.waiting.delete(waiter);
          resolve();
        },
      };
      this.waiting.add(waiter);
    });
  }

  /** Where it cannot be had, or ends, nothing is lost but haste. */
  private async open(): Promise<Process> {
    const process = await startProcess("virsh", ["-q", "-c", withoutQuestions(this.uri), "event", "--loop", "--all"]);
    process.hold(false);
    process.stdin.on("error", () => undefined);
    process.stderr.resume();
    createInterface({ input: process.stdout }).on("line", (line) => this.happened(line));
    return process;
  }

  private happened(line: string): void {
    for (const { guest, wake } of this.waiting) if (concerns(line, guest)) wake();
  }
}

/** virsh(1), `event`: `event 'lifecycle' for domain 'web': Stopped Shutdown`. A name that it could not write may be anybody's. */
export function concerns(line: string, guest: string): boolean {
  return line.includes(` for domain '${guest}'`) || line.includes("\\x");
}
