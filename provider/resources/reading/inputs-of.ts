/** Reads an object of the host back into inputs, by writing and matching alone (decisions/inputs-of.md). Pure. */

import { z } from "zod";
import { ownNotes } from "../../../schema/field";
import { deviceKey } from "../../../schema/names";
import { membersOf, referenceKind, unwrap } from "../../../schema/walk";
import type { KnownHost, Observed, Resource } from "../resource";
import { Described } from "./described";
import { choicesOf, isOptional, kindOf, optionsOf, sampleOf, variantsOf } from "./probe";
import {
  type Field,
  inSchemaOrder,
  optionalParts,
  type Steps,
  typeAt,
  valueAt,
  type Values,
  withValue,
} from "./values";

export function inputsOf<Inputs extends object>(
  resource: Resource<Inputs>,
  seen: Observed,
  host: KnownHost,
): Partial<Inputs> {
  return new Reading(resource as unknown as Resource<Values>, seen, host).all() as Partial<Inputs>;
}

class Reading {
  /** What has been read so far: never anything that differs from what is there. */
  private inputs: Values = {};
  private readonly described: Described;
  /** The same type is the same field, of one device or another. */
  private readonly silentOf = new Map<z.ZodType, readonly unknown[]>();

  constructor(
    private readonly resource: Resource<Values>,
    seen: Observed,
    host: KnownHost,
  ) {
    this.described = new Described(resource, seen, host);
  }

  all(): Values {
    const { schema } = this.resource;
    this.members(schema, []);
    for (const [path, value] of this.described.settings(this.inputs))
      this.accept({ type: typeAt(schema, [path]) ?? z.never(), steps: [path] }, [value]);
    this.sayDefaultsThatAreNotThere();
    this.withoutProblems();
    return inSchemaOrder(schema, this.inputs) as Values;
  }

  /**
   * What decides which element is meant comes first, then what may be stated, since without it the others stand for it as
   * well (`memory` for the largest and the present one); then what only shows by what it brings, and maps.
   */
  private members(type: z.ZodType, steps: Steps): void {
    const ranked = (...ranks: readonly number[]): readonly Field[] =>
      membersOf(type).flatMap(([name, member]) =>
        ranks.includes(rankOf(member)) && ownNotes(member)?.effect !== "none"
          ? [{ type: member, steps: [...steps, name] }]
          : [],
      );
    for (const field of ranked(0, 1)) this.value(field);
    const [optional, required] = [ranked(2), ranked(3)];
    for (const field of this.together(optional)) this.value(field);
    this.required(required, ranked(1));
    if (required.length > 0) for (const { steps: at } of optional) this.leaveOut(at);
    for (const field of ranked(0, 1, 2, 3)) if (!this.has(field.steps)) this.choice(field);
    // What a part is made of may depend on what was read since: a screen on the kind of guest.
    for (const field of ranked(1)) if (!this.has(field.steps)) this.beside(field);
    for (const field of ranked(4)) this.value(field);
  }

  private value({ type, steps }: Field): void {
    const kind = kindOf(type);
    if (kind === "object") this.part({ type, steps }, ownNotes(type)?.asksWhenEmpty === true);
    else if (kind === "map") this.map(unwrap(type) as z.ZodRecord, steps);
    else if (kind !== "union") this.standing({ type, steps });
    else for (const option of optionsOf(type)) if (!this.has(steps)) this.value({ type: option, steps });
  }

  /** A part that changes nothing of what was read before it. */
  private beside(field: Field): void {
    const before = this.inputs;
    this.value(field);
    if (this.inputs !== before && !this.described.isRight(this.inputs, [])) this.inputs = before;
  }

  /** What must be stated counts more than what may be: a part beside which it cannot be said is not (room for memory). */
  private required(fields: readonly Field[], parts: readonly Field[]): void {
    const before = this.inputs;
    const read = (): number => {
      for (const field of fields) this.value(field);
      return fields.filter(({ steps }) => this.has(steps)).length;
    };
    let most = read();
    let best = this.inputs;
    for (const { steps } of most < fields.length ? parts.filter((each) => this.has(each.steps)) : []) {
      this.inputs = withValue(before, steps, undefined);
      const count = read();
      if (count > most) [most, best] = [count, this.inputs];
    }
    this.inputs = best;
  }

  /** Reads what can be tried at once, and answers what is left: of two that exclude each other only one is written. */
  private together(fields: readonly Field[]): readonly Field[] {
    const samples = fields.map((field) => ({ ...field, sample: sampleOf(field.type) }));
    const all = samples.reduce((inputs, { steps, sample }) => withValue(inputs, steps, sample), this.inputs);
    const found = this.described.heldFor(all, samples);
    const [any] = found;
    if (any === undefined) return fields;
    const first = found.reduce((inputs, { steps, values: [value] }) => withValue(inputs, steps, value), this.inputs);
    if (this.described.isRight(first, any.steps)) this.inputs = first;
    else for (const field of found) this.accept(field, field.values);
    const rest = fields.filter(({ steps }) => !found.some((each) => each.steps === steps));
    // What was not right may be so beside what is read of the rest: the driver of a disk goes with its image.
    return [...rest, ...found.filter(({ steps, values }) => values.length > 0 && !this.has(steps))];
  }

  /** A value that stands in the document by its own text. */
  private standing({ type, steps }: Field): void {
    for (const sample of kindOf(type) === "choice" ? choicesOf(type) : [sampleOf(type)]) {
      const [found] = this.described.heldFor(withValue(this.inputs, steps, sample), [{ type, steps, sample }]);
      if (found !== undefined) return this.accept(found, found.values);
    }
    this.accept({ type, steps }, this.described.wholesFor(type));
  }

  /** A value of few that only shows by what it brings: the one that explains most. */
  private choice({ type, steps }: Field): void {
    const options = this.silent(optionsOf(type).flatMap(choicesOf), { type, steps });
    let best = options.length === 0 ? 0 : this.described.explained(this.inputs, steps);
    let found = this.inputs;
    for (const option of options) {
      const next = withValue(this.inputs, steps, option);
      if (!this.described.writes(next, steps)) continue;
      if (!this.described.isRight(next, steps)) {
        // Where there are too few of what is counted, there are no more.
        if (typeof option === "number") break;
        continue;
      }
      const explained = this.described.explained(next, steps);
      if (explained <= best) continue;
      best = explained;
      found = next;
    }
    this.inputs = found;
  }

  /** Those that do not stand for themselves in what is written: a word that does would have been found there. */
  private silent(options: readonly unknown[], { type, steps }: Field): readonly unknown[] {
    const known = this.silentOf.get(type);
    if (known !== undefined) return known;
    const found = options.filter(
      (option) => !this.described.texts(withValue(this.inputs, steps, option), steps).some((text) => text === option),
    );
    this.silentOf.set(type, found);
    return found;
  }

  /** An object, which is stated where it is there and anything of it can be read. */
  private part({ type, steps }: Field, mayBeEmpty: boolean): void {
    const before = this.inputs;
    this.inputs = withValue(before, steps, {});
    for (const [name, member] of membersOf(type)) {
      if (rankOf(member) === 0) this.value({ type: member, steps: [...steps, name] });
    }
    if (this.described.isRight(this.inputs, steps)) {
      this.members(type, steps);
      const isWhole = membersOf(type).every(([name, member]) => isOptional(member) || this.has([...steps, name]));
      if (isWhole && this.saysMoreThan(before, steps, mayBeEmpty) && this.described.isRight(this.inputs, steps)) return;
    }
    this.inputs = before;
  }

  private saysMoreThan(before: Values, steps: Steps, mayBeEmpty: boolean): boolean {
    if (Object.keys(valueAt(this.inputs, steps) as object).length > 0) return true;
    return mayBeEmpty && this.described.explained(this.inputs, steps) > this.described.explained(before, steps);
  }

  private map(type: z.ZodRecord, steps: Steps): void {
    const before = this.inputs;
    const valueType = type.valueType as z.ZodType;
    let all = before;
    for (const key of this.described.entries(before, type, steps)) {
      const field = { type: valueType, steps: [...steps, key] };
      // Each by itself: of many, each would be looked for among all of them.
      this.inputs = before;
      if (kindOf(valueType) === "object") this.part(field, true);
      else this.value(field);
      if (this.has(field.steps)) all = withValue(all, field.steps, valueAt(this.inputs, field.steps));
    }
    // What all of them bring together is right, or none of them is (the sum of the memory).
    this.inputs = this.described.isRight(all, steps) ? all : before;
    for (const [name, member] of membersOf(valueType))
      if (unwrap(member) === deviceKey) this.otherEntries({ type: member, steps }, name);
  }

  /** A value that names another entry of the map (`onSlotOf`) shows only where both are there. */
  private otherEntries({ type, steps }: Field, name: string): void {
    const keys = Object.keys(valueAt(this.inputs, steps) ?? {});
    for (const key of keys) {
      const own = [...steps, key, name];
      const before = this.described.explained(this.inputs, steps);
      const explains = (other: string): boolean =>
        other !== key && this.described.explained(withValue(this.inputs, own, other), steps) > before;
      this.accept({ type, steps: own }, keys.filter(explains));
    }
  }

  /** Without what the others say as well. */
  private leaveOut(steps: Steps): void {
    const next = withValue(this.inputs, steps, undefined);
    const saysAsMuch = (): boolean => this.described.explained(next, []) === this.described.explained(this.inputs, []);
    if (this.has(steps) && saysAsMuch() && this.described.isRight(next, [])) this.inputs = next;
  }

  /**
   * What is not there and would be by default is said, where there is a word for that: a guest that was made of the inputs
   * would have it.
   */
  private sayDefaultsThatAreNotThere(): void {
    let left = this.described.excess(this.inputs);
    for (const path of new Set(left.map((each) => each.path))) {
      for (let steps = path.split("."); steps.length > 0; steps = steps.slice(0, -1)) {
        const type = this.has(steps) ? undefined : typeAt(this.resource.schema, steps);
        for (const variant of type === undefined ? [] : this.silent(variantsOf(type), { type, steps })) {
          const next = withValue(this.inputs, steps, variant);
          const rest = this.described.isRight(next, steps) ? this.described.excess(next) : left;
          if (rest.length >= left.length) continue;
          this.inputs = next;
          left = rest;
        }
      }
    }
  }

  /** Without what the resource's own rules refuse: a device that no input can describe. */
  private withoutProblems(): void {
    let count = this.described.problems(this.inputs);
    for (const steps of count === 0 ? [] : optionalParts(this.resource.schema, this.inputs)) {
      const next = withValue(this.inputs, steps, undefined);
      const fewer = this.described.problems(next);
      if (fewer >= count || !this.described.isRight(next, [])) continue;
      this.inputs = next;
      count = fewer;
    }
  }

  private has(steps: Steps): boolean {
    return valueAt(this.inputs, steps) !== undefined;
  }

  /** Takes the first of the values that the input may have and that is no difference. */
  private accept({ type, steps }: Field, values: readonly unknown[]): void {
    for (const value of values) {
      const next = withValue(this.inputs, steps, value);
      if (!type.safeParse(value).success || !this.described.isRight(next, steps)) continue;
      this.inputs = next;
      return;
    }
  }
}

function rankOf(type: z.ZodType): number {
  const kind = kindOf(type);
  if (kind === "map") return 4;
  // Which device of the host it is decides what it is to the guest.
  const decides = kind === "choice" || referenceKind(type) === "PassthroughDevice";
  if (!isOptional(type)) return decides ? 0 : 3;
  return kind === "object" || kind === "union" ? 1 : 2;
}
