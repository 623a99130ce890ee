/** Runs the matcher over a folder of pairs NAME.in.xml, NAME.out.xml, counts those without a difference, and reads them back into inputs. */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { kvm } from "../provider/hypervisors/kvm";
import type { HypervisorProfile } from "../provider/hypervisors/profile";
import { qemu } from "../provider/hypervisors/qemu";
import { xen } from "../provider/hypervisors/xen";
import { libvirtLanguage } from "../provider/libvirt/language";
import { parseXml } from "../provider/libvirt/xml";
import { desiredFromXml } from "../provider/reconcile/desired";
import { edit } from "../provider/reconcile/edit";
import { type Difference, match } from "../provider/reconcile/match";
import { heldAt, pairsOf, spotsOf } from "../provider/reconcile/spots";
import { descend, type Element, elementsOf, textOf } from "../provider/reconcile/tree";
import { planFor } from "../provider/lifecycle/plans";
import { guest } from "../provider/resources/guest/handler";
import { network } from "../provider/resources/network/handler";
import { ownedPaths } from "../provider/resources/owned";
import { pool } from "../provider/resources/pool/handler";
import type { ConnectedHost, Observed, Resource } from "../provider/resources/resource";

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

const resources: Readonly<Record<string, Resource<object>>> = {
  domain: guest,
  network,
  pool,
};
const profiles: readonly HypervisorProfile[] = [kvm, qemu, xen];

export interface ReadBack {
  /** What taking it over by the inputs that were read of it would change: nothing. */
  readonly changes: readonly string[];
  /** Whether these inputs are all that must be stated. */
  readonly isWhole: boolean;
  /** The values of the document, and those of them that the inputs state. */
  readonly values: number;
  readonly stated: number;
}

/** What libvirt made of one pair, read back into inputs; undefined where we have no such resource. */
export function readBack(pair: string): ReadBack | undefined {
  const document = parseXml(readFileSync(`${pair}.out.xml`, "utf8"), `${pair}.out.xml`);
  const resource = resources[document.name];
  if (resource === undefined) return undefined;
  const { type } = document.attributes;
  const architecture = descend(document, "os", "type")?.attributes.arch ?? "x86_64";
  const host = {
    profile: profiles.find(({ name }) => name === type) ?? qemu,
    facts: { uuid: "", libvirtVersion: 11_003_000, architecture, session: false },
  };
  const settings = { running: false, autostart: false };
  const foreign = { ownership: "foreign", adopted: true, creation: undefined, release: "", facts: {} } as const;
  const seen: Observed = { id: pair, document, settings, ...foreign };
  const read = resource.inputsOf(seen, host);
  const { changes } = planFor(resource, host as ConnectedHost, read, undefined, seen);
  const desired = resource.desired(read, host, seen).document;
  const pairs = pairsOf(desired, document, host.profile.language);
  const owned = ownedPaths(read);
  const stated = new Set(
    spotsOf(desired).flatMap((spot) => {
      const actual = owned(spot.stated.path) ? pairs.get(spot.element) : undefined;
      const isThere = actual !== undefined && heldAt(spot, actual, host.profile.language) !== undefined;
      return isThere ? [`${spot.elements.join("/")}@${spot.attribute} ${numberOf(actual, document)}`] : [];
    }),
  );
  return {
    changes: changes.map(({ path, from, to }) => `${path}: ${from} → ${to}`),
    isWhole: resource.schema.safeParse({ host: { uri: "qemu:///system" }, ...read }).success,
    values: valuesIn(document),
    stated: stated.size,
  };
}

function numberOf(element: Element, document: Element): number {
  return allIn(document).indexOf(element);
}

function allIn(element: Element): Element[] {
  return [element, ...elementsOf(element).flatMap(allIn)];
}

function valuesIn(document: Element): number {
  return allIn(document).reduce(
    (sum, each) => sum + Object.keys(each.attributes).length + (textOf(each) === "" ? 0 : 1),
    0,
  );
}

export interface Reach {
  readonly documents: number;
  /** Those whose inputs are all that must be stated. */
  readonly whole: number;
  /** The share of their values that the inputs state. */
  readonly share: number;
  readonly changes: readonly string[];
}

/** How far the fields reach, over many pairs. */
export function reachOf(pairs: readonly string[]): Reach {
  const all = pairs.flatMap((pair) => readBack(pair) ?? []);
  const sum = (of: (each: ReadBack) => number): number => all.reduce((total, each) => total + of(each), 0);
  return {
    documents: all.length,
    whole: sum(({ isWhole }) => (isWhole ? 1 : 0)),
    share: sum(({ stated }) => stated) / sum(({ values }) => values),
    changes: all.flatMap(({ changes }) => changes),
  };
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
  for (const kind of Object.keys(resources)) {
    const { documents, whole, share, changes } = reachOf(pairs.filter((pair) => pair.includes(`/${kind}/`)));
    const words = `${documents} of ${kind} read back: ${whole} can be stated as a whole, with ${(share * 100).toFixed(1)} %`;
    console.log(
      `${words} of all values; taken over by that, ${changes.length} paths would change\n${changes.join("\n")}`,
    );
  }
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
