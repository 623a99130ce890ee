/** What `inputsOf` promises: what it reads changes nothing, and is what was written (decisions/inputs-of.md). */

import { planFor } from "../../provider/lifecycle/plans";
import { valueAt } from "../../provider/lifecycle/words";
import { instantiate } from "../../provider/reconcile/desired";
import { match } from "../../provider/reconcile/match";
import { spotsOf } from "../../provider/reconcile/spots";
import { type Element, isElement } from "../../provider/reconcile/tree";
import type { ConnectedHost, KnownHost, Observed, Resource } from "../../provider/resources/resource";

export type Inputs = Record<string, unknown>;

/** A look at a document, as ours or, without our names and marks, as an unmanaged one's. */
export function seenAs(ownership: "ours" | "foreign", document: Element, settings: Observed["settings"]): Observed {
  return {
    id: "00000000-0000-4000-8000-000000000003",
    document: ownership === "ours" ? document : withoutNames(document),
    settings,
    ownership,
    adopted: ownership === "foreign",
    creation: undefined,
    release: "",
    facts: {},
  };
}

function withoutNames(element: Element): Element {
  const children = element.children
    .filter((child) => !isElement(child) || !["alias", "metadata"].includes(child.name))
    .map((child) => (isElement(child) ? withoutNames(child) : child));
  return { ...element, children };
}

/** Taken over by what was read, nothing changes. */
export function expectNoChange(resource: Resource<Inputs>, host: KnownHost, read: Inputs, seen: Observed): void {
  expect(planFor(resource, host as ConnectedHost, read, undefined, seen).changes).toEqual([]);
}

/**
 * What was read is what was stated: a new object would be made of the same XML, so that whatever one of the two states and
 * the other does not is the default; and each value that stands in the XML is read as it was stated. `chosen`: input paths
 * that may be read beside these, since libvirt chooses what nobody states.
 */
export function expectAsStated(
  resource: Resource<Inputs>,
  host: KnownHost,
  read: Inputs,
  inputs: Inputs,
  chosen: readonly string[] = [],
): void {
  // Raw fragments are read by the typed fields that have words for it.
  const { xml, ...typed } = inputs;
  expect(lacking(resource, host, typed, read)).toEqual([]);
  const beside = lacking(resource, host, read, typed).filter((each) => !chosen.includes(each.split(":")[0] ?? ""));
  if (xml === undefined) expect(beside).toEqual([]);
  for (const [path, value] of standing(resource, host, typed)) {
    const { name, path: image, address } = (typeof value === "object" ? value : {}) as Readonly<Record<string, string>>;
    // Whose disk, network or device it is, no XML tells.
    const whole = address === undefined ? (name === undefined ? value : { name }) : { address };
    const known = image === undefined ? [path, whole] : [path.replace(/disk$/, "path"), image];
    expect([known[0], valueAt(read, String(known[0]))]).toEqual(known);
  }
}

/** The input paths by which one would be made otherwise than the other. A short name of a machine is the version that it stands for. */
function lacking(resource: Resource<Inputs>, host: KnownHost, wanted: Inputs, other: Inputs): readonly string[] {
  const present = instantiate(resource.desired(other, host).document);
  const differences = match(resource.desired(wanted, host).document, present, () => true, host.profile.language);
  const isLonger = ({ path, from = "", to = "" }: (typeof differences)[number]): boolean =>
    path === "machine" && to.includes(from);
  return differences.filter((each) => !isLonger(each)).map(({ path, from, to }) => `${path}: ${from} → ${to}`);
}

/** Each value of the inputs that stands in the document under its own path, with that path. */
function standing(
  resource: Resource<Inputs>,
  host: KnownHost,
  inputs: Inputs,
): readonly (readonly [string, unknown])[] {
  const stated = spotsOf(resource.desired(inputs, host).document).map((spot) => spot.stated.path);
  // The family of the system steers defaults, which others may state.
  const paths = new Set(stated.filter((path) => !["", "machine", "os"].includes(path)));
  const walk = (value: unknown, path: string): readonly (readonly [string, unknown])[] => {
    const isWhole =
      typeof value !== "object" || value === null || Array.isArray(value) || /\.(disk|network|device)$/.test(path);
    if (isWhole) return paths.has(path) ? [[path, value]] : [];
    return Object.entries(value).flatMap(([key, inner]) => walk(inner, path === "" ? key : `${path}.${key}`));
  };
  return walk(inputs, "");
}
