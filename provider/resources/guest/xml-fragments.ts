/** The `xml` escape hatch: raw elements that take the same road as everything else. Pure. */

import type { GuestInputs } from "../../../schema/guest";
import { parseXml } from "../../libvirt/xml";
import { type DesiredElement, desiredFromXml, element } from "../../reconcile/desired";

/** Devices that keep a user alias through define and start (libvirt 9.0). */
const keepsAlias = new Set(
  "disk controller interface channel input video sound rng panic memory hub watchdog hostdev filesystem".split(" "),
);

/** Elements of which a parent may have several outside `<devices>`: such a fragment is one more of them. */
const repeated = new Set("feature timer boot entry cell vcpupin iothreadpin cputune seclabel iothread".split(" "));

export function withFragments(document: DesiredElement, fragments: NonNullable<GuestInputs["xml"]>): DesiredElement {
  return Object.entries(fragments).reduce((domain, [key, { at, fragment }]) => {
    const path = `xml.${key}`;
    const root = desiredFromXml(parseXml(fragment, path), path);
    const steps = at === undefined ? [] : at.split("/");
    return placed(domain, steps, steps.at(-1) === "devices" ? withAlias(root, key) : root);
  }, document);
}

function withAlias(root: DesiredElement, key: string): DesiredElement {
  if (!keepsAlias.has(root.name) || root.children.some((child) => child.name === "alias")) return root;
  return { ...root, children: [...root.children, element("alias", root.path, { name: `ua-xml-${key}` })] };
}

function placed(parent: DesiredElement, steps: readonly string[], root: DesiredElement): DesiredElement {
  const [step, ...rest] = steps;
  if (step === undefined) return merged(parent, root);
  const existing = parent.children.find((child) => child.name === step);
  const next = placed(existing ?? element(step, root.path), rest, root);
  return {
    ...parent,
    children: existing === undefined ? [...parent.children, next] : replace(parent.children, existing, next),
  };
}

/** A single element that the typed fields wrote as well is one element: the fragment's words win, the rest stays. */
function merged(parent: DesiredElement, root: DesiredElement): DesiredElement {
  const existing =
    parent.name === "devices" || repeated.has(root.name)
      ? undefined
      : parent.children.find((child) => child.name === root.name);
  if (existing === undefined) return { ...parent, children: [...parent.children, root] };
  const next: DesiredElement = root.children.reduce(merged, {
    ...existing,
    attributes: { ...existing.attributes, ...root.attributes },
    text: root.text ?? existing.text,
  });
  return { ...parent, children: replace(parent.children, existing, next) };
}

function replace<Item>(items: readonly Item[], old: Item, next: Item): Item[] {
  return items.map((item) => (item === old ? next : item));
}
