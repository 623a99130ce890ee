/** A fragment with one part of it taken away, smallest parts first: how the part that is wrong is found. Pure. */

import { type Element, isElement } from "../../reconcile/tree";

export interface Without {
  /** What was taken away, for people: `the attribute typ of <driver> in <disk>`. Values are left out: they may be secret. */
  readonly part: string;
  readonly rest: Element;
}

/** More parts than this are not tried one by one. */
const most = 100;

export function without(root: Element): Without[] {
  const parts = partsOf(root, []);
  return parts
    .sort((one, other) => other.depth - one.depth)
    .slice(0, most)
    .map(({ part, rest }) => ({ part, rest }));
}

interface Part extends Without {
  readonly depth: number;
}

function partsOf(element: Element, above: readonly string[]): Part[] {
  const path = [...above, element.name];
  const where = place(path);
  const attributes = Object.keys(element.attributes).map((name) => {
    const { [name]: _taken, ...kept } = element.attributes;
    // An attribute is smaller than an element at the same depth.
    return {
      part: `the attribute ${name} of ${where}`,
      rest: { ...element, attributes: kept },
      depth: path.length + 0.5,
    };
  });
  const children = element.children.flatMap((child, index) => {
    if (!isElement(child)) return [];
    const put = (next: readonly Element[]): Element => ({
      ...element,
      children: [...element.children.slice(0, index), ...next, ...element.children.slice(index + 1)],
    });
    const whole: Part = {
      part: `${place([...path, child.name])} as it stands there`,
      rest: put([]),
      depth: path.length + 1,
    };
    return [whole, ...partsOf(child, path).map((inner) => ({ ...inner, rest: put([inner.rest]) }))];
  });
  return [...attributes, ...children];
}

function place(path: readonly string[]): string {
  return [...path]
    .reverse()
    .map((name) => `<${name}>`)
    .join(" in ");
}
