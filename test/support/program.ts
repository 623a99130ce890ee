/** A Pulumi program in a folder of its own, run by the real CLI with a file backend. */

import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type PrivateHost, run } from "./private-host";

const root = join(__dirname, "../..");
let found: string | undefined;

/** The folder of the CLI, by the finder that the demo uses. */
function cli(): string {
  found ??= run(join(root, "scripts/pulumi-cli/find")).trim();
  return found;
}

/** Ids of our virsh processes that speak to this host. */
export function sessionsOf({ folder }: PrivateHost): string[] {
  const { stdout } = spawnSync("pgrep", ["-f", `virsh -q.*${folder}`], { encoding: "utf8" });
  return stdout.split("\n").filter((line) => line !== "");
}

export interface Result {
  readonly code: number | null;
  /** Standard output and standard error together. */
  readonly text: string;
}

export interface ProgramOptions {
  /** Shares another program's backend; without it the program has one of its own. */
  readonly state?: string;
  readonly name?: string;
  /** Where the program's `main` lies below the project's folder. */
  readonly files?: Readonly<Record<string, string>>;
  /** Beside this process's own. */
  readonly environment?: Readonly<Record<string, string>>;
}

export class Program {
  readonly folder = mkdtempSync(join(tmpdir(), "pvp-"));
  readonly state: string;

  private readonly ownEnvironment: Readonly<Record<string, string>>;

  constructor(source: string, { state, name = "e2e", files = {}, environment = {} }: ProgramOptions = {}) {
    this.ownEnvironment = environment;
    this.state = state ?? join(this.folder, "state");
    mkdirSync(this.state, { recursive: true });
    this.write("Pulumi.yaml", `name: ${name}\nruntime: nodejs\n`);
    this.write("package.json", JSON.stringify({ name, main: "index.js" }));
    this.write("index.js", source);
    for (const [path, content] of Object.entries(files)) this.write(path, content);
    this.link("pulumi-virt", root);
    this.link("@pulumi/pulumi", join(root, "node_modules/@pulumi/pulumi"));
    this.must("stack", "init", "test");
  }

  write(path: string, content: string): void {
    mkdirSync(dirname(join(this.folder, path)), { recursive: true });
    writeFileSync(join(this.folder, path), content);
  }

  link(name: string, target: string, below = ""): void {
    const path = join(this.folder, below, "node_modules", name);
    mkdirSync(dirname(path), { recursive: true });
    symlinkSync(target, path);
  }

  get environment(): NodeJS.ProcessEnv {
    const { NODE_OPTIONS: _options, ...rest } = process.env;
    return {
      ...rest,
      PATH: `${cli()}:${process.env.PATH}`,
      PULUMI_HOME: join(this.state, ".home"),
      PULUMI_BACKEND_URL: `file://${this.state}`,
      PULUMI_CONFIG_PASSPHRASE: "test",
      PULUMI_SKIP_UPDATE_CHECK: "true",
      PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
      PULUMI_DISABLE_REGISTRY_RESOLVE: "true",
      ...this.ownEnvironment,
    };
  }

  /** Runs the CLI to its end, whatever that is. */
  pulumi(...args: string[]): Result {
    const { status, stdout, stderr } = spawnSync("pulumi", ["--non-interactive", "--color", "never", ...args], {
      cwd: this.folder,
      env: this.environment,
      encoding: "utf8",
      timeout: 180_000,
    });
    return { code: status, text: stdout + stderr };
  }

  /** Runs it, and throws with all it said where it fails. */
  must(...args: string[]): string {
    const { code, text } = this.pulumi(...args);
    if (code !== 0) throw new Error(`pulumi ${args.join(" ")} ended with ${code}:\n${text}`);
    return text;
  }

  /** Starts it and does not wait. */
  start(...args: string[]): ChildProcess {
    return spawn("pulumi", ["--non-interactive", "--color", "never", ...args], {
      cwd: this.folder,
      env: this.environment,
      stdio: "ignore",
    });
  }

  /** Runs it to its end beside this process, which may serve it something meanwhile. `begun`: gets it as soon as it runs. */
  async beside(args: readonly string[], begun: (engine: ChildProcess) => void = () => undefined): Promise<Result> {
    const engine = spawn("pulumi", ["--non-interactive", "--color", "never", ...args], {
      cwd: this.folder,
      env: this.environment,
    });
    let text = "";
    for (const output of [engine.stdout, engine.stderr])
      output.setEncoding("utf8").on("data", (more) => (text += more));
    begun(engine);
    // A killed one leaves children that hold its outputs for a while.
    const [code] = (await once(engine, "exit")) as [number | null];
    return { code, text };
  }

  up(...args: string[]): string {
    return this.must("up", "--yes", "--skip-preview", ...args);
  }

  /** Law 9: previews and refreshes after an `up` are empty. */
  mustBeSettled(): void {
    this.must("preview", "--expect-no-changes");
    // `up --refresh` in place of both would not tell a refresh that finds something of which the program says nothing.
    this.must("refresh", "--yes", "--skip-preview", "--expect-no-changes");
    this.must("preview", "--expect-no-changes");
  }

  destroy(...args: string[]): string {
    return this.must("destroy", "--yes", "--skip-preview", ...args);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
