/** libvirt's XML for the matcher: which elements are the same device, and which spellings mean the same. */

import type { Language } from "../reconcile/language";
import { absentElements, absentValues } from "./absences";
import { isSameDevice, keysOf, mayRepeat } from "./siblings";
import { inUnitOf, sameSpelling } from "./spellings";

export const libvirtLanguage: Language = {
  keys: keysOf,
  mayRepeat,
  isSameDevice,
  equivalent: sameSpelling,
  respell: inUnitOf,
  impliedByAbsence: absentValues,
  elementImpliedByAbsence: absentElements,
};
