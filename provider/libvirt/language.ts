/** libvirt's XML for the matcher: which elements are the same device, and which spellings mean the same. */

import type { Language } from "../reconcile/language";
import { absentElements, absentValues } from "./implicit-defaults";
import { roomAt } from "./room";
import { isSameDevice, keysOf, mayRepeat } from "./siblings";
import { inUnitOf, sameSpelling } from "./equivalences";
import { heldAs } from "./held";
import { cidrAt, describeSubnet, sortOf } from "./subnets";

export const libvirtLanguage: Language = {
  keys: keysOf,
  mayRepeat,
  isSameDevice,
  looseKey: sortOf,
  standsBefore: nextInOrder,
  held: heldAs,
  equivalent: sameSpelling,
  respell: (place, actual) => cidrAt(place) ?? inUnitOf(place, actual),
  had: roomAt,
  describe: describeSubnet,
  impliedByAbsence: absentValues,
  elementImpliedByAbsence: absentElements,
};

/** Where a group is ordered in libvirt's schema of domains (domaincommon.rng: osxen, and hostdevsubsysusb). */
function nextInOrder(name: string, parents: readonly string[]): string | undefined {
  if (name === "bootloader") return parents.length === 1 ? "os" : undefined;
  return parents.at(-2) === "hostdev" && ["vendor", "product"].includes(name) ? "address" : undefined;
}

/** The same for hosts that treat more spellings as one. */
export function languageWith(equivalent: Language["equivalent"]): Language {
  return {
    ...libvirtLanguage,
    equivalent: (place, desired, actual) =>
      libvirtLanguage.equivalent(place, desired, actual) || equivalent(place, desired, actual),
  };
}
