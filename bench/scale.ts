/**
 * A stack of many guests: what each of Pulumi's commands takes, in seconds and in memory, beside the same program with
 * handlers that do nothing. `npm run bench:scale -- 1000`; docs/scale.md says what came of it.
 */

import { readdirSync, readFileSync } from "node:fs";
import { type PrivateHost, startPrivateHost } from "../test/support/private-host";
import type { Program } from "../test/support/program";
import { guestsOf, idleOf } from "./engine";

interface Measured {
  readonly seconds: number;
  /** Of the CLI, the program and the provider together, where it is highest. */
  readonly mebibytes: number;
}

type Command = readonly [name: string, words: readonly string[], environment?: Readonly<Record<string, string>>];

const yes = ["--yes", "--skip-preview", "--suppress-outputs"];
const finalStateOnly = { PULUMI_EXPERIMENTAL: "true", PULUMI_SKIP_CHECKPOINTS: "true" };
const commands: readonly Command[] = [
  ["up, all new", ["up", ...yes]],
  ["preview, unchanged", ["preview"]],
  ["preview, unchanged, offline", ["preview"], { PULUMI_VIRT_OFFLINE: "true" }],
  ["preview --refresh", ["preview", "--refresh"]],
  ["up, unchanged", ["up", ...yes]],
  ["refresh", ["refresh", ...yes]],
  ["refresh, only the last state saved", ["refresh", ...yes], finalStateOnly],
  ["refresh --parallel 4", ["refresh", "--parallel", "4", ...yes]],
  ["preview --target of one", ["preview", "--target", "**bench-7"]],
  ["refresh --target of one", ["refresh", "--target", "**bench-7", ...yes]],
  ["destroy", ["destroy", ...yes]],
  ["up, all new, only the last state saved", ["up", ...yes], finalStateOnly],
  ["destroy, only the last state saved", ["destroy", ...yes], finalStateOnly],
];

async function main(count: number): Promise<void> {
  const host: PrivateHost = startPrivateHost();
  const [ours, idle] = [guestsOf(host, count, false), idleOf(count)];
  try {
    for (const command of commands) {
      const [one, other] = [await measured(ours, command), await measured(idle, command)];
      const columns = [one.seconds, other.seconds, one.seconds / other.seconds, one.mebibytes, other.mebibytes];
      console.log([command[0].padEnd(42), ...columns.map((each) => each.toFixed(1).padStart(9))].join(""));
    }
  } finally {
    ours.remove();
    idle.remove();
    host.stop();
  }
}

async function measured(program: Program, [name, words, environment = {}]: Command): Promise<Measured> {
  const before = { ...process.env };
  Object.assign(process.env, environment);
  const begun = performance.now();
  const child = program.start(...words);
  process.env = before;
  let kibibytes = 0;
  const timer = setInterval(() => (kibibytes = Math.max(kibibytes, residentBelow(child.pid ?? 0))), 200);
  const code = await new Promise((resolve) => child.once("exit", resolve));
  clearInterval(timer);
  if (code !== 0) throw new Error(`"${name}" ended with ${String(code)}`);
  return { seconds: (performance.now() - begun) / 1000, mebibytes: kibibytes / 1024 };
}

/** The resident memory of a process and of all that it started. */
function residentBelow(root: number): number {
  const processes = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(statusOf);
  const within = new Set([root]);
  // A child has a higher number than its parent, but where the numbers began anew.
  for (const { pid, parent } of processes) if (within.has(parent)) within.add(pid);
  return processes.reduce((sum, { pid, resident }) => (within.has(pid) ? sum + resident : sum), 0);
}

function statusOf(name: string): { readonly pid: number; readonly parent: number; readonly resident: number } {
  const number = (field: string): number => Number(new RegExp(`^${field}:\\s+(\\d+)`, "m").exec(text)?.[1] ?? 0);
  let text = "";
  try {
    text = readFileSync(`/proc/${name}/status`, "utf8");
  } catch {
    // It ended meanwhile.
  }
  return { pid: Number(name), parent: number("PPid"), resident: number("VmRSS") };
}

void main(Number(process.argv[2] ?? 1000));
