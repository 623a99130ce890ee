/** Which elements of a document are the entries of a map, and under which keys. Pure. */

import type { z } from "zod";
import { type DesiredElement, element } from "../../reconcile/desired";
import type { Language } from "../../reconcile/language";
import { aliasOf } from "../../reconcile/pair";
import { type Pairs, type Spot, spotsOf } from "../../reconcile/spots";
import { type Element, elementsOf, isElement } from "../../reconcile/tree";
import { probingKey } from "./probe";

export interface Candidate {
  readonly key: string;
  readonly element: Element;
  /** The alias by which the matcher knows it. */
  readonly name: string;
  /** Whether it is written with that alias by itself. */
  readonly isOurs: boolean;
}

export type Entries = readonly Candidate[];

/**
 * `wanted` has one entry with the key that is probed for. Where that key stands, those of the others stand as well: in the
 * alias that we give a device, or in an attribute. Devices that are nobody's are called after what they are known by.
 */
export function entriesOf(
  type: z.ZodRecord,
  path: string,
  wanted: DesiredElement,
  pairs: Pairs,
  language: Language,
  claimed: ReadonlySet<Element>,
): Entries {
  const spots = spotsOf(wanted).filter(({ element: each }) => each.path.startsWith(`${path}.${probingKey}`));
  const [first] = [...spots].sort((one, other) => one.elements.length - other.elements.length);
  const container = first?.parent && pairs.get(first.parent);
  if (first === undefined || container === undefined) return [];
  const { name } = first.element;
  const parents = first.elements.slice(0, -1);
  const isKey = ({ element: each, stated }: Spot): boolean => each === first.element && stated.value === probingKey;
  const attribute = spots.find(isKey)?.attribute;
  const alias = first.element.children.find((child) => child.name === "alias")?.attributes.name?.value;
  const before = alias?.slice(0, -probingKey.length);
  const taken = new Set<string>();
  return elementsOf(container, name)
    .filter((each) => !claimed.has(each))
    .flatMap((each, index): Entries => {
      const held = aliasOf(each);
      const isNamed = held !== undefined && before !== undefined;
      if (isNamed && !held.startsWith(before)) return [];
      const natural = language.keys(each, parents).filter((key) => /^[a-z]/i.test(key ?? ""));
      const kind = before === undefined ? name : before.slice("ua-".length, -1);
      const keys =
        attribute !== undefined
          ? [each.attributes[attribute]]
          : [isNamed ? held.slice(before.length) : undefined, ...natural, `${kind}${index}`, `${kind}-${index}`];
      const key = keys.find(
        (one) => one !== undefined && !taken.has(one) && (type.keyType as z.ZodType).safeParse(one).success,
      );
      if (key === undefined) return [];
      taken.add(key);
      const ownName = before === undefined ? undefined : `${before}${key}`;
      return [{ key, element: each, name: ownName ?? `ua-entry-${path}.${key}`, isOurs: ownName !== undefined }];
    });
}

/** The document in which these entries have their names. */
export function withNames(document: Element, entries: Entries): Element {
  const names = new Map(entries.map((entry) => [entry.element, entry.name]));
  const next = (each: Element): Element => {
    const name = names.get(each);
    const children = each.children.map((child) => (isElement(child) ? next(child) : child));
    if (name === undefined)
      return children.every((child, index) => child === each.children[index]) ? each : { ...each, children };
    const others = children.filter((child) => !isElement(child) || child.name !== "alias");
    return { ...each, children: [...others, { name: "alias", attributes: { name }, children: [] }] };
  };
  return entries.length === 0 ? document : next(document);
}

/** The wanted document in which the outermost element of each of these paths has this name. */
export function named(wanted: DesiredElement, names: ReadonlyMap<string, string>): DesiredElement {
  if (names.size === 0) return wanted;
  const next = (each: DesiredElement): DesiredElement => {
    const name = names.get(each.path);
    if (name !== undefined) return { ...each, children: [...each.children, element("alias", each.path, { name })] };
    const children = each.children.map(next);
    return children.every((child, index) => child === each.children[index]) ? each : { ...each, children };
  };
  return next(wanted);
}
