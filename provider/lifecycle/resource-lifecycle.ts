/** The life cycle of everything that lives on a host: what is wanted meets what is there, through plan and resource. */

import { randomUUID } from "node:crypto";
import type { z } from "zod";
import { withoutEmpties } from "../../schema/empties";
import { validate } from "../../schema/explain";
import { isUnknownAt } from "../../schema/unknown";
import { notesOf } from "../../schema/walk";
import type { Hosts } from "../libvirt/connection";
import { LibvirtError } from "../libvirt/errors";
import { withCulprits } from "../resources/culprits";
import { areSameHost } from "../resources/host/machine-identity";
import { type Adoption, isAnother, managedByAnother, nothingToAdopt } from "../resources/ownership";
import type { ConnectedHost, Identity, Observed, Resource } from "../resources/resource";
import { withReplacements } from "./classified";
import { asFound, sameInputs, withId } from "./inputs";
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
import { connected } from "./reached";
import { ResourceOnHost } from "./resource-on-host";
import { replacing } from "./replacement";

export class ResourceLifecycle<Inputs extends object> implements Lifecycle {
  private readonly resource: Resource<Inputs>;

  constructor(
    private readonly hosts: Hosts,
    resource: Resource<Inputs>,
  ) {
    this.resource = withCulprits(resource);
  }

  async check(given: Values, recorded: Values | undefined, identity: Identity): Promise<Checked> {
    const failures = validate(this.resource.schema, given);
    if (failures.length > 0) return { inputs: given, failures };
    const before = recorded as Inputs | undefined;
    const said = withoutEmpties(this.resource.schema, given) as Inputs;
    const derived = this.resource.derive(said, before, identity);
    const { inputs, notCarriedOut } = (await this.resource.besides?.(derived, before)) ?? {
      inputs: derived,
      notCarriedOut: {},
    };
    // Of what is not known yet nothing can be said, although it seems to be missing.
    const problems = [
      ...(identity.urn === undefined ? [] : derivedProblems(this.resource.schema, inputs)),
      ...this.resource.problems(inputs, before),
    ].filter((problem) => !isUnknownAt(inputs, problem.split(": ")[0] ?? ""));
    return problems.length > 0
      ? { inputs: given, failures: problems }
      : { inputs: inputs as Values, failures, notCarriedOut };
  }

  async preview({
    checked,
    recorded,
    inPlaceOf,
    isSecret,
    ignored,
    replaces,
    isRetained,
    isFollowed,
  }: Wanted): Promise<PreviewReport> {
    const { notCarriedOut = {} } = checked;
    const inputs = checked.inputs as Inputs;
    const report = await look(this.hosts, this.resource, {
      inputs,
      notCarriedOut,
      recorded: recorded as Inputs | undefined,
      inPlaceOf: inPlaceOf as Inputs | undefined,
      isSecret,
      ignored,
    });
    if (recorded === undefined || report.impact === undefined) return report;
    const impact = withReplacements(report.impact, recorded, inputs, replaces);
    // Nothing is deleted before it is replaced, and what is on the host is made on another one.
    const moves = impact.some((change) => change.class === "replace" && change.path.split(".")[0] === "host");
    const isTwoOfIt = isRetained && moves && this.resource.onOneHost === true;
    const stops = impact.some((change) => change.class === "replace" || change.class === "powerCycle");
    const inVain = isFollowed && stops ? (report.startless ?? []) : [];
    return {
      ...report,
      impact,
      failures: [...(report.failures ?? []), ...inVain.map(notInVain), ...(isTwoOfIt ? [twoOfIt] : [])],
    };
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
      replaces: await replacing(this.hosts, this.resource.schema, old, wanted),
    };
  }

  async create(given: Values, run = unheard): Promise<Made> {
    // Drawn anew each time: what was recorded before is then known to be another creation, whatever identity both have.
    const operation = { ...run, creation: randomUUID() };
    const inputs = given as Inputs;
    const on = await this.onHost(inputs);
    const { host } = on;
    const existing = await on.observeFresh(inputs);
    await on.refuseWhatCannotBe(inputs, existing);
    const wait = await this.resource.waitFor?.(host, inputs, existing);
    try {
      if (existing !== undefined) await on.adoptOrResume(inputs, existing, operation);
      else if ((inputs as Adoption).adopt === true)
        throw nothingToAdopt(this.resource.kind, (inputs as { name?: string }).name ?? "", host.virsh.uri);
      else await this.resource.create(host, inputs, operation);
      return await on.ready(await on.verifyConverged(inputs), wait, operation);
    } catch (error) {
      const left = await on.findPartiallyCreated(inputs, error);
      // Of what it did not come to mark it has made nothing.
      if (left === undefined || left.creation !== operation.creation) throw error;
      const steps = on.plan(inputs, undefined, left);
      return { id: left.id, ...on.state(inputs, left, steps, operation), incomplete: error };
    }
  }

  async read(id: string, recorded: State): Promise<Found | undefined> {
    const inputs = withId(recorded.outputs as Inputs, id);
    const on = await this.onHost(inputs);
    const { host } = on;
    let observed: Observed | undefined;
    try {
      observed = await this.resource.observe(host, inputs);
    } catch (error) {
      if (!(error instanceof LibvirtError) || error.kind !== "OutOfSight") throw error;
      return { inputs: recorded.outputs, ...recorded, warnings: [`${error.message}\nIt was left as it was recorded.`] };
    }
    if (observed === undefined) return undefined;
    const steps = on.plan(inputs, inputs, observed);
    const found = asFound(inputs, steps) as Inputs;
    return { inputs: found as Values, ...on.state(found, observed, steps, recorded) };
  }

  async update(id: string, recorded: State, wanted: Values, run = unheard): Promise<Changed> {
    const inputs = withId(wanted as Inputs, id);
    const before = recorded.outputs as Inputs;
    const { ignored, announced } = run;
    await this.refuseMove(before, inputs);
    const on = await this.onHost(inputs);
    const { host } = on;
    const observed = await on.observeFresh(inputs, before);
    await on.refuseWhatCannotBe(inputs, observed, before);
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
    const steps = observed === undefined ? undefined : on.plan(inputs, before, observed, ignored);
    if (observed !== undefined && steps !== undefined) on.assertNotMoreDisruptive(announced, inputs, observed, steps);
    const wait = await this.resource.waitFor?.(host, inputs, observed);
    try {
      if (observed === undefined || steps === undefined) await this.resource.create(host, inputs, operation);
      else await this.resource.apply(host, inputs, observed, steps, operation);
      const converged = await on.verifyConverged(inputs, before, ignored);
      return await on.ready(converged, wait, operation);
    } catch (error) {
      return on.afterFailure({ inputs, before, observed, error, ...operation });
    }
  }

  async delete(id: string, recorded: State, run = unheard): Promise<Deleted> {
    const inputs = withId(recorded.outputs as Inputs, id);
    const host = await this.connected(inputs);
    const { inVain = [] } = run;
    if (inVain.length > 0) throw deletedInVain(this.resource.kind, id, host.virsh.uri, inVain);
    const fate = await this.resource.remove(host, inputs, { ...run, creation: recorded.creation });
    const what = `${this.resource.kind} "${(inputs as { name?: string }).name ?? id}" on ${host.virsh.uri}`;
    if (fate === "leave") return { warnings: [leftAsItIs(what)] };
    return fate === "another" ? { warnings: [leftToItsOwner(what)] } : {};
  }

  /** What is recorded on one host is never made on another while the first may still have it (law 5). */
  private async refuseMove(before: Inputs, inputs: Inputs): Promise<void> {
    const [from, to] = [this.resource.host(before), this.resource.host(inputs)];
    if (await areSameHost(this.hosts, from, to)) return;
    throw new LibvirtError(
      "Refused",
      `Unable to change ${this.resource.kind} "${(inputs as { name?: string }).name ?? ""}": it is recorded on ${from.uri}, and ${to.uri} is another host. Nothing was changed.`,
      "Give it a Host resource of the other host, which replaces it: it is deleted on the first host, then made on the other.",
    );
  }

  private connected(inputs: Inputs): Promise<ConnectedHost> {
    return connected(this.hosts, this.resource.host(inputs));
  }

  private async onHost(inputs: Inputs): Promise<ResourceOnHost<Inputs>> {
    return new ResourceOnHost(this.resource, await this.connected(inputs));
  }

  private isField(key: string): boolean {
    const notes = notesOf(this.resource.schema, key);
    return notes !== undefined && notes.derived !== true;
  }
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

/** A replacement begins with a deletion, and a restart with a shutdown. */
function notInVain(reason: string): string {
  return `${reason} What is there would be stopped for what cannot start, so nothing was changed.`;
}

function deletedInVain(kind: string, id: string, uri: string, reasons: readonly string[]): LibvirtError {
  return new LibvirtError(
    "Refused",
    `Unable to replace ${kind} "${id}" on ${uri}: as a new one it would be refused. ${reasons.join(" ")} Nothing was changed.`,
    "Mend that first, or let it stay as it is (pulumi state untaint).",
  );
}

const twoOfIt =
  "host: it would be made on the other host while it stays on this one (the option retainOnDelete): two of one identity, with one another's disks and addresses. Leave the option out; or, to leave it here for good, take it out of the state (pulumi state delete) first.";

function leftAsItIs(what: string): string {
  return (
    `The ${what} was left as it is: what was to be deleted is recorded as an earlier creation of the same object, which a later one has taken up. ` +
    "To have it made anew, leave deleteBeforeReplace: false out of the program's transformations; a resource that only got another name in the program needs an alias. " +
    "Where an older state was restored, an up comes before the destroy: it takes the object up again. " +
    "Where no state has it any more, it is to be deleted by hand."
  );
}

function leftToItsOwner(what: string): string {
  return (
    `The ${what} was left where it is: it is not the one that was made or taken over. Somebody removed that one and put another in its place, ` +
    "be it a restored copy or something of his own. Only the mark that said whose it is was taken away. Where nobody needs it, it is to be deleted by hand."
  );
}
