/** The `xml` escape hatch: raw elements that take the same road as everything else. Pure. */

import type { GuestInputs } from "../../../schema/guest";
import { holdsUnknown, unknown } from "../../../schema/unknown";
import { libvirtLanguage } from "../../libvirt/language";
import { parseXml } from "../../libvirt/xml";
import { type DesiredElement, desiredFromXml, element, instantiate } from "../../reconcile/desired";
import { aliasFor } from "./devices/device";
import { rawKind } from "./devices/raw";
import { depthOf, keyedDevice, onlyChild, placeOf } from "./fragment-place";

/** Devices that keep a user alias through define and start (libvirt 9.0). */
const keepsAlias = new Set(
  "disk controller interface channel input video sound rng panic memory hub watchdog hostdev filesystem".split(" "),
);

/** Throws `InvalidInput` where a fragment's place is not one place. */
export function withFragments(document: DesiredElement, fragments: NonNullable<GuestInputs["xml"]>): DesiredElement {
  return Object.entries(fragments)
    .sort(([, one], [, other]) => depthOf(one.at) - depthOf(other.at))
    .reduce((domain, [key, { at, fragment }]) => {
      const path = `xml.${key}`;
      const root = desiredFromXml(parseXml(fragment, path), path);
      const { device, steps } = placeOf(at);
      const added = steps.at(-1) === "devices" ? withAlias(root, key) : root;
      const into = (parent: DesiredElement, parents: readonly string[]): DesiredElement =>
        placed(parent, steps, added, parents, at ?? "");
      return device === undefined ? into(domain, []) : withinDevice(domain, device, path, into);
    }, document);
}

/**
 * Those of which all is known, with the device that they go into: a preview may know neither. That a device is in the
 * program at all is judged before (problems.ts).
 */
export function knownFragments({ xml, ...inputs }: GuestInputs): NonNullable<GuestInputs["xml"]> {
  if (xml === undefined || (xml as unknown) === unknown) return {};
  const isThere = (device: string): boolean => {
    const [map = "", ...key] = device.split(".");
    const devices = (inputs as Readonly<Record<string, unknown>>)[map];
    return typeof devices === "object" && devices !== null && key.join(".") in devices;
  };
  const isKnown = ({ at }: { readonly at?: string | undefined }): boolean => {
    const { device } = placeOf(at);
    return device === undefined || isThere(device);
  };
  return Object.fromEntries(Object.entries(xml).filter(([, each]) => !holdsUnknown(each) && isKnown(each)));
}

function withAlias(root: DesiredElement, key: string): DesiredElement {
  if (!keepsAlias.has(root.name) || root.children.some((child) => child.name === "alias")) return root;
  return { ...root, children: [...root.children, element("alias", root.path, { name: aliasFor(rawKind, key) })] };
}

type Change = (parent: DesiredElement, parents: readonly string[]) => DesiredElement;

function withinDevice(domain: DesiredElement, key: string, path: string, into: Change): DesiredElement {
  const devices = domain.children.find(({ name }) => name === "devices");
  const device = keyedDevice(devices, key, path);
  if (devices === undefined) return domain;
  const next = into(device, [domain.name, devices.name]);
  return replaced(domain, devices, replaced(devices, device, next));
}

/** `parents`: the names of the elements above the parent. */
function placed(
  parent: DesiredElement,
  steps: readonly string[],
  root: DesiredElement,
  parents: readonly string[],
  at: string,
): DesiredElement {
  const [step, ...rest] = steps;
  if (step === undefined) return merged(parent, root, parents);
  const existing = onlyChild(parent, step, root.path, at);
  const next = placed(existing ?? element(step, root.path), rest, root, [...parents, parent.name], at);
  return replaced(parent, existing, next);
}

/** An element that the typed fields wrote as well is one element: the fragment's words win, the rest stays. */
function merged(parent: DesiredElement, root: DesiredElement, parents: readonly string[]): DesiredElement {
  const elements = [...parents, parent.name];
  const existing = sameElement(parent, root, elements);
  if (existing === undefined) return replaced(parent, undefined, root);
  const next: DesiredElement = root.children.reduce((element, child) => merged(element, child, elements), {
    ...existing,
    attributes: { ...existing.attributes, ...root.attributes },
    text: root.text ?? existing.text,
  });
  return replaced(parent, existing, next);
}

/** Of what may stand several times the one with the same key; a device, and what has no key, is one more of them. */
function sameElement(
  parent: DesiredElement,
  root: DesiredElement,
  elements: readonly string[],
): DesiredElement | undefined {
  const siblings = parent.children.filter(({ name }) => name === root.name);
  if (!libvirtLanguage.mayRepeat(root.name, elements)) return siblings[0];
  if (parent.name === "devices") return undefined;
  const keysOf = (each: DesiredElement): readonly (string | undefined)[] =>
    libvirtLanguage.keys(instantiate(each), elements);
  const keys = keysOf(root);
  const best = keys.findIndex((key) => key !== undefined);
  return best < 0 ? undefined : siblings.find((each) => keysOf(each)[best] === keys[best]);
}

/** The parent with the next child in the place of the old one, or as one more. */
function replaced(parent: DesiredElement, old: DesiredElement | undefined, next: DesiredElement): DesiredElement {
  const children =
    old === undefined ? [...parent.children, next] : parent.children.map((child) => (child === old ? next : child));
  return { ...parent, children };
}
