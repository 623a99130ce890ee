/** What may be said of a field beside its type. Descriptions, defaults and the effect of a change stand here and nowhere else. */

import { z } from "zod";

/**
 * What a change of this field needs at the least, where the hypervisor and the guest's state allow it.
 * `none`: no effect on the host (`restart`, `adopt`).
 */
export type Effect = "none" | "live" | "nextStart" | "stop" | "interrupts" | "replace";

export interface FieldNotes {
  /** One or two sentences for the hover text and the reference: units, shape, source of the rule. */
  readonly description: string;
  readonly effect: Effect;
  /** What is taken when the field is left out, in words; only where there is such a thing. */
  readonly defaultsTo?: string;
  /** An object with nothing in it asks for the thing with all its defaults; elsewhere it means the same as leaving it out. */
  readonly asksWhenEmpty?: boolean;
  /** The value is wrapped as a secret on its way out. */
  readonly secret?: boolean;
  /** `check` fills it in; the user may give it as well. */
  readonly derived?: boolean;
  /** Left out, the host chooses: what it chose is an output, and not owned. */
  readonly chosen?: boolean;
  /**
   * XML that has to be dropped when this field changes, because libvirt derived it from the old value: paths of
   * element names, relative (`address`) to the element the field sits in, or from the root (`/devices/controller`).
   */
  readonly dependants?: readonly string[];
}

/** A registry of our own: that of zod is shared with every other package of the program. */
const registry = z.registry<FieldNotes>();

/** Puts the notes at the field. The same type stands in many fields, each with its own notes. */
export function field<Type extends z.ZodType>(type: Type, notes: FieldNotes): Type {
  const copy = type.clone();
  registry.add(copy, notes);
  return copy;
}

/** The notes at this very field, or undefined where there are none (items of lists, values of maps). */
export function ownNotes(type: z.ZodType): FieldNotes | undefined {
  return registry.get(type) ?? (type instanceof z.ZodOptional ? ownNotes(type.unwrap() as z.ZodType) : undefined);
}

/** A fact that is read from the host and shown as an output: nothing that can be asked for. */
export function fact<Type extends z.ZodType>(type: Type, description: string): Type {
  return field(type, { description, effect: "none" });
}
