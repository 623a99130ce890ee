/** What may be said of a field beside its type. Descriptions, defaults and the effect of a change stand here and nowhere else. */

import type { z } from "zod";

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
  /** The value is wrapped as a secret on its way out. */
  readonly secret?: boolean;
  /** `check` fills it in; the user may give it as well. */
  readonly derived?: boolean;
  /**
   * XML that has to be dropped when this field changes, because libvirt derived it from the old value: paths of
   * element names, relative (`address`) to the element the field sits in, or from the root (`/devices/controller`).
   */
  readonly dependants?: readonly string[];
}

declare module "zod" {
  interface GlobalMeta {
    effect?: Effect;
    defaultsTo?: string;
    secret?: boolean;
    derived?: boolean;
    dependants?: readonly string[];
  }
}

/** Puts the notes at the field. */
export function field<Type extends z.ZodType>(type: Type, notes: FieldNotes): Type {
  return type.meta(notes as Parameters<Type["meta"]>[0]);
}

/** A fact that is read from the host and shown as an output: nothing that can be asked for. */
export function fact<Type extends z.ZodType>(type: Type, description: string): Type {
  return field(type, { description, effect: "none" });
}
