/** Runs a command to its end, and throws with what it said on standard error where it fails. */

import { execFileSync } from "node:child_process";

export function run(command: string, ...args: string[]): string {
  return feed(undefined, command, ...args);
}

/** Runs it with something on its standard input. */
export function feed(input: string | Buffer | undefined, command: string, ...args: string[]): string {
  return execFileSync(command, args, {
    encoding: "utf8",
    input,
    stdio: [input === undefined ? "ignore" : "pipe", "pipe", "pipe"],
    env: { ...process.env, LC_ALL: "C" },
  });
}
