/** What would be written for inputs, and how far that is what is there. Pure. */

import type { z } from "zod";
import { LibvirtError } from "../../libvirt/errors";
import type { DesiredElement } from "../../reconcile/desired";
import { type Difference, match } from "../../reconcile/match";
import { heldAt, type Pairs, pairsOf, partOf, type Spot, spotsOf } from "../../reconcile/spots";
import { type Element, elementsOf } from "../../reconcile/tree";
import { isWithin, ownedPaths } from "../owned";
import type { KnownHost, Observed, Resource } from "../resource";
import { entriesOf, named, withNames } from "./entries";
import { completed, probingKey, sampleOf, shows, valuesOf, wholesFor } from "./probe";
import { type Field, pathOf, type Steps, type Values, withValue } from "./values";

interface Sampled extends Field {
  readonly sample: unknown;
}

/** The values that a field may have by what stands where its sample would. */
export interface Found extends Field {
  readonly values: readonly unknown[];
}

type IsMeant = (path: string) => boolean;

export class Described {
  /** What is there, in which each entry of a map has a name by which it is known whatever is tried. */
  private document: Element;
  /** By the input path of an entry, the name that it has for that in the wanted document, where it has none of its own. */
  private readonly names = new Map<string, string>();
  private written = new WeakMap<Values, DesiredElement | undefined>();

  constructor(
    private readonly resource: Resource<Values>,
    private readonly seen: Observed,
    private readonly host: KnownHost,
  ) {
    this.document = seen.document;
  }

  /** What libvirt keeps beside the XML, by input path. */
  settings(inputs: Values): readonly (readonly [string, unknown])[] {
    const { settings } = this.resource.desired(this.whole(inputs), this.host, this.seen);
    return Object.keys(settings).map((path) => [path, this.seen.settings[path]]);
  }

  /** How many of the resource's own rules they break. */
  problems(inputs: Values): number {
    return this.resource.problems(this.whole(inputs), undefined).length;
  }

  /** Whether nothing of it differs that has to do with this input; what is further up may be put right by what is read next. */
  isRight(inputs: Values, steps: Steps): boolean {
    const owned = ownedPaths(inputs);
    const wanted = this.desired(inputs, withinTopOf(steps, owned));
    const isAbove = (path: string): boolean => pathOf(steps).startsWith(`${path}.`);
    return wanted !== undefined && this.differences(wanted, owned).every(({ path }) => isAbove(path));
  }

  /** How many of the values that are there they state, less the names of ours that they would add. */
  explained(inputs: Values, steps: Steps): number {
    const owned = ownedPaths(inputs);
    const wanted = this.desired(inputs, withinTopOf(steps, owned));
    if (wanted === undefined) return 0;
    const pairs = this.pairs(wanted);
    const { language } = this.host.profile;
    const elements = (each: DesiredElement): number => {
      const isThere = pairs.has(each);
      const below = isThere ? each.children.reduce((sum, child) => sum + elements(child), 0) : 0;
      return below + (owned(each.path) ? (isThere ? 1 : -1) : 0);
    };
    const values = spotsOf(wanted).filter((spot) => {
      const actual = owned(spot.stated.path) ? pairs.get(spot.element) : undefined;
      return actual !== undefined && heldAt(spot, actual, language) !== undefined;
    });
    return elements(wanted) + values.length;
  }

  /** What they would add or change by our defaults as well, if nothing were anybody else's. */
  excess(inputs: Values): readonly Difference[] {
    const wanted = this.desired(inputs);
    return wanted === undefined ? [] : this.differences(wanted, (path) => path !== "");
  }

  /** Whether anything would be written because of an input. */
  writes(inputs: Values, steps: Steps): boolean {
    return (this.desired(inputs, (path) => isWithin(path, pathOf(steps)))?.children.length ?? 0) > 0;
  }

  /** The texts that would be written because of an input. */
  texts(inputs: Values, steps: Steps): readonly string[] {
    const wanted = this.desired(inputs, (path) => path === pathOf(steps));
    const spots = wanted === undefined ? [] : spotsOf(wanted);
    return spots.flatMap(({ stated }) => (stated.path === pathOf(steps) ? [stated.value] : []));
  }

  /** Of the fields those whose sample shows in what is written for the inputs, and what may be their values. */
  heldFor(inputs: Values, fields: readonly Sampled[]): readonly Found[] {
    const paths = new Set(fields.map(({ steps }) => pathOf(steps)));
    const wanted = this.desired(inputs, (path) => paths.has(path));
    if (wanted === undefined) return [];
    const pairs = this.pairs(wanted);
    const spots = spotsOf(wanted);
    return fields.flatMap(({ type, steps, sample }): Found[] => {
      const own = spots.filter(({ stated }) => stated.path === pathOf(steps) && shows(type, stated.value, sample));
      const held = own.flatMap((spot) => this.heldAt(spot, pairs).map((each) => [spot.stated.value, each] as const));
      return own.length === 0 ? [] : [{ type, steps, values: valuesOf(type, sample, held) }];
    });
  }

  /** The values that such a field may have of what stands in several parts. */
  wholesFor(type: z.ZodType): readonly unknown[] {
    return wholesFor(type, this.resource.wholes?.(this.seen.document) ?? []);
  }

  /** The keys of what a map describes of what is there. From now on they are known by them. */
  entries(inputs: Values, type: z.ZodRecord, steps: Steps): readonly string[] {
    const probe = withValue(inputs, [...steps, probingKey], sampleOf(type.valueType as z.ZodType));
    const wanted = this.desired(probe);
    if (wanted === undefined) return [];
    const entries = entriesOf(
      type,
      pathOf(steps),
      wanted,
      this.pairs(wanted),
      this.host.profile.language,
      this.claimed(inputs),
    );
    this.document = withNames(this.document, entries);
    for (const { key, name, isOurs } of entries) if (!isOurs) this.names.set(pathOf([...steps, key]), name);
    this.written = new WeakMap();
    return entries.map(({ key }) => key);
  }

  /** What there is of the elements that the inputs state. */
  private claimed(inputs: Values): ReadonlySet<Element> {
    const owned = ownedPaths(inputs);
    const wanted = this.desired(inputs, owned);
    const pairs = wanted === undefined ? [] : [...this.pairs(wanted)];
    return new Set(pairs.flatMap(([each, held]) => (owned(each.path) ? [held] : [])));
  }

  /** What stands at the spot. An element that is not known by what is tried may be any of its name. */
  private heldAt(spot: Spot, pairs: Pairs): readonly string[] {
    const [partner, above] = [pairs.get(spot.element), spot.parent && pairs.get(spot.parent)];
    const known = new Set(pairs.values());
    const others = above === undefined ? [] : elementsOf(above, spot.element.name).filter((each) => !known.has(each));
    return (partner === undefined ? others : [partner]).flatMap(
      (each) => heldAt(spot, each, this.host.profile.language) ?? [],
    );
  }

  private pairs(wanted: DesiredElement): Pairs {
    return pairsOf(wanted, this.document, this.host.profile.language);
  }

  /** A name of ours that a device does not have yet is no difference. */
  private differences(wanted: DesiredElement, owned: IsMeant): readonly Difference[] {
    const differences = match(wanted, this.document, owned, this.host.profile.language);
    return differences.filter(({ elements }) => elements.at(-1) !== "alias");
  }

  /** The wanted document, or what of it has to do with these paths; undefined where there is none for such inputs. */
  private desired(inputs: Values, isMeant?: IsMeant): DesiredElement | undefined {
    const whole = this.written.has(inputs) ? this.written.get(inputs) : this.write(inputs);
    this.written.set(inputs, whole);
    return whole && (isMeant === undefined ? whole : partOf(whole, isMeant, this.host.profile.language));
  }

  private write(inputs: Values): DesiredElement | undefined {
    const seen = { ...this.seen, document: this.document };
    try {
      return named(this.resource.desired(this.whole(inputs), this.host, seen).document, this.names);
    } catch (error) {
      if (error instanceof LibvirtError) return undefined;
      throw error;
    }
  }

  private whole(inputs: Values): Values {
    return completed(this.resource.schema, inputs) as Values;
  }
}

/** What an input brings belongs to it, or to the field that it is a part of. */
function withinTopOf([top]: Steps, owned: IsMeant): IsMeant {
  return top === undefined ? owned : (path) => owned(path) && isWithin(path, top);
}
