/** Where a wanted attribute is held under another name, which says the same of another kind of thing. Pure. */

import type { Held, Place } from "../reconcile/language";
import { prefixOf } from "./addresses";

export function heldAs({ elements, attribute = "", actual }: Place): Held | undefined {
  const value = actual.attributes[attribute];
  if (value !== undefined) return { attribute, value };
  return otherWords[`${elements.at(-1)}@${attribute}`]?.(actual) ?? undefined;
}

const otherWords: Readonly<Record<string, (actual: Place["actual"]) => Held | undefined>> = {
  // formatnetwork, "Addressing" and "Static Routes": the prefix may be said as a netmask.
  "ip@prefix": netmask,
  "route@prefix": netmask,
  // formatdomain, "Hard drives…": a file and a block device are a path alike.
  "source@file": image("dev"),
  "source@dev": image("file"),
};

function netmask(actual: Place["actual"]): Held | undefined {
  const prefix = actual.attributes.netmask === undefined ? undefined : prefixOf(actual);
  return prefix === undefined ? undefined : { attribute: "netmask", value: prefix };
}

function image(attribute: string): (actual: Place["actual"]) => Held | undefined {
  return ({ attributes }) => {
    const value = attributes[attribute];
    return value === undefined ? undefined : { attribute, value };
  };
}
