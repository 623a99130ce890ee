/** What libvirt leaves out of its XML because it is the default, or because it keeps it elsewhere. */

import type { Place } from "../reconcile/language";
import type { Element } from "../reconcile/tree";

export function absentValues(_place: Place, _desired: string): boolean {
  return false;
}

export function absentElements(_desired: Element, _parents: readonly string[], _actualParent: Element): boolean {
  return false;
}
