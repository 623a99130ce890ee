/** Which changed inputs make another object of it: those are deleted and made anew. */

import type { z } from "zod";
import type { HostReference } from "../../schema/references";
import { holdsUnknown } from "../../schema/unknown";
import { notesOf } from "../../schema/walk";
import type { Hosts } from "../libvirt/connection";
import { LibvirtError } from "../libvirt/errors";
import { areSameHost } from "../resources/host/machine-identity";
import { sameHost } from "../resources/recorded-identity";
import { sameInputs } from "./inputs";
import type { Values } from "./lifecycle";
import { isOffline } from "./reached";

/** Top-level inputs that cannot be changed in place. Hosts are asked where their references do not tell whether they are one. */
export async function replacing(hosts: Hosts, schema: z.ZodType, recorded: Values, wanted: Values): Promise<string[]> {
  const moves = await movesUntold(hosts, recorded, wanted);
  return [...replacingAsTold(schema, recorded, wanted), ...(moves ? ["host"] : [])];
}

/** The same by the inputs alone. An unknown value is never a reason. Pure. */
export function replacingAsTold(schema: z.ZodType, recorded: Values, wanted: Values): string[] {
  return Object.keys(wanted).filter((key) => replaces(schema, key, recorded[key], wanted[key]));
}

function replaces(schema: z.ZodType, key: string, before: unknown, after: unknown): boolean {
  if (before === undefined || after === undefined || holdsUnknown(after)) return false;
  if (sameInputs({ v: before }, { v: after }, ["v"])) return false;
  // Another URI is not another host; only another host is.
  if (key === "host") return sameHost(before as HostReference, after as HostReference) === false;
  if (key === "pool") return (before as { name?: string }).name !== (after as { name?: string }).name;
  return notesOf(schema, key)?.effect === "replace";
}

/** Where nobody can tell now, `update` will, or refuse. */
async function movesUntold(hosts: Hosts, { host: before }: Values, { host: after }: Values): Promise<boolean> {
  if (before === undefined || after === undefined || holdsUnknown([before, after])) return false;
  const references = [before as HostReference, after as HostReference] as const;
  if (sameHost(...references) !== undefined || isOffline()) return false;
  try {
    return !(await areSameHost(hosts, ...references));
  } catch (error) {
    if (error instanceof LibvirtError) return false;
    throw error;
  }
}
