/** What a preview can say of one resource: drift, impact, objections and what waits, by a look at the host where that can be had. */

import type { HostReference } from "../../schema/references";
import { holdsUnknown } from "../../schema/unknown";
import { notesOf } from "../../schema/walk";
import type { Change } from "../reconcile/plan";
import type { ConnectedHost, Objection, Observed, Resource } from "../resources/resource";
import { type Assumed, assume } from "./assumed";
import { type ClassifiedChange, classified, type IsSecret, named, type Words } from "./classified";
import type { Ignored } from "./ignored";
import { sameInputs } from "./inputs";
import type { PreviewReport, Values } from "./lifecycle";
import { carriedOut, planFor } from "./plans";
import { connected, isOffline, offline, verdictOn } from "./reached";
import { replacing } from "./replacement";
import { worstOf, worstOfAdoption } from "./worst";

export interface Asked<Inputs> {
  /** What the program states, with what follows from it. */
  readonly inputs: Inputs;
  /** What was told of inputs that are not carried out, by path. */
  readonly told: Readonly<Record<string, string>>;
  readonly recorded: Inputs | undefined;
  readonly isSecret: IsSecret;
  /** What the program ignores is neither drift nor changed. */
  readonly ignored: Ignored;
}

export async function look<Inputs extends object>(
  resource: Resource<Inputs>,
  asked: Asked<Inputs>,
): Promise<PreviewReport> {
  const assumed = assume(resource.schema, asked.inputs, asked.recorded);
  if (isOffline()) return { ...withoutHost(resource, asked, assumed), unasked: offline };
  const reference = hostOf(resource, assumed.inputs);
  // A host whose address is not known yet cannot be asked.
  if (reference === undefined) return withoutHost(resource, asked, assumed);
  let isConnected = false;
  try {
    const host = await connected(reference);
    isConnected = true;
    return await atHost(resource, host, asked, assumed);
  } catch (error) {
    const verdict = verdictOn(error, reference, isConnected);
    if (verdict.is === "failure") return { failures: [verdict.sentence] };
    const worst = withoutHost(resource, asked, assumed);
    if (verdict.is === "unasked") return { ...worst, unasked: verdict.unasked };
    // What is not there yet may be made by another resource of the program before.
    return asked.recorded === undefined ? worst : { ...worst, warnings: [verdict.sentence] };
  }
}

/** The reference to the host, where all of it is known. */
function hostOf<Inputs extends object>(resource: Resource<Inputs>, inputs: Inputs): HostReference | undefined {
  const { host, pool } = inputs as { host?: unknown; pool?: unknown };
  if (typeof (host ?? pool) !== "object") return undefined;
  const reference: HostReference | undefined = resource.host(inputs);
  return reference === undefined || holdsUnknown(reference) ? undefined : reference;
}

async function atHost<Inputs extends object>(
  resource: Resource<Inputs>,
  host: ConnectedHost,
  asked: Asked<Inputs>,
  assumed: Assumed<Inputs>,
): Promise<PreviewReport> {
  if (asked.recorded === undefined) return beforeCreation(resource, host, asked, assumed);
  const { inputs, recorded } = asked;
  const replaced = await replacing(resource.schema, recorded as Values, assumed.inputs as Values);
  const observed = replaced.includes("host") ? undefined : await resource.observe(host, recorded);
  if (replaced.length > 0) {
    const objections = await objected(resource, host, inputs, observed);
    return { impact: replacement(asked, assumed, replaced), ...objections };
  }
  if (observed === undefined) return { drift: [{ path: resource.kind, note: "no longer on the host" }] };
  return compared(resource, host, asked, assumed, observed);
}

/** What there is already is taken over where that was asked for, or where it is our own, and then that is like an update. */
async function beforeCreation<Inputs extends object>(
  resource: Resource<Inputs>,
  host: ConnectedHost,
  asked: Asked<Inputs>,
  assumed: Assumed<Inputs>,
): Promise<PreviewReport> {
  // A volume that an `up` made and could not record is only filled and grown: that need not be said before.
  const mayBeThere = isAdopting(asked.inputs) || resource.recreatable;
  const observed = mayBeThere ? await resource.observe(host, assumed.inputs) : undefined;
  if (observed === undefined || (observed.ownership === "foreign" && !isAdopting(asked.inputs))) {
    // What stands in no document cannot be wanted: said now.
    if (assumed.unknowns.length === 0) resource.desired(assumed.inputs, host.facts);
    return objected(resource, host, asked.inputs, undefined);
  }
  return compared(resource, host, asked, assumed, observed);
}

async function compared<Inputs extends object>(
  resource: Resource<Inputs>,
  host: ConnectedHost,
  asked: Asked<Inputs>,
  assumed: Assumed<Inputs>,
  observed: Observed,
): Promise<PreviewReport> {
  const { inputs, recorded, isSecret, ignored } = asked;
  const wanted = assumed.inputs;
  const now = recorded === undefined ? undefined : planFor(resource, host, recorded, undefined, observed, ignored);
  const isSame =
    recorded !== undefined && sameInputs(recorded as Values, wanted as Values, Object.keys({ ...recorded, ...wanted }));
  // Where nothing else is wanted than was recorded, what differs is what an update would mend.
  const steps = isSame && now !== undefined ? now : planFor(resource, host, wanted, recorded, observed, ignored);
  const drifted = new Set(now?.changes.map(({ path }) => path));
  const unrecorded = new Set(now?.changes.flatMap(({ path, to }) => (to === undefined ? [path] : [])));
  const words: Words = { recorded, wanted, drifted, unrecorded, isSecret };
  const known = carriedOut(resource, wanted, observed, steps).map((change) =>
    classified(change, resource.impact(change, wanted, observed), words),
  );
  const impact = [...known, ...worstOfUnknown(resource, inputs, assumed, observed), ...untouched(resource, asked)].sort(
    (one, other) => (one.path < other.path ? -1 : 1),
  );
  const said = new Set(impact.map(({ path }) => path));
  return {
    creation: observed.creation,
    impact,
    // What the program has dropped is nothing that the host lacks, and what it wants otherwise now is wanted so.
    drift: steps.changes
      .filter(({ path, to }) => (to === undefined ? unrecorded : drifted).has(path))
      .map((change) => named(change, words)),
    waiting: (resource.pending?.(steps, observed) ?? []).filter((path) => !said.has(path)),
    ...(await objected(resource, host, inputs, observed)),
  };
}

/** What is not known yet changes at the worst all that it can: as if the guest had to be started again for it. */
function worstOfUnknown<Inputs extends object>(
  resource: Resource<Inputs>,
  inputs: Inputs,
  { inputs: wanted, unknowns }: Assumed<Inputs>,
  observed: Observed,
): ClassifiedChange[] {
  return unknowns
    .filter((path) => notesOf(resource.schema, path)?.effect !== "none")
    .map((path) => {
      const field = path.split(".")[0] as keyof Inputs;
      const change: Change = { path, from: undefined, to: undefined, waits: true };
      const { class: is } = resource.impact(change, { ...wanted, [field]: inputs[field] }, observed);
      return { path, class: is, atMost: true, note: "its value is not known yet" };
    });
}

function replacement<Inputs extends object>(
  { recorded, isSecret }: Asked<Inputs>,
  { inputs: wanted }: Assumed<Inputs>,
  paths: readonly string[],
): ClassifiedChange[] {
  const words: Words = { recorded, wanted, drifted: new Set(), isSecret };
  return paths.map((path) => ({ ...named({ path, from: undefined, to: undefined }, words), class: "replace" }));
}

function withoutHost<Inputs extends object>(
  resource: Resource<Inputs>,
  asked: Asked<Inputs>,
  { inputs: wanted, unknowns }: Assumed<Inputs>,
): PreviewReport {
  const { recorded, isSecret } = asked;
  if (recorded === undefined) {
    return isAdopting(wanted) ? { impact: [worstOfAdoption(resource.schema, wanted as Values)] } : {};
  }
  const words: Words = { recorded, wanted, drifted: new Set(), isSecret };
  const worst = worstOf(resource.schema, recorded as Values, wanted as Values, unknowns, words);
  const none = untouched(resource, asked);
  const untold = new Set(none.map(({ path }) => path));
  return { impact: [...worst.filter(({ path }) => !untold.has(path.split(".")[0] ?? "")), ...none] };
}

function untouched<Inputs extends object>(
  resource: Resource<Inputs>,
  { inputs, recorded, told }: Asked<Inputs>,
): ClassifiedChange[] {
  if (recorded === undefined) return [];
  const said = { ...told, ...resource.untouched?.(inputs, recorded) };
  return Object.entries(said).map(([path, note]) => ({ path, class: "none", note }));
}

async function objected<Inputs extends object>(
  resource: Resource<Inputs>,
  host: ConnectedHost,
  inputs: Inputs,
  observed: Observed | undefined,
): Promise<Pick<PreviewReport, "failures" | "warnings">> {
  const objections = (await resource.objections?.(host, inputs, observed)) ?? [];
  const isRefused = ({ mayPass, onlyTold }: Objection): boolean => mayPass !== true && onlyTold !== true;
  const sentences = (those: readonly Objection[]): string[] => those.map(({ path, reason }) => `${path}: ${reason}`);
  return {
    failures: sentences(objections.filter(isRefused)),
    warnings: sentences(objections.filter((each) => !isRefused(each))),
  };
}

function isAdopting(inputs: object): boolean {
  return (inputs as { adopt?: boolean }).adopt === true;
}
