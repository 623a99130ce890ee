/**
 * What a look at the host found, told in two ways: as data to the deed that follows, in this process, and as sentences in
 * displayed inputs, the only channel on which a preview shows them by path (decisions/drift-and-impact.md).
 */

import type { ClassifiedChange } from "./classified";
import { type Ignored, nothingIgnored } from "./ignored";
import { visibleInputs } from "./inputs";
import type { Checked, Values } from "./lifecycle";
import type { Looked } from "./look";
import { driftSaid, impactSaid, type Said, summary, waitingSentence } from "./sentences";

/**
 * What was found, by the checked inputs: the engine asks `check`, `diff` and `update` in one process, and hands on nothing
 * but those.
 */
export class Outlooks {
  private readonly found = new Map<string, Looked<object> & { readonly ignored: Ignored }>();

  keep(looked: Looked<object>, ignored: Ignored): void {
    this.found.set(keyOf(looked.inputs), { ...looked, ignored });
  }

  /**
   * What the program leaves to the host. It is recorded nowhere: another list alone is no difference, and would be one to
   * the next refresh, which is sent old outputs and returns new inputs.
   */
  ignoredBy(inputs: object): Ignored {
    return this.found.get(keyOf(inputs))?.ignored ?? nothingIgnored;
  }

  /** What an `up` has said of these inputs; nothing where they were not checked here. */
  saidOf(inputs: object): readonly ClassifiedChange[] {
    return this.found.get(keyOf(inputs))?.impact ?? [];
  }

  /** Which creation the host knows of. */
  creationOf(inputs: object): string | undefined {
    return this.found.get(keyOf(inputs))?.creation;
  }

  hasDrift(inputs: object): boolean {
    return (this.found.get(keyOf(inputs))?.drift ?? []).length > 0;
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

interface Displayed {
  readonly drift?: Said;
  /** Whether this is a preview; not said, it is one. */
  readonly __preview?: boolean;
}

/** `old`: the inputs as they are recorded, what was displayed last time among them. */
export function told<Inputs extends object>(looked: Looked<Inputs>, old: Displayed = {}, news: Displayed): Checked {
  const { inputs, drift = [], impact = [], waiting = [], warnings = [], unasked } = looked;
  const said = { drift: driftSaid(drift, inputs, old), impact: impactSaid(impact, inputs, old) };
  const inOneLine = summary(drift, impact, inputs, old);
  return {
    inputs: { ...inputs, ...(isShown(news) ? displayed(said, old) : {}) },
    failures: [],
    warnings,
    notes: waiting.length === 0 ? [] : [waitingSentence(waiting, inputs, old)],
    ...(inOneLine === undefined ? {} : { summary: inOneLine }),
    ...(unasked === undefined ? {} : { unasked }),
  };
}

/**
 * What an `up` shows it records, and the next difference would show it as taken away. A plan of the engine's, however,
 * compares all inputs with those of its preview.
 */
function isShown({ __preview: isPreview = true }: Displayed): boolean {
  return isPreview || process.env.PULUMI_VIRT_STRICT === "true";
}

/** Drift that is recorded just so (it was mended, and came back) would be no difference to the engine: `diff` says it. */
function displayed({ drift, impact }: { drift: Said; impact: Said }, old: Displayed): Values {
  const isRecorded = JSON.stringify(sorted(old.drift)) === JSON.stringify(sorted(drift));
  return {
    ...(Object.keys(drift).length === 0 || isRecorded ? {} : { drift }),
    ...(Object.keys(impact).length === 0 ? {} : { impact }),
  };
}
