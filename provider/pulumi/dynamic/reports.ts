/**
 * What previews found, told in two ways: as data to the deed that follows, in this process, and as sentences in displayed
 * inputs, the only channel on which a preview shows them by path (decisions/drift-and-impact.md).
 */

import { type Ignored, nothingIgnored } from "../../lifecycle/ignored";
import type { PreviewReport, Values } from "../../lifecycle/lifecycle";
import { driftSaid, impactSaid } from "../../lifecycle/sentences";
import { type HiddenInputs, visibleInputs } from "./hidden";

/** What an operation is held to. */
interface Kept {
  readonly report: PreviewReport;
  /**
   * What the program leaves to the host. It is recorded nowhere: another list alone is no difference, and would be one to
   * the next refresh, which is sent old outputs and returns new inputs.
   */
  readonly ignored: Ignored;
}

const nothing: Kept = { report: {}, ignored: nothingIgnored };

/**
 * What was found, by the checked inputs: the engine asks `check`, `diff` and `update` in one process, and hands on nothing
 * but those.
 */
export class Reports {
  private readonly kept = new Map<string, Kept>();
  /** Of resources that are replaced, by their URNs. */
  private readonly replacements = new Map<string, PreviewReport>();
  /** What is recorded of each resource, by its URN. */
  private readonly recorded = new Map<string, Values>();

  /** Why the creations that were checked would be refused where they take the place of what is deleted, by their URNs. */
  private readonly inVain = new Map<string, readonly string[]>();

  keep(urn: string, inputs: object, kept: Kept): void {
    this.kept.set(keyOf(inputs), kept);
    this.inVain.set(urn, kept.report.inVain ?? []);
  }

  /** Of a deletion after which the same is to be made anew. */
  inVainFor(urn: string): readonly string[] {
    return this.inVain.get(urn) ?? [];
  }

  /** Nothing where these inputs were not checked here. */
  of(inputs: object): Kept {
    return this.kept.get(keyOf(inputs)) ?? nothing;
  }

  /** Of what the engine asks a second time, without what was recorded, what that was: it is to be replaced. */
  recordedOf(urn: string, recorded: Values | undefined): Values | undefined {
    if (recorded === undefined) return this.recorded.get(urn);
    this.recorded.set(urn, recorded);
    return undefined;
  }

  /**
   * The engine asks a second time of a replacement, without what was recorded: as of a creation, in whose place the old
   * object still stands. What was said of it the first time counts.
   */
  ofReplacement(urn: string, report: PreviewReport, isCreation: boolean): PreviewReport {
    if (isCreation) {
      const impact = this.replacements.get(urn)?.impact;
      return impact === undefined ? report : { ...report, impact };
    }
    if (report.impact?.some((change) => change.class === "replace") === true) this.replacements.set(urn, report);
    return report;
  }
}

/** The same for equal inputs, whatever way they went in between. */
function keyOf(inputs: object): string {
  return JSON.stringify(sorted(visibleInputs(inputs)));
}

function sorted(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(sorted);
  const entries = Object.entries(value).filter(([, inner]) => inner !== undefined && inner !== null);
  return Object.fromEntries(
    entries.map(([key, inner]) => [key, sorted(inner)] as const).sort(([one], [other]) => (one < other ? -1 : 1)),
  );
}

/**
 * The displayed inputs: sentences for people, and the same as data for programs (`__changes`, which no difference shows).
 * `old`: the inputs as they are recorded, what was displayed last time among them. Drift that is
 * recorded just so (it was mended, and came back) would be no difference to the engine: `diff` says it.
 */
export function displayed({ drift = [], impact = [] }: PreviewReport, inputs: object, old: HiddenInputs): Values {
  const said = { drift: driftSaid(drift, inputs, old), impact: impactSaid(impact, inputs, old) };
  const isNothing = drift.length === 0 && impact.length === 0;
  const isRecorded = JSON.stringify(sorted(old.drift)) === JSON.stringify(sorted(said.drift));
  return {
    ...(Object.keys(said.drift).length === 0 || isRecorded ? {} : { drift: said.drift }),
    ...(Object.keys(said.impact).length === 0 ? {} : { impact: said.impact }),
    ...(isNothing ? {} : { __changes: { drift, impact } }),
  };
}
