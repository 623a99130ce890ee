import { spawn } from "node:child_process";
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isOnTerminal, Pace } from "../../../../provider/pulumi/dynamic/pace";
import { until } from "../../../support/until";

const moments = [0, 100, 300, 9_999, 10_000, 12_000, 20_000];

it.each([
  [true, moments],
  [false, [0, 10_000, 20_000]],
])("on a terminal: %s", (isTerminal, due) => {
  let now = 0;
  const pace = new Pace(
    () => isTerminal,
    () => now,
  );
  const told = moments.filter((at) => {
    now = at;
    return pace.isDue("one");
  });
  expect(told).toEqual(due);
  expect(pace.isDue("another")).toBe(true);
});

describe("the engine's output", () => {
  const folder = mkdtempSync(join(tmpdir(), "pva-"));
  const at = (name: string): string => join(folder, name);
  afterAll(() => rmSync(folder, { recursive: true }));
  beforeAll(() => {
    // A shell that is called so, and in it the launcher's, whose child asks.
    copyFileSync("/bin/sh", at("pulumi"));
    writeFileSync(at("engine"), `sh '${at("launcher")}'; true\n`);
    writeFileSync(at("launcher"), `echo $$ >'${at("id.new")}'; mv '${at("id.new")}' '${at("id")}'; read end\n`);
  });

  it.each([
    ["a terminal", "script", ["-qec", `'${at("pulumi")}' '${at("engine")}'`, "/dev/null"], true],
    ["a pipe", at("pulumi"), [at("engine")], false],
  ] as const)("goes to %s", async (_where, command, args, isTerminal) => {
    rmSync(at("id"), { force: true });
    const engine = spawn(command, args, { stdio: ["pipe", "pipe", "ignore"] });
    await until(() => existsSync(at("id")), 30);
    expect(isOnTerminal(Number(readFileSync(at("id"), "utf8")))).toBe(isTerminal);
    engine.kill("SIGKILL");
  });
});

it("without an engine above there is no terminal", () => {
  expect(isOnTerminal(1)).toBe(false);
  expect(isOnTerminal(999_999_999)).toBe(false);
});
