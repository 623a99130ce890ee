/** The devices in a guest's XML. Pure. */

import { type Element, elementsOf, firstElement, isElement } from "../reconcile/tree";

/** The devices of a guest, optionally only those of one name; none where there is no guest. */
export function devicesIn(document: Element | undefined, name?: string): Element[] {
  const devices = firstElement(document, "devices");
  return devices === undefined ? [] : elementsOf(devices, name);
}

/** The guest with another device in the place of each, or without it; the same object where all stay as they are. */
export function withDevices(document: Element, next: (device: Element) => Element | undefined): Element {
  const devices = firstElement(document, "devices");
  if (devices === undefined) return document;
  const children = devices.children.flatMap((child) => (isElement(child) ? (next(child) ?? []) : child));
  if (children.length === devices.children.length && children.every((child, at) => child === devices.children[at]))
    return document;
  return {
    ...document,
    children: document.children.map((child) => (child === devices ? { ...devices, children } : child)),
  };
}
