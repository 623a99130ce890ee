/**
 * One resource on one host, step by step: seen anew, planned, refused where it cannot be, taken up, seen to be as wanted, and
 * after a failure told as it was left. What comes in which order is the life cycle's (resource-lifecycle.ts).
 */

import { notesOf } from "../../schema/walk";
import { LibvirtError } from "../libvirt/errors";
import { inventory } from "../libvirt/inventory";
import type { Plan } from "../reconcile/plan";
import type { ConnectedHost, Observed, Operation, Resource, Wait } from "../resources/resource";
import type { ClassifiedChange } from "./classified";
import type { Ignored } from "./ignored";
import { withDropped, withId } from "./inputs";
import type { Changed, Made, Run, State } from "./lifecycle";
import { carriedOut, planFor } from "./plans";
import { assertNotMoreDisruptive } from "./announced";
import { refusalToAdoptOrResume } from "./adoption";

export class ResourceOnHost<Inputs extends object> {
  constructor(
    private readonly resource: Resource<Inputs>,
    readonly host: ConnectedHost,
  ) {}

  async observeFresh(inputs: Inputs, recorded?: Inputs): Promise<Observed | undefined> {
    inventory(this.host.virsh).forget();
    return this.resource.observe(this.host, inputs, recorded);
  }

  plan(inputs: Inputs, lastApplied: Inputs | undefined, observed: Observed, ignored?: Ignored): Plan {
    return planFor(this.resource, this.host, inputs, lastApplied, observed, ignored);
  }

  async refuseWhatCannotBe(inputs: Inputs, seen?: Observed, recorded?: Inputs): Promise<void> {
    const observed = seen && (this.resource.underKeysOf?.observed(inputs, seen, recorded) ?? seen);
    const raised = (await this.resource.objections?.(this.host, inputs, observed)) ?? [];
    const objections = raised.filter(({ onlyTold }) => onlyTold !== true);
    if (objections.length === 0) return;
    const name = (inputs as { name?: string }).name ?? observed?.id ?? "";
    throw new LibvirtError(
      "InvalidInput",
      `${this.host.virsh.uri} cannot have the ${this.resource.kind} "${name}" as it is wanted: ${objections.map(({ path, reason }) => `${path}: ${reason}`).join(" ")} Nothing was changed.`,
    );
  }

  /** What is there may have changed since it was looked at: then the update is refused rather than worse than said. */
  assertNotMoreDisruptive(
    said: readonly ClassifiedChange[] = [],
    inputs: Inputs,
    observed: Observed,
    steps: Plan,
  ): void {
    const changes = carriedOut(this.resource, inputs, observed, steps).map((change) => {
      const { class: is, note } = this.resource.impact(change, inputs, observed);
      return { path: change.path, class: is, ...(note === undefined ? {} : { note }) };
    });
    assertNotMoreDisruptive(`${this.resource.kind} "${observed.id}"`, said, changes);
  }

  async adoptOrResume(inputs: Inputs, existing: Observed, run: Run): Promise<void> {
    const steps = this.plan(inputs, undefined, existing);
    const refusal = refusalToAdoptOrResume(this.resource, inputs, existing, steps.changes.length === 0);
    if (refusal !== undefined) throw refusal;
    this.assertNotMoreDisruptive(run.announced, inputs, existing, steps);
    await this.resource.apply(this.host, inputs, existing, steps, run);
  }

  /** Observe after applying: a change counts when it is seen, not because a command returned 0 (law 1). */
  async verifyConverged(given: Inputs, recorded?: Inputs, ignored?: Ignored): Promise<Converged<Inputs>> {
    const observed = await this.observeFresh(given, recorded);
    if (observed === undefined) {
      throw new LibvirtError(
        "Bug",
        `The ${this.resource.kind} was made on ${this.host.virsh.uri}, but the host does not list it.`,
      );
    }
    const inputs = withId(given, observed.id);
    const steps = this.plan(inputs, undefined, observed, ignored);
    if (steps.changes.length > 0) {
      throw new LibvirtError(
        "Refused",
        `${this.host.virsh.uri} accepted the ${this.resource.kind} "${observed.id}", but does not show what was asked for: ${steps.changes.map(({ path }) => path).join(", ")}.`,
        "The host ignores these values: state what it can have, or look into its log.",
      );
    }
    return { given, recorded, ignored, observed, steps };
  }

  /**
   * All is as wanted; what is waited for besides undoes nothing of it when it fails. The state is kept with what is known
   * by then, and the next update waits again.
   */
  async ready(
    { given, recorded, ignored, observed, steps }: Converged<Inputs>,
    wait: Wait | undefined,
    operation: Operation,
  ): Promise<Made> {
    const made = (seen: Observed, left: Plan): Made => ({ id: seen.id, ...this.state(given, seen, left, operation) });
    if (wait === undefined) return made(observed, steps);
    const waited = await settle(wait(observed, operation));
    const looked = await settle(this.observeFresh(given, recorded));
    const now = looked.status === "fulfilled" ? looked.value : undefined;
    const failed = [waited, looked].find((each) => each.status === "rejected");
    const state =
      now === undefined ? made(observed, steps) : made(now, this.plan(withId(given, now.id), undefined, now, ignored));
    return { ...state, ...(failed === undefined ? {} : { incomplete: failed.reason as unknown }) };
  }

  state(inputs: Inputs, observed: Observed, steps: Plan, { creation }: Pick<Operation, "creation">): State {
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

  /** The object that a failed creation left, if it is ours: it belongs into the state, so that the next up goes on. */
  async findPartiallyCreated(inputs: Inputs, error: unknown): Promise<Observed | undefined> {
    if (error instanceof LibvirtError && ["AlreadyExists", "Unreachable"].includes(error.kind)) return undefined;
    const left = await this.observeFresh(inputs).catch(() => undefined);
    return left === undefined || ["foreign", "others"].includes(left.ownership) ? undefined : left;
  }

  /**
   * Of an update that failed, what is on the host now is recorded, so that a program which takes the change back finds it
   * there; where the host is as it was before, nothing is. Where it cannot be seen, it is taken for changed.
   */
  async afterFailure({ inputs, before, observed, error, creation }: Failed<Inputs>): Promise<Changed> {
    if (!(error instanceof LibvirtError)) throw error;
    let now: Observed | undefined;
    try {
      now = await this.observeFresh(inputs, before);
    } catch {
      return { outputs: withDropped(inputs, before), facts: {}, creation, incomplete: error };
    }
    // As seen by a program that takes the change back.
    const takesBack = (there: Observed | undefined): string =>
      JSON.stringify(there === undefined ? null : this.plan(before, inputs, there).changes);
    if (now === undefined || takesBack(now) === takesBack(observed)) throw error;
    const state = this.state(inputs, now, this.plan(inputs, undefined, now), { creation });
    // What was dropped may still be there: it stays known until an update has taken it away.
    return { ...state, outputs: withDropped(state.outputs, before), incomplete: error };
  }
}

/** What was made or changed, seen to be as it is wanted. */
interface Converged<Inputs> {
  readonly given: Inputs;
  readonly recorded: Inputs | undefined;
  readonly ignored: Ignored | undefined;
  readonly observed: Observed;
  /** What it differs in: what waits for a start. */
  readonly steps: Plan;
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
