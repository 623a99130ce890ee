/** Where a raw fragment goes: `at` is a path below `<domain>`, which may begin with a device's key (`nics.lan`). Pure. */

import { LibvirtError } from "../../libvirt/errors";
import type { DesiredElement } from "../../reconcile/desired";
import { keyedKinds } from "./devices";
import { rawKind } from "./devices/raw";

/** The kinds of devices that a fragment may go into, by their keys: no other fragment. */
export const placeableKinds = keyedKinds.filter((kind) => kind !== rawKind);

export interface FragmentPlace {
  /** The input path of the device that the path begins at: `nics.lan`; undefined: it begins at `<domain>`. */
  readonly device: string | undefined;
  readonly steps: readonly string[];
}

export function placeOf(at: string | undefined): FragmentPlace {
  const [first = "", ...rest] = at?.split("/") ?? [];
  if (first.includes(".")) return { device: first, steps: rest };
  return { device: undefined, steps: at === undefined ? [] : [first, ...rest] };
}

/** How deep it goes: what is put further out is there before what is put into it. */
export function depthOf(at: string | undefined): number {
  const { device, steps } = placeOf(at);
  return steps.length + (device === undefined ? 0 : 2);
}

/** The one child that a step means; undefined where there is none of that name. */
export function onlyChild(parent: DesiredElement, step: string, path: string, at: string): DesiredElement | undefined {
  const [only, ...more] = parent.children.filter(({ name }) => name === step);
  if (more.length === 0 || only === undefined) return only;
  const keys = [only, ...more].flatMap((device) => (isKeyed(device) ? `"${device.path}"` : []));
  throw misplaced(
    path,
    `"${at}" is ambiguous: there are ${more.length + 1} <${step}> elements in <${parent.name}>. ` +
      (keys.length > 0
        ? `Say which one by its key: ${keys.join(" or ")}.`
        : `Give the whole <${step}> as the fragment, in <${parent.name}>.`),
  );
}

/** The device that a key names. */
export function keyedDevice(devices: DesiredElement | undefined, key: string, path: string): DesiredElement {
  const keyed = devices?.children.filter(isKeyed) ?? [];
  const found = keyed.find((device) => device.path === key);
  if (found !== undefined) return found;
  const known = keyed.map((device) => `"${device.path}"`).join(", ");
  throw misplaced(
    path,
    `there is no device "${key}" in the program. ${known === "" ? "It has no devices with a key." : `There are ${known}.`}`,
  );
}

function isKeyed({ name, path }: DesiredElement): boolean {
  const [map = "", key, ...more] = path.split(".");
  if (key === undefined || more.length > 0) return false;
  return placeableKinds.some((kind) => kind.map === map && kind.elements.includes(name));
}

function misplaced(path: string, sentence: string): LibvirtError {
  return new LibvirtError("InvalidInput", `${path}.at: ${sentence}`);
}
