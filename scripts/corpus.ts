/** Runs the matcher over a folder of pairs NAME.in.xml, NAME.out.xml and counts those without a difference. */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { libvirtLanguage } from "../provider/libvirt/language";
import { parseXml } from "../provider/libvirt/xml";
import { desiredFromXml } from "../provider/reconcile/desired";
import { edit } from "../provider/reconcile/edit";
import { type Difference, match } from "../provider/reconcile/match";

/** The pairs below a folder, as paths without their endings. */
export function pairsBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".in.xml"))
    .map((name) => join(folder, name.slice(0, -".in.xml".length)))
    .sort();
}

/** What the matcher sees in one pair: nothing, where what libvirt made of the XML is what was asked for. */
export function differencesOf(pair: string): Difference[] {
  const given = parseXml(readFileSync(`${pair}.in.xml`, "utf8"), `${pair}.in.xml`);
  const held = parseXml(readFileSync(`${pair}.out.xml`, "utf8"), `${pair}.out.xml`);
  const differences = match(desiredFromXml(given, given.name), held, () => true, libvirtLanguage);
  if (differences.length === 0 && edit(held, differences) !== held)
    throw new Error(`${pair}: edited without a difference`);
  return differences;
}

function main(folder: string): void {
  const pairs = pairsBelow(folder);
  let clean = 0;
  for (const pair of pairs) {
    const differences = differencesOf(pair);
    if (differences.length === 0) clean += 1;
    else
      console.log(`${pair.slice(folder.length + 1)}\n${differences.map((each) => `  ${describe(each)}`).join("\n")}`);
  }
  console.log(`${clean} of ${pairs.length} pairs without a difference`);
}

function describe(difference: Difference): string {
  const where = "attribute" in difference ? `${difference.at.name}@${difference.attribute}` : difference.at.name;
  return `${difference.kind} ${where}: ${difference.from ?? "(absent)"} → ${difference.to ?? "(absent)"}`;
}

if (require.main === module) {
  const folder = process.argv[2];
  if (folder === undefined) {
    console.error("Usage: npm run corpus -- FOLDER");
    process.exit(2);
  }
  main(folder.replace(/\/+$/, ""));
}
