/** Whatever a preview does not know yet: the check says nothing of it, and of nothing that depends on it. */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ResourceLifecycle } from "../../../provider/lifecycle/resource-lifecycle";
import type { Lifecycle, Values } from "../../../provider/lifecycle/lifecycle";
import { disk } from "../../../provider/resources/disk/handler";
import { guest } from "../../../provider/resources/guest/handler";
import { network } from "../../../provider/resources/network/handler";
import { pool } from "../../../provider/resources/pool/handler";
import { unknown } from "../../../schema/unknown";
import { plainly } from "../../support/plainly";
import { hosts } from "../../support/hosts";

const golden = join(__dirname, "../../golden");
const identity = { urn: "urn:pulumi:test::project::virt::name", resourceName: "name" };

beforeAll(() => (process.env.PULUMI_VIRT_OFFLINE = "true"));
afterAll(() => delete process.env.PULUMI_VIRT_OFFLINE);

/** Every input once replaced by the unknown, at every depth: the path, and the inputs. */
function substituted(value: object): [string, object][] {
  return Object.entries(value).flatMap(([key, inner]): [string, object][] => [
    [key, { ...value, [key]: unknown }],
    ...(typeof inner === "object" && inner !== null && !Array.isArray(inner)
      ? substituted(inner as object).map(([path, changed]): [string, object] => [
          `${key}.${path}`,
          { ...value, [key]: changed },
        ])
      : []),
  ]);
}

const lifecycles: Readonly<Record<string, Lifecycle>> = {
  pool: new ResourceLifecycle(hosts, pool),
  disk: new ResourceLifecycle(hosts, disk),
  network: new ResourceLifecycle(hosts, network),
  guest: new ResourceLifecycle(hosts, guest),
};

async function said(lifecycle: Lifecycle, given: Values, recorded: Values | undefined): Promise<readonly string[]> {
  try {
    const checked = await lifecycle.check(given, recorded, identity);
    const report = await lifecycle.preview({ checked, recorded, ...plainly });
    return [...checked.failures, ...(report.failures ?? [])];
  } catch (error) {
    return [String(error)];
  }
}

/** Paths at which something is said that is neither said of the whole nor unknown. */
function invented(value: unknown, whole: unknown, path = ""): string[] {
  if (value === unknown || value === whole) return [];
  if (typeof value !== "object" || value === null || typeof whole !== "object" || whole === null) return [path];
  return Object.entries(value).flatMap(([key, inner]) =>
    invented(inner, (whole as Record<string, unknown>)[key], path === "" ? key : `${path}.${key}`),
  );
}

describe.each(Object.entries(lifecycles))("%s (8.20)", (kind, lifecycle) => {
  const files = readdirSync(join(golden, kind)).filter((name) => name.endsWith(".json"));
  const inputsOf = (file: string): object =>
    (JSON.parse(readFileSync(join(golden, kind, file), "utf8")) as { inputs: object }).inputs;

  it.each(files)("%s, nothing follows from an unknown input", async (file) => {
    const inputs = inputsOf(file);
    const whole = (await lifecycle.check(inputs as Values, undefined, identity)).inputs;
    const found: string[] = [];
    // What is recorded with the whole stays, whatever is not known of it now.
    for (const old of [undefined, whole])
      for (const [path, changed] of substituted(inputs)) {
        const checked = await lifecycle.check(changed as Values, old, identity);
        for (const each of invented(checked.inputs, whole)) found.push(`${path}: ${each}`);
      }
    expect(found).toEqual([]);
  });

  it.each(files)("%s, each input unknown", async (file) => {
    const inputs = inputsOf(file);
    const problems: string[] = [];
    for (const [path, changed] of substituted(inputs)) {
      for (const old of [undefined, inputs]) {
        const failures = await said(lifecycle, changed as Values, old as Values | undefined);
        for (const failure of failures) problems.push(`${path}: ${failure}`);
      }
    }
    expect(problems).toEqual([]);
  });
});
