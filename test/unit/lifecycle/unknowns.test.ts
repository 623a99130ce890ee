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
  pool: new ResourceLifecycle(pool),
  disk: new ResourceLifecycle(disk),
  network: new ResourceLifecycle(network),
  guest: new ResourceLifecycle(guest),
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

describe.each(Object.entries(lifecycles))("%s (8.20)", (kind, lifecycle) => {
  const files = readdirSync(join(golden, kind)).filter((name) => name.endsWith(".json"));
  it.each(files)("%s, each input unknown", async (file) => {
    const { inputs } = JSON.parse(readFileSync(join(golden, kind, file), "utf8")) as { inputs: object };
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
