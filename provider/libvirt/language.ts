/** libvirt's XML for the matcher: which elements are the same device, and which spellings mean the same. */

import type { Language } from "../reconcile/language";
import { absentElements, absentValues } from "./absences";
import { isSameDevice, keysOf, mayRepeat } from "./siblings";
import { inUnitOf, sameSpelling } from "./spellings";
import { cidrAt, describeSubnet, heldAs, sortOf } from "./subnets";

export const libvirtLanguage: Language = {
  keys: keysOf,
  mayRepeat,
  isSameDevice,
  looseKey: sortOf,
  held: heldAs,
  equivalent: sameSpelling,
  respell: (place, actual) => cidrAt(place) ?? inUnitOf(place, actual),
  describe: describeSubnet,
  impliedByAbsence: absentValues,
  elementImpliedByAbsence: absentElements,
};
