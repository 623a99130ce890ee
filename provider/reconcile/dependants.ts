/** What has to go when something else changes, because the host derived it from the old value. Pure. */

import type { Difference, Edit } from "./match";
import { contains, type Element, elementsOf } from "./tree";

/**
 * Selects by a small path language: names joined by `/`, `*` for any, `[@attribute='value']` as a condition. A leading
 * `/` starts at the document's root, anything else at the changed device.
 */
export function select(from: Element, path: string): { parent: Element; element: Element }[] {
  const steps = path.replace(/^\//, "").split("/");
  let level: { parent: Element; element: Element }[] = [{ parent: from, element: from }];
  for (const step of steps) {
    const parsed = /^([^[]+)(?:\[@([^=]+)='([^']*)'\])?$/.exec(step);
    if (parsed === null) throw new Error(`Not a path of dependants: ${path}`);
    const [, name, attribute, value] = parsed;
    level = level.flatMap(({ element }) =>
      elementsOf(element)
        .filter((child) => name === "*" || child.name === name)
        .filter((child) => attribute === undefined || child.attributes[attribute] === value)
        .map((child) => ({ parent: element, element: child })),
    );
  }
  return level;
}

/** The removals that the differences entail: `dependants` answers the declared paths for an input path. */
export function removalsFor(
  document: Element,
  differences: readonly Difference[],
  dependants: (path: string) => readonly string[],
): Edit[] {
  const removals = new Map<Element, Edit>();
  const touched = new Set(
    differences.map((difference) => ("element" in difference ? difference.element : difference.at)),
  );
  for (const difference of differences) {
    for (const path of dependants(difference.path)) {
      const start = path.startsWith("/") ? document : deviceOf(document, difference.at);
      if (start === undefined) continue;
      for (const { parent, element } of select(start, path)) {
        if (touched.has(element)) continue;
        removals.set(element, { kind: "remove", at: parent, element });
      }
    }
  }
  return [...removals.values()];
}

/** The child of `<devices>` that holds the element, or the element itself when it is in none. */
function deviceOf(document: Element, element: Element): Element | undefined {
  const devices = elementsOf(document, "devices")[0];
  return devices === undefined ? element : (elementsOf(devices).find((device) => contains(device, element)) ?? element);
}
