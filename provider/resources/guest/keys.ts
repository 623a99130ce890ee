/**
 * Devices whose key in the program is another one now. A key is our name for a device, and nothing of the guest's: what is
 * recorded, defined and running is read under the keys of now (decisions/keys.md). Pure.
 */

import type { GuestInputs } from "../../../schema/guest";
import { aliasesIn, aliasesOfNow, withAliases, withoutFormerAliases } from "../../libvirt/device-aliases";
import { devicesIn } from "../../libvirt/devices";
import { aliasOf } from "../../reconcile/pair";
import { renames } from "../../reconcile/renames";
import type { Element } from "../../reconcile/tree";
import type { ObservedGuest } from "./observed";
import { keyedKinds, statedDevices } from "./devices";
import { aliasFor, isDevice, type KeyedKind } from "./devices/device";
import { diskKind } from "./devices/disk";
import { withLostAliases } from "./lost-aliases";

type Renames = ReadonlyMap<string, string>;

/** Earlier inputs with each device under the key that it has in the inputs of now; the same object where none has another. */
export function inputsUnderKeysOf<Inputs extends Partial<GuestInputs>>(
  inputs: Partial<GuestInputs>,
  earlier: Inputs,
): Inputs {
  const renamed = renamedKeys(inputs, earlier);
  if (renamed.size === 0) return earlier;
  const moved = [...renamed].map(([{ map }, keys]) => {
    const devices = Object.entries(earlier[map] as object);
    return [map, Object.fromEntries(devices.map(([key, device]) => [keys.get(key) ?? key, device as unknown]))];
  });
  return withPlaces({ ...earlier, ...Object.fromEntries(moved) } as Inputs, renamed);
}

/**
 * What was observed with each device under its key of now. The definition has them under the keys of what it was made by;
 * a running guest has those that it was started with, and is told by what the definition has. What was read so once is read
 * again from there: the record has the keys of before still, and a chain of keys would move twice.
 */
export function observedUnderKeysOf<
  Seen extends Pick<ObservedGuest, "document" | "live" | "applied" | "asHeld" | "backingChains" | "names">,
>(inputs: GuestInputs, observed: Seen, recorded: GuestInputs | undefined): Seen {
  const madeBy = (observed.asHeld?.madeBy as Partial<GuestInputs> | undefined) ?? definedBy(observed, recorded);
  const renamed = renamedKeys(inputs, madeBy);
  const ofThese = inputsUnderKeysOf(inputs, madeBy);
  const aliases = new Map(
    [...renamed].flatMap(([kind, keys]) =>
      [...keys].map(([key, next]) => [aliasFor(kind, key), aliasFor(kind, next)] as const),
    ),
  );
  const document = withAliases(observed.document, aliases);
  const whole = withLostAliases(document, ofThese);
  const ofNow = observed.live === undefined ? new Map<string, string>() : aliasesOfNow(observed.live, whole);
  const live = observed.live && withoutFormerAliases(withAliases(observed.live, ofNow), whole);
  // Somebody may have taken our aliases out of the definition: what it was made by has other keys all the same.
  if (renamed.size === 0 && document === observed.document && live === observed.live) return observed;
  const { asHeld } = observed;
  return {
    ...observed,
    document,
    ...(live === undefined ? {} : { live }),
    ...(observed.applied === undefined ? {} : { applied: inputsUnderKeysOf(inputs, observed.applied) }),
    ...(observed.backingChains === undefined
      ? {}
      : { backingChains: underKeys(observed.backingChains, renamed.get(diskKind)) }),
    ...(observed.names === undefined ? {} : { names: underKeys(observed.names, renamed.get(diskKind)) }),
    asHeld: {
      document: asHeld?.document ?? observed.document,
      aliases: composed(asHeld?.aliases ?? new Map(), ofNow),
      madeBy: ofThese,
    },
  };
}

function underKeys<Value>(map: ReadonlyMap<string, Value>, keys: Renames = new Map()): ReadonlyMap<string, Value> {
  return new Map([...map].map(([key, value]) => [keys.get(key) ?? key, value]));
}

/**
 * The inputs whose keys the definition has: those in its mark, and devices of the record alone whose alias stands there all
 * the same. What a host refused is taken back out of a definition, and what was there before put in again.
 */
function definedBy(
  { applied, document }: Pick<ObservedGuest, "applied" | "document">,
  recorded: Partial<GuestInputs> = {},
): Partial<GuestInputs> {
  const marked = (applied ?? recorded) as Partial<GuestInputs>;
  const aliases = aliasesIn(document);
  const devices = keyedKinds.map((kind) => {
    const own = devicesByKey(marked, kind) ?? new Map<string, object>();
    const besides = [...(devicesByKey(recorded, kind) ?? [])].filter(
      ([key]) => !own.has(key) && aliases.has(aliasFor(kind, key)),
    );
    return [kind.map, Object.fromEntries(withHeld(kind, [...own, ...besides], document))] as const;
  });
  return { ...marked, ...Object.fromEntries(devices) };
}

function withHeld(
  kind: KeyedKind,
  devices: readonly (readonly [string, object])[],
  document: Element,
): (readonly [string, object])[] {
  const present = kind.elements.flatMap((name) => devicesIn(document, name));
  return devices.map(([key, device]) => {
    const held = present.find((each) => aliasOf(each) === aliasFor(kind, key));
    return [key, (held && kind.withHeld?.(device, held)) ?? device];
  });
}

/** By the alias of now the one that the running guest has, after one more renaming. */
function composed(known: Renames, renamed: Renames): Renames {
  const moved = new Map([...renamed].map(([before, now]) => [now, known.get(before) ?? before]));
  const rest = [...known].filter(([now]) => !renamed.has(now) && !moved.has(now));
  return new Map([...rest, ...moved].filter(([now, held]) => now !== held));
}

function renamedKeys(inputs: Partial<GuestInputs>, earlier: Partial<GuestInputs>): ReadonlyMap<KeyedKind, Renames> {
  const found = keyedKinds.flatMap((kind) => {
    const [before, now] = [devicesByKey(earlier, kind), devicesByKey(inputs, kind)];
    if (before === undefined || now === undefined) return [];
    // By far the most often: no key is new.
    if ([...now.keys()].every((key) => before.has(key))) return [];
    const [known] = [...now.values()].map((device) => kind.identities(device));
    const ways = (known ?? []).map((_, way) => (one: object, other: object) => {
      const identity = kind.identities(one)[way];
      return identity !== undefined && identity === kind.identities(other)[way];
    });
    const keys = renames(before, now, ways);
    return keys.size === 0 ? [] : [[kind, keys] as const];
  });
  return new Map(found);
}

/** Values may be unknown in a preview: such a device is nobody's. */
function devicesByKey(inputs: Partial<GuestInputs>, kind: KeyedKind): ReadonlyMap<string, object> | undefined {
  const devices = statedDevices(inputs, kind);
  return devices && new Map(Object.entries(devices).filter(([, device]) => isDevice(device)));
}

/** Fragments stand within devices by their keys (`at: "nics.lan"`). */
function withPlaces<Inputs extends Partial<GuestInputs>>(
  inputs: Inputs,
  renamed: ReadonlyMap<KeyedKind, Renames>,
): Inputs {
  if (inputs.xml === undefined) return inputs;
  const placed = Object.entries(inputs.xml).map(([key, fragment]) => {
    const [, map = "", device = "", rest = ""] = /^([^./]+)\.([^/]+)(.*)$/s.exec(fragment.at ?? "") ?? [];
    const [, keys] = [...renamed].find(([kind]) => kind.map === map) ?? [];
    const next = keys?.get(device);
    return [key, next === undefined ? fragment : { ...fragment, at: `${map}.${next}${rest}` }] as const;
  });
  return { ...inputs, xml: Object.fromEntries(placed) };
}
