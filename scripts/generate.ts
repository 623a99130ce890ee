/**
 * Writes what follows from the schemas: the resource classes with their argument types, and the reference. With --check
 * it writes nothing and fails when a generated file is stale.
 */

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { format, resolveConfig } from "prettier";
import { classes, outputs } from "./generate/classes";
import { referencePages } from "./generate/reference";

async function main(): Promise<void> {
  const root = join(__dirname, "..");
  const files: Readonly<Record<string, string>> = {
    "provider/pulumi/dynamic/resources.ts": classes(),
    "provider/pulumi/dynamic/outputs.ts": outputs(),
    ...referencePages(readFileSync(join(root, "examples/reference/index.ts"), "utf8")),
  };
  let stale = 0;
  for (const [name, content] of Object.entries(files)) {
    const path = join(root, name);
    const text = await format(content, { ...(await resolveConfig(path)), filepath: path });
    if (!process.argv.includes("--check")) {
      writeFileSync(path, text);
    } else if (!existsSync(path) || readFileSync(path, "utf8") !== text) {
      console.error(`${name} is stale: run npm run generate.`);
      stale += 1;
    }
  }
  process.exitCode = stale === 0 ? 0 : 1;
}

void main();
