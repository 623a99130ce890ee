/** What a raw fragment may not say: which guest it is, and whose. With another guest's name and UUID libvirt overwrites that one. Pure. */

import { markNamespace } from "../../libvirt/mark";
import { type Element, elementsOf } from "../../reconcile/tree";
import { keyedKinds } from "./devices";
import { aliasFor } from "./devices/device";
import { placeOf } from "./fragment-place";

/** The reason, without the fragment's path; undefined where it says nothing of that. */
export function identityIn(fragment: Element, at: string | undefined): string | undefined {
  const { device, steps } = placeOf(at);
  if (device === undefined && steps.length === 0 && (fragment.name === "name" || fragment.name === "uuid")) {
    return `<${fragment.name}> says which guest it is, and would make it another one: state the input ${fragment.name}.`;
  }
  if (everyElement(fragment).some(isOurs)) {
    return `elements in the namespace ${markNamespace} say whose guest it is, and are written by the provider alone.`;
  }
  const alias = everyElement(fragment).find(
    ({ name, attributes }) =>
      name === "alias" && keyedKinds.some((kind) => attributes.name?.startsWith(aliasFor(kind, "")) === true),
  );
  return (
    alias &&
    `the alias ${alias.attributes.name} is one of those by which the provider knows devices under keys: choose another one that begins with "ua-".`
  );
}

function isOurs({ attributes }: Element): boolean {
  return Object.entries(attributes).some(([name, value]) => /^xmlns(:|$)/.test(name) && value === markNamespace);
}

function everyElement(element: Element): Element[] {
  return [element, ...elementsOf(element).flatMap(everyElement)];
}
