/** How often a row is told how far something has come: a terminal whenever it is said, a log once in ten seconds. */

import { readFileSync, readlinkSync } from "node:fs";

const logMilliseconds = 10_000;

export class Pace {
  private readonly told = new Map<string, number>();
  private always: boolean | undefined;

  constructor(
    private readonly isTerminal: () => boolean = isOnTerminal,
    private readonly now: () => number = Date.now,
  ) {}

  /** Whether it may be told now; then it counts as told. */
  isDue(row: string): boolean {
    this.always ??= this.isTerminal();
    const at = this.now();
    if (!this.always && at - (this.told.get(row) ?? -Infinity) < logMilliseconds) return false;
    this.told.set(row, at);
    return true;
  }
}

/** How many processes lie at most between the engine and this one: the launcher's shell script. */
const generations = 4;

/** Whether the engine's output goes to a terminal. The engine tells no provider, so the system is asked; Linux alone knows. */
export function isOnTerminal(pid: number = process.ppid): boolean {
  try {
    for (let process = pid, above = 0; process > 1 && above < generations; above += 1) {
      const [, name = "", parent = "0"] =
        /^\d+ \((.*)\) \S+ (\d+) /s.exec(readFileSync(`/proc/${process}/stat`, "utf8")) ?? [];
      if (name === "pulumi") return /^\/dev\/(pts\/|tty)/.test(readlinkSync(`/proc/${process}/fd/1`));
      process = Number(parent);
    }
  } catch {
    // Another system, or another user's process.
  }
  return false;
}
