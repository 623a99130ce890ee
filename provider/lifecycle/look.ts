/** What a preview can say of one resource: drift, impact, objections and what waits, by a look at the host where that can be had. */

import type { HostReference } from "../../schema/references";
import { holdsUnknown } from "../../schema/unknown";
import { notesOf } from "../../schema/walk";
import type { Hosts } from "../libvirt/connection";
import type { Change } from "../reconcile/plan";
import { isWithin } from "../resources/owned";
import type { ConnectedHost, Objection, Observed, Resource } from "../resources/resource";
import { type Assumed, assume, unknownPaths } from "./assumed";
import { type ClassifiedChange, classified, type IsSecret, named, type Words } from "./classified";
import type { Ignored } from "./ignored";
import { sameInputs } from "./inputs";
import type { PreviewReport, Values } from "./lifecycle";
import { carriedOut, planFor } from "./plans";
import { connected, isOffline, offline, verdictOn } from "./reached";
import { replacing } from "./replacement";
import { refusalToAdoptOrResume } from "./adoption";
import { atTheirWidest, whenReplaced, worstOf, worstOfAdoption } from "./worst";

export interface Asked<Inputs> {
  /** What the program states, with what follows from it. */
  readonly inputs: Inputs;
  /** What was told of inputs that are not carried out, by path. */
  readonly notCarriedOut: Readonly<Record<string, string>>;
  readonly recorded: Inputs | undefined;
  /** What this creation takes the place of: it still stands on the host. */
  readonly inPlaceOf: Inputs | undefined;
  readonly isSecret: IsSecret;
  /** What the program ignores is neither drift nor changed. */
  readonly ignored: Ignored;
}

export async function look<Inputs extends object>(
  hosts: Hosts,
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
    const host = await connected(hosts, reference);
    isConnected = true;
    const report = await atHost(hosts, resource, host, asked, assumed);
    const once = (await resource.once?.(host, asked.inputs)) ?? [];
    return once.length === 0 ? report : { ...report, once };
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
  // Of a pool's host, what is not known has been left out.
  const isKnown = typeof reference?.uri === "string" && !holdsUnknown(reference);
  return isKnown ? reference : undefined;
}

async function atHost<Inputs extends object>(
  hosts: Hosts,
  resource: Resource<Inputs>,
  host: ConnectedHost,
  asked: Asked<Inputs>,
  assumed: Assumed<Inputs>,
): Promise<PreviewReport> {
  if (asked.recorded === undefined) return beforeCreation(resource, host, asked, assumed);
  const { inputs, recorded } = asked;
  const replaced = await replacing(hosts, resource.schema, recorded as Values, assumed.inputs as Values);
  const observed = replaced.includes("host") ? undefined : await resource.observe(host, recorded);
  if (replaced.length > 0) {
    const objections = await objected(resource, host, inputs, observed);
    return { impact: replacement(asked, assumed, replaced), ...objections };
  }
  if (observed === undefined) return { drift: [{ path: resource.kind, note: whenGone(resource) }] };
  return compared(resource, host, asked, assumed, observed);
}

function whenGone({ recreatable }: { readonly recreatable: boolean }): string {
  return recreatable
    ? "no longer on the host: it is made again"
    : "no longer on the host, and its data with it: refused, until pulumi refresh takes it out of the state and an up makes a new, empty one";
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
  if (observed === undefined) {
    // What stands in no document cannot be wanted: said now.
    if (assumed.unknowns.length === 0) resource.desired(assumed.inputs, host);
    return objected(resource, host, asFormer(asked), undefined);
  }
  // Whether it is as wanted is judged by the creation, when all is known.
  const refusal = refusalToAdoptOrResume(resource, assumed.inputs, observed, true);
  if (refusal !== undefined) return { failures: [refusal.message] };
  if (isAdopting(asked.inputs) || observed.ownership !== "ours")
    return compared(resource, host, asked, assumed, observed);
  const anew = await objected(resource, host, asFormer(asked), undefined);
  if (asked.inPlaceOf !== undefined) return anew;
  // An `up` that died takes it up as it is. What is tainted looks the same, and is deleted first.
  const report = await compared(resource, host, asked, assumed, observed);
  const { failures: inVain = [] } = anew;
  const warnings = inVain.map((reason) => `${reason} So it is not deleted to be made anew (pulumi state taint).`);
  return { ...report, inVain, warnings: [...(report.warnings ?? []), ...warnings] };
}

/** Another name in the program (an alias) is another identity: what has the former one is nobody else's, and goes before. */
function asFormer<Inputs extends object>({ inputs, inPlaceOf }: Asked<Inputs>): Inputs {
  const { uuid } = (inPlaceOf ?? {}) as { readonly uuid?: string };
  return uuid === undefined ? inputs : { ...inputs, uuid };
}

async function compared<Inputs extends object>(
  resource: Resource<Inputs>,
  host: ConnectedHost,
  asked: Asked<Inputs>,
  assumed: Assumed<Inputs>,
  seen: Observed,
): Promise<PreviewReport> {
  const { inputs, recorded, isSecret, ignored } = asked;
  const wanted = assumed.inputs;
  const now = recorded === undefined ? undefined : planFor(resource, host, recorded, undefined, seen, ignored);
  const observed = resource.underKeysOf?.observed(wanted, seen, recorded) ?? seen;
  const isSame =
    recorded !== undefined && sameInputs(recorded as Values, wanted as Values, Object.keys({ ...recorded, ...wanted }));
  // Where nothing else is wanted than was recorded, what differs is what an update would mend.
  const steps = isSame && now !== undefined ? now : planFor(resource, host, wanted, recorded, observed, ignored);
  const drifted = new Set(now?.changes.map(({ path }) => path));
  const unrecorded = new Set(now?.changes.flatMap(({ path, to }) => (to === undefined ? [path] : [])));
  const words: Words = { recorded, wanted, drifted, unrecorded, isSecret };
  const widest = atTheirWidest(wanted, assumed.unknowns);
  const known = carriedOut(resource, widest, observed, steps).map((change) => {
    const { class: is } = resource.impact(change, wanted, observed);
    const worst = classified(change, resource.impact(change, widest, observed), words);
    return worst.class === is ? worst : { ...worst, atMost: true };
  });
  const impact = [
    ...known,
    ...worstOfUnknown(resource, assumed, observed),
    ...untouched(resource, asked, assumed),
  ].sort((one, other) => (one.path < other.path ? -1 : 1));
  const said = new Set(impact.map(({ path }) => path));
  const left = (resource.pending?.(steps, observed) ?? []).filter((path) => !said.has(path));
  const isAsked = (path: string): boolean =>
    steps.pendingInGuest.some((each) => each.path === path) && !steps.pendingRestart.some((each) => each.path === path);
  return {
    creation: observed.creation,
    impact,
    // What the program has dropped is nothing that the host lacks, and what it wants otherwise now is wanted so.
    drift: steps.changes
      .filter(({ path, to }) => (to === undefined ? unrecorded : drifted).has(path))
      .map((change) => named(change, words)),
    pendingRestart: left.filter((path) => !isAsked(path)),
    pendingInGuest: left.filter(isAsked),
    ...(await objected(resource, host, inputs, observed)),
  };
}

/** What is not known yet changes at the worst all that it can: as if the guest had to be started again for it. */
function worstOfUnknown<Inputs extends object>(
  resource: Resource<Inputs>,
  { inputs: wanted, unknowns }: Assumed<Inputs>,
  observed: Observed,
): ClassifiedChange[] {
  const leave = atTheirWidest(wanted, unknowns);
  return unknowns
    .filter((path) => notesOf(resource.schema, path)?.effect !== "none")
    .map((path) => {
      // What is on can only be switched off, and the other way round.
      const to = path === "running" ? String(observed.settings.running !== true) : undefined;
      const change: Change = { path, from: undefined, to, requiresRestart: true };
      const is =
        notesOf(resource.schema, path)?.effect === "replace"
          ? whenReplaced(resource)
          : resource.impact(change, leave, observed).class;
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
  assumed: Assumed<Inputs>,
): PreviewReport {
  const { recorded, isSecret } = asked;
  const { inputs: wanted, unknowns } = assumed;
  if (recorded === undefined) {
    return isAdopting(wanted) ? { impact: [worstOfAdoption(resource.schema, wanted as Values)] } : {};
  }
  const words: Words = { recorded, wanted, drifted: new Set(), isSecret };
  const worst = worstOf(resource, recorded as Values, wanted as Values, unknowns, words);
  const none = untouched(resource, asked, assumed);
  const untold = new Set(none.map(({ path }) => path));
  return { impact: [...worst.filter(({ path }) => !untold.has(path.split(".")[0] ?? "")), ...none] };
}

function untouched<Inputs extends object>(
  resource: Resource<Inputs>,
  { recorded, notCarriedOut }: Asked<Inputs>,
  { inputs: wanted }: Assumed<Inputs>,
): ClassifiedChange[] {
  if (recorded === undefined) return [];
  const said = { ...notCarriedOut, ...resource.untouched?.(wanted, recorded) };
  return Object.entries(said).map(([path, note]) => ({ path, class: "none", note }));
}

async function objected<Inputs extends object>(
  resource: Resource<Inputs>,
  host: ConnectedHost,
  inputs: Inputs,
  observed: Observed | undefined,
): Promise<Pick<PreviewReport, "failures" | "warnings" | "startless">> {
  const raised = (await resource.objections?.(host, inputs, observed)) ?? [];
  const objections = asFarAsKnown(raised, unknownPaths(resource.schema, inputs));
  const isRefused = ({ mayPass, onlyTold }: Objection): boolean => mayPass !== true && onlyTold !== true;
  const sentences = (those: readonly Objection[]): string[] => those.map(({ path, reason }) => `${path}: ${reason}`);
  return {
    failures: sentences(objections.filter(isRefused)),
    warnings: sentences(objections.filter((each) => !isRefused(each))),
    startless: sentences(objections.filter(({ preventsStart }) => preventsStart === true)),
  };
}

/**
 * To a value that is not known yet nobody can object. Where it is a part of what is objected to, or whether something is
 * taken over as it is, it may make an end of the objection.
 */
function asFarAsKnown(objections: readonly Objection[], unknowns: readonly string[]): readonly Objection[] {
  return objections
    .filter(({ path }) => !unknowns.some((each) => isWithin(path, each)))
    .map((objection) => {
      const mayPass = unknowns.some((each) => each === "adopt" || isWithin(each, objection.path));
      return mayPass ? { ...objection, mayPass } : objection;
    });
}

function isAdopting(inputs: object): boolean {
  return (inputs as { adopt?: boolean }).adopt === true;
}
