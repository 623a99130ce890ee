/** The life cycle of everything that lives on a host: what is wanted meets what is there, through plan and resource. */

import { randomUUID } from "node:crypto";
import type { z } from "zod";
import { validate } from "../../schema/explain";
import { isUnknownAt } from "../../schema/unknown";
import { notesOf } from "../../schema/walk";
import { LibvirtError } from "../libvirt/errors";
import { inventory } from "../libvirt/inventory";
import type { Plan } from "../reconcile/plan";
import { withCulprits } from "../resources/culprits";
import { areSameHost } from "../resources/host/identity";
import { ownerOf } from "../resources/identity";
import { type Adoption, alreadyExists, isAnother, managedByAnother, nothingToAdopt } from "../resources/ownership";
import type { ConnectedHost, Identity, Observed, Operation, Resource, Wait } from "../resources/resource";
import { type ClassifiedChange, withReplacements } from "./classified";
import type { Ignored } from "./ignored";
import { asFound, sameInputs, withDropped, withId } from "./inputs";
import type {
  Changed,
  Checked,
  Deleted,
  Difference,
  Found,
  Lifecycle,
  Made,
  PreviewReport,
  Run,
  State,
  Values,
  Wanted,
} from "./lifecycle";
import { look } from "./look";
import { carriedOut, planFor } from "./plans";
import { keepPromise } from "./promise";
import { connected } from "./reached";
import { replacing } from "./replacement";

export class ResourceLifecycle<Inputs extends object> implements Lifecycle {
  private readonly resource: Resource<Inputs>;

  constructor(resource: Resource<Inputs>) {
    this.resource = withCulprits(resource);
  }

  async check(given: Values, recorded: Values | undefined, identity: Identity): Promise<Checked> {
    const failures = validate(this.resource.schema, given);
    if (failures.length > 0) return { inputs: given, failures };
    const before = recorded as Inputs | undefined;
    const derived = this.resource.derive(given as Inputs, before, identity);
    const { inputs, told } = (await this.resource.besides?.(derived, before)) ?? { inputs: derived, told: {} };
    // Of what is not known yet nothing can be said, although it seems to be missing.
    const problems = [
      ...(identity.urn === undefined ? [] : derivedProblems(this.resource.schema, inputs)),
      ...this.resource.problems(inputs, before),
    ].filter((problem) => !isUnknownAt(inputs, problem.split(": ")[0] ?? ""));
    return problems.length > 0 ? { inputs: given, failures: problems } : { inputs: inputs as Values, failures, told };
  }

  async preview({ checked, recorded, isSecret, ignored, replaces, isRetained }: Wanted): Promise<PreviewReport> {
    const { told = {} } = checked;
    const inputs = checked.inputs as Inputs;
    const report = await look(this.resource, {
      inputs,
      told,
      recorded: recorded as Inputs | undefined,
      isSecret,
      ignored,
    });
    if (recorded === undefined || report.impact === undefined) return report;
    const impact = withReplacements(report.impact, recorded, inputs, replaces);
    // Nothing is deleted before it is replaced, and what is on the host is made on another one.
    const moves = impact.some((change) => change.class === "replace" && change.path.split(".")[0] === "host");
    const isTwoOfIt = isRetained && moves && this.resource.onOneHost === true;
    return { ...report, impact, failures: [...(report.failures ?? []), ...(isTwoOfIt ? [twoOfIt] : [])] };
  }

  async differs(_id: string, recorded: State, wanted: Values, found: PreviewReport): Promise<Difference> {
    const old = recorded.outputs;
    // Outputs mirror inputs, so what was stated and is dropped now is found among them; what was derived is not stated.
    const dropped = Object.keys(old).filter((key) => this.isField(key) && !(key in wanted));
    const isStated = dropped.length > 0 || !sameInputs(old, wanted, Object.keys(wanted));
    const { drift = [], creation } = found;
    return {
      changed: isStated || drift.length > 0 || isAnother(creation, recorded.creation),
      isStated,
      replaces: await replacing(this.resource.schema, old, wanted),
    };
  }

  async create(given: Values, run = unheard): Promise<Made> {
    // Drawn anew each time: what was recorded before is then known to be another creation, whatever identity both have.
    const operation = { ...run, creation: randomUUID() };
    const inputs = given as Inputs;
    const host = await this.connected(inputs);
    const existing = await this.observeFresh(host, inputs);
    await this.refuseWhatCannotBe(host, inputs, existing);
    const wait = await this.resource.waitFor?.(host, inputs, existing);
    try {
      if (existing !== undefined) await this.takeUp(host, inputs, existing, operation);
      else if ((inputs as Adoption).adopt === true)
        throw nothingToAdopt(this.resource.kind, (inputs as { name?: string }).name ?? "", host.virsh.uri);
      else await this.resource.create(host, inputs, operation);
      return await this.ready(host, await this.settled(host, inputs), wait, operation);
    } catch (error) {
      const left = await this.leftBehind(host, inputs, error);
      // Of what it did not come to mark it has made nothing.
      if (left === undefined || left.creation !== operation.creation) throw error;
      const steps = this.plan(host, inputs, undefined, left);
      return { id: left.id, ...this.state(inputs, left, steps, operation), incomplete: error };
    }
  }

  async read(id: string, recorded: State): Promise<Found | undefined> {
    const inputs = withId(recorded.outputs as Inputs, id);
    const host = await this.connected(inputs);
    let observed: Observed | undefined;
    try {
      observed = await this.resource.observe(host, inputs);
    } catch (error) {
      if (!(error instanceof LibvirtError) || error.kind !== "OutOfSight") throw error;
      return { inputs: recorded.outputs, ...recorded, warnings: [`${error.message}\nIt was left as it was recorded.`] };
    }
    if (observed === undefined) return undefined;
    const steps = this.plan(host, inputs, inputs, observed);
    const found = asFound(inputs, steps) as Inputs;
    return { inputs: found as Values, ...this.state(found, observed, steps, recorded) };
  }

  async update(id: string, recorded: State, wanted: Values, run = unheard): Promise<Changed> {
    const inputs = withId(wanted as Inputs, id);
    const before = recorded.outputs as Inputs;
    const { ignored, announced } = run;
    await this.refuseMove(before, inputs);
    const host = await this.connected(inputs);
    const observed = await this.observeFresh(host, inputs, before);
    await this.refuseWhatCannotBe(host, inputs, observed);
    if (observed === undefined) {
      if (!this.resource.recreatable) {
        throw new LibvirtError(
          "Gone",
          `Unable to update ${this.resource.kind} "${id}" on ${host.virsh.uri}: somebody removed it, and its data with it.`,
          "Run pulumi refresh, which takes it out of the state; the next up then makes a new, empty one.",
        );
      }
    }
    if (observed?.ownership === "others") {
      throw managedByAnother("update", this.resource.kind, id, host.virsh.uri, observed.release);
    }
    const operation = { ...run, creation: creationFor(recorded, observed) };
    const steps = observed === undefined ? undefined : this.plan(host, inputs, before, observed, ignored);
    if (observed !== undefined && steps !== undefined) this.keepPromise(announced, inputs, observed, steps);
    const wait = await this.resource.waitFor?.(host, inputs, observed);
    try {
      if (observed === undefined || steps === undefined) await this.resource.create(host, inputs, operation);
      else await this.resource.apply(host, inputs, observed, steps, operation);
      const settled = await this.settled(host, inputs, before, ignored);
      return await this.ready(host, settled, wait, operation);
    } catch (error) {
      return this.afterFailure(host, { inputs, before, observed, error, ...operation });
    }
  }

  async delete(id: string, recorded: State, run = unheard): Promise<Deleted> {
    const inputs = withId(recorded.outputs as Inputs, id);
    const host = await this.connected(inputs);
    const fate = await this.resource.remove(host, inputs, { ...run, creation: recorded.creation });
    if (fate !== "leave") return {};
    const name = (inputs as { name?: string }).name ?? id;
    return { warnings: [leftAsItIs(`${this.resource.kind} "${name}" on ${host.virsh.uri}`)] };
  }

  /**
   * Of an update that failed, what is on the host now is recorded, so that a program which takes the change back finds it
   * there; where the host is as it was before, nothing is. Where it cannot be seen, it is taken for changed.
   */
  private async afterFailure(
    host: ConnectedHost,
    { inputs, before, observed, error, creation }: Failed<Inputs>,
  ): Promise<Changed> {
    if (!(error instanceof LibvirtError)) throw error;
    let now: Observed | undefined;
    try {
      now = await this.observeFresh(host, inputs, before);
    } catch {
      return { outputs: withDropped(inputs, before), facts: {}, creation, incomplete: error };
    }
    // As seen by a program that takes the change back.
    const takesBack = (there: Observed | undefined): string =>
      JSON.stringify(there === undefined ? null : this.plan(host, before, inputs, there).changes);
    if (now === undefined || takesBack(now) === takesBack(observed)) throw error;
    const state = this.state(inputs, now, this.plan(host, inputs, undefined, now), { creation });
    // What was dropped may still be there: it stays known until an update has taken it away.
    return { ...state, outputs: withDropped(state.outputs, before), incomplete: error };
  }

  /**
   * What is there already. Our own half-made object is finished. Our own finished one was made by an `up` that died
   * before it was recorded: an owner token proves it; without one it could be a twin's, and must be as wanted. What
   * nobody manages is adopted where the program says so; what another stack manages, or another resource of ours made, is
   * refused even then.
   */
  private async takeUp(host: ConnectedHost, inputs: Inputs, existing: Observed, run: Run): Promise<void> {
    const steps = this.plan(host, inputs, undefined, existing);
    const adopting = (inputs as Adoption).adopt === true;
    const proved = ownerOf(this.resource.host(inputs)) !== "";
    const ours =
      existing.ownership === "unfinished" || (existing.ownership === "ours" && (proved || steps.changes.length === 0));
    const name = (inputs as { name?: string }).name ?? existing.id;
    if (!ours && !adopting) throw alreadyExists(this.resource.kind, name, host.virsh.uri);
    const made = existing.ownership === "ours" && existing.adopted === false;
    if (adopting && existing.ownership !== "foreign" && (!ours || made)) {
      throw managedByAnother("adopt", this.resource.kind, name, host.virsh.uri, existing.release);
    }
    this.keepPromise(run.announced, inputs, existing, steps);
    await this.resource.apply(host, inputs, existing, steps, run);
  }

  /** Observe after applying: a change counts when it is seen, not because a command returned 0 (law 1). */
  private async settled(
    host: ConnectedHost,
    given: Inputs,
    recorded?: Inputs,
    ignored?: Ignored,
  ): Promise<Settled<Inputs>> {
    const observed = await this.observeFresh(host, given, recorded);
    if (observed === undefined) {
      throw new LibvirtError(
        "Bug",
        `The ${this.resource.kind} was made on ${host.virsh.uri}, but the host does not list it.`,
      );
    }
    const inputs = withId(given, observed.id);
    const steps = this.plan(host, inputs, undefined, observed, ignored);
    if (steps.changes.length > 0) {
      throw new LibvirtError(
        "Refused",
        `${host.virsh.uri} accepted the ${this.resource.kind} "${observed.id}", but does not show what was asked for: ${steps.changes.map(({ path }) => path).join(", ")}.`,
        "The host ignores these values: state what it can have, or look into its log.",
      );
    }
    return { given, recorded, ignored, observed };
  }

  /**
   * All is as wanted; what is waited for besides undoes nothing of it when it fails. The state is kept with what is known
   * by then, and the next update waits again.
   */
  private async ready(
    host: ConnectedHost,
    { given, recorded, ignored, observed }: Settled<Inputs>,
    wait: Wait | undefined,
    operation: Operation,
  ): Promise<Made> {
    const made = (seen: Observed): Made => ({
      id: seen.id,
      ...this.state(given, seen, this.plan(host, withId(given, seen.id), undefined, seen, ignored), operation),
    });
    if (wait === undefined) return made(observed);
    const waited = await settle(wait(observed, operation));
    const looked = await settle(this.observeFresh(host, given, recorded));
    const now = looked.status === "fulfilled" ? looked.value : undefined;
    const failed = [waited, looked].find((each) => each.status === "rejected");
    return { ...made(now ?? observed), ...(failed === undefined ? {} : { incomplete: failed.reason as unknown }) };
  }

  /** The object that a failed creation left, if it is ours: it belongs into the state, so that the next up goes on. */
  private async leftBehind(host: ConnectedHost, inputs: Inputs, error: unknown): Promise<Observed | undefined> {
    if (error instanceof LibvirtError && ["AlreadyExists", "Unreachable"].includes(error.kind)) return undefined;
    const left = await this.observeFresh(host, inputs).catch(() => undefined);
    return left === undefined || ["foreign", "others"].includes(left.ownership) ? undefined : left;
  }

  /** What is there may have changed since it was looked at: then the update is refused rather than worse than said. */
  private keepPromise(said: readonly ClassifiedChange[] = [], inputs: Inputs, observed: Observed, steps: Plan): void {
    const changes = carriedOut(this.resource, inputs, observed, steps).map((change) => {
      const { class: is, note } = this.resource.impact(change, inputs, observed);
      return { path: change.path, class: is, ...(note === undefined ? {} : { note }) };
    });
    keepPromise(`${this.resource.kind} "${observed.id}"`, said, changes);
  }

  /** What is recorded on one host is never made on another while the first may still have it (law 5). */
  private async refuseMove(before: Inputs, inputs: Inputs): Promise<void> {
    const [from, to] = [this.resource.host(before), this.resource.host(inputs)];
    if (await areSameHost(from, to)) return;
    throw new LibvirtError(
      "Refused",
      `Unable to change ${this.resource.kind} "${(inputs as { name?: string }).name ?? ""}": it is recorded on ${from.uri}, and ${to.uri} is another host. Nothing was changed.`,
      "Give it a Host resource of the other host, which replaces it: it is deleted on the first host, then made on the other.",
    );
  }

  private async refuseWhatCannotBe(host: ConnectedHost, inputs: Inputs, observed?: Observed): Promise<void> {
    const raised = (await this.resource.objections?.(host, inputs, observed)) ?? [];
    const objections = raised.filter(({ onlyTold }) => onlyTold !== true);
    if (objections.length === 0) return;
    const name = (inputs as { name?: string }).name ?? observed?.id ?? "";
    throw new LibvirtError(
      "InvalidInput",
      `${host.virsh.uri} cannot have the ${this.resource.kind} "${name}" as it is wanted: ${objections.map(({ path, reason }) => `${path}: ${reason}`).join(" ")} Nothing was changed.`,
    );
  }

  private async observeFresh(
    host: ConnectedHost,
    inputs: Inputs,
    recorded: Inputs = inputs,
  ): Promise<Observed | undefined> {
    inventory(host.virsh).forget();
    return this.resource.observe(host, inputs, recorded);
  }

  private plan(
    host: ConnectedHost,
    inputs: Inputs,
    lastApplied: Inputs | undefined,
    observed: Observed,
    ignored?: Ignored,
  ): Plan {
    return planFor(this.resource, host, inputs, lastApplied, observed, ignored);
  }

  private connected(inputs: Inputs): Promise<ConnectedHost> {
    return connected(this.resource.host(inputs));
  }

  private isField(key: string): boolean {
    const notes = notesOf(this.resource.schema, key);
    return notes !== undefined && notes.derived !== true;
  }

  private state(inputs: Inputs, observed: Observed, steps: Plan, { creation }: Pick<Operation, "creation">): State {
    // What an input can say (the UUID of an adopted guest, the path of a volume) is known by the input's name. Where the
    // host chose it in the program's place it is a fact: as an output it would seem to have been stated.
    const isField = (key: string): boolean => {
      const notes = notesOf(this.resource.schema, key);
      return notes !== undefined && notes.chosen !== true;
    };
    const fields = Object.entries(observed.facts).filter(([key]) => isField(key));
    const facts = Object.entries(observed.facts).filter(([key]) => !isField(key));
    const pending = this.resource.pending?.(steps, observed);
    return {
      outputs: { ...inputs, ...Object.fromEntries(fields) },
      facts: { ...Object.fromEntries(facts), ...(pending === undefined ? {} : { pending }) },
      creation,
    };
  }
}

/** What was made or changed, seen to be as it is wanted. */
interface Settled<Inputs> {
  readonly given: Inputs;
  readonly recorded: Inputs | undefined;
  readonly ignored: Ignored | undefined;
  readonly observed: Observed;
}

/** An update that failed. */
interface Failed<Inputs> {
  readonly inputs: Inputs;
  readonly before: Inputs;
  readonly observed: Observed | undefined;
  readonly error: unknown;
  readonly creation: string | undefined;
}

/** How it ended, without throwing. */
async function settle<Result>(action: Promise<Result>): Promise<PromiseSettledResult<Result>> {
  const [ended] = await Promise.allSettled([action]);
  return ended;
}

/** Nobody listens: tests, and whoever calls without an engine. */
const unheard: Run = { progress: () => undefined };

/** What follows from the resource's name has to be as good as if it had been stated. */
function derivedProblems(schema: z.ZodType, inputs: object): string[] {
  return validate(schema, inputs).map((problem) => `${problem} It follows from the rest: state another one.`);
}

/**
 * As which creation an update goes on. What is in the state is what the program manages, so the host is told again where
 * it knows of another one. What an older version recorded keeps to say nothing, unless the host does.
 */
function creationFor(recorded: State, observed: Observed | undefined): string | undefined {
  const isUntold = observed !== undefined && observed.creation === undefined;
  return recorded.creation ?? (isUntold ? undefined : randomUUID());
}

const twoOfIt =
  "host: it would be made on the other host while it stays on this one (the option retainOnDelete): two of one identity, with one another's disks and addresses. Leave the option out; or, to leave it here for good, take it out of the state (pulumi state delete) first.";

function leftAsItIs(what: string): string {
  return (
    `The ${what} was left as it is: what was to be deleted is recorded as an earlier creation of the same object, which a later one has taken up. ` +
    "To have it made anew, leave deleteBeforeReplace: false out of the program's transformations; a resource that only got another name in the program needs an alias. " +
    "Where no state has it any more, it is to be deleted by hand."
  );
}
