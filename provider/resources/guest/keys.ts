/**
 * Devices whose key in the program is another one now. A key is our name for a device, and nothing of the guest's: what is
 * recorded, defined and running is read under the keys of now (decisions/keys.md). Pure.
 */

import type { GuestInputs } from "../../../schema/guest";
import type { GuestDisk, GuestNic } from "../../../schema/guest-devices";
import { canonicalMac } from "../../libvirt/addresses";
import { aliasesIn, aliasesOfNow, withAliases, withoutFormerAliases } from "../../libvirt/device-aliases";
import { aliasOf } from "../../reconcile/pair";
import { renames } from "../../reconcile/renames";
import { type Element, elementsOf, firstElement } from "../../reconcile/tree";
import type { Observed } from "../resource";
import { withLostAliases } from "./lost-aliases";
import { sourceOf } from "./xml-disks";

type Renames = ReadonlyMap<string, string>;

interface KeyedMap {
  /** Of our aliases: `ua-disk-root`. */
  readonly kind: string;
  /** What a device is known by, best first; undefined where it does not say. */
  readonly identities: readonly ((device: never) => string | undefined)[];
}

/** A card as an input states it, with the address that it has where none is stated. */
type Nic = GuestNic & { readonly held?: string | undefined };

/**
 * A NIC whose MAC address comes from its key is another one under another key. One that was there before us (adopted) has no
 * address in the inputs: it is known by the one that it has, else by what it is connected to. Fragments and DIMMs are known by
 * all they say.
 */
const maps = {
  disks: { kind: "disk", identities: [imageOf, driveOf] },
  nics: {
    kind: "nic",
    identities: [({ mac, held }: Nic) => (mac ?? held) && canonicalMac(mac ?? held ?? ""), connectionOf],
  },
  channels: { kind: "channel", identities: [({ name }: { name?: string }) => name] },
  memoryDevices: { kind: "memory", identities: [contentOf] },
  xml: { kind: "xml", identities: [contentOf] },
} satisfies Partial<Record<keyof GuestInputs, KeyedMap>>;

type MapName = keyof typeof maps;
const mapNames = Object.keys(maps) as MapName[];

/** Earlier inputs with each device under the key that it has in the inputs of now; the same object where none has another. */
export function inputsUnderKeysOf<Inputs extends Partial<GuestInputs>>(
  inputs: Partial<GuestInputs>,
  earlier: Inputs,
): Inputs {
  const renamed = renamedKeys(inputs, earlier);
  if (renamed.size === 0) return earlier;
  const moved = [...renamed].map(([name, keys]) => {
    const devices = Object.entries(earlier[name] as object);
    return [name, Object.fromEntries(devices.map(([key, device]) => [keys.get(key) ?? key, device as unknown]))];
  });
  return withPlaces({ ...earlier, ...Object.fromEntries(moved) } as Inputs, renamed);
}

/**
 * What was observed with each device under its key of now. The definition has them under the keys of what it was made by;
 * a running guest has those that it was started with, and is told by what the definition has. What was read so once is read
 * again from there: the record has the keys of before still, and a chain of keys would move twice.
 */
export function observedUnderKeysOf<
  Seen extends Pick<Observed, "document" | "live" | "applied" | "asHeld" | "beneath" | "names">,
>(inputs: GuestInputs, observed: Seen, recorded: GuestInputs | undefined): Seen {
  const madeBy = (observed.asHeld?.madeBy as Partial<GuestInputs> | undefined) ?? definedBy(observed, recorded);
  const renamed = renamedKeys(inputs, madeBy);
  const ofThese = inputsUnderKeysOf(inputs, madeBy);
  const aliases = new Map(
    [...renamed].flatMap(([name, keys]) =>
      [...keys].map(([key, next]) => [aliasWith(name, key), aliasWith(name, next)] as const),
    ),
  );
  const document = withAliases(observed.document, aliases);
  const whole = withLostAliases(document, ofThese, aliasWith);
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
    ...(observed.beneath === undefined ? {} : { beneath: underKeys(observed.beneath, renamed.get("disks")) }),
    ...(observed.names === undefined ? {} : { names: underKeys(observed.names, renamed.get("disks")) }),
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
  { applied, document }: Pick<Observed, "applied" | "document">,
  recorded: Partial<GuestInputs> = {},
): Partial<GuestInputs> {
  const marked = (applied ?? recorded) as Partial<GuestInputs>;
  const aliases = aliasesIn(document);
  const devices = mapNames.map((name) => {
    const own = entriesOf(marked[name]) ?? new Map<string, object>();
    const besides = [...(entriesOf(recorded[name]) ?? [])].filter(
      ([key]) => !own.has(key) && aliases.has(aliasWith(name, key)),
    );
    const all = [...own, ...besides];
    return [name, Object.fromEntries(name === "nics" ? withHeldAddresses(all, document) : all)] as const;
  });
  return { ...marked, ...Object.fromEntries(devices) };
}

const aliasWith = (name: MapName, key: string): string => `ua-${maps[name].kind}-${key}`;

/** By the alias of now the one that the running guest has, after one more renaming. */
function composed(known: Renames, renamed: Renames): Renames {
  const moved = new Map([...renamed].map(([before, now]) => [now, known.get(before) ?? before]));
  const rest = [...known].filter(([now]) => !renamed.has(now) && !moved.has(now));
  return new Map([...rest, ...moved].filter(([now, held]) => now !== held));
}

function renamedKeys(inputs: Partial<GuestInputs>, earlier: Partial<GuestInputs>): ReadonlyMap<MapName, Renames> {
  const found = mapNames.flatMap((name) => {
    const [before, now] = [earlier[name], inputs[name]].map(entriesOf);
    if (before === undefined || now === undefined) return [];
    // By far the most often: no key is new.
    if ([...now.keys()].every((key) => before.has(key))) return [];
    const ways = (maps[name] as KeyedMap).identities.map((identity) => (one: object, other: object) => {
      const known = identity(one as never);
      return known !== undefined && known === identity(other as never);
    });
    const keys = renames(before, now, ways);
    return keys.size === 0 ? [] : [[name, keys] as const];
  });
  return new Map(found);
}

/** Values may be unknown in a preview: such a device is nobody's. */
function entriesOf(map: unknown): ReadonlyMap<string, object> | undefined {
  if (typeof map !== "object" || map === null) return undefined;
  return new Map(
    Object.entries(map).filter((entry): entry is [string, object] => typeof entry[1] === "object" && entry[1] !== null),
  );
}

/** A medium that moves from one kind of drive to another does not take the drive along. */
function imageOf(disk: GuestDisk): string | undefined {
  const source = sourceOf(disk);
  return source === undefined ? undefined : `${disk.device ?? "disk"} ${source}`;
}

/** A drive for media is known by what it is: its medium comes and goes. */
function driveOf({ device = "disk", bus = "" }: GuestDisk): string | undefined {
  return device === "disk" ? undefined : `${device} ${bus}`;
}

/** What a card without a stated address is plugged into. */
function connectionOf({ mac, network, bridge, user }: Nic): string | undefined {
  if (mac !== undefined) return undefined;
  if (network !== undefined) return `network ${network.name}`;
  return bridge === undefined ? `user ${user}` : `bridge ${bridge}`;
}

function withHeldAddresses(nics: readonly (readonly [string, Nic])[], document: Element): (readonly [string, Nic])[] {
  const cards = elementsOf(firstElement(document, "devices") ?? document, "interface");
  return nics.map(([key, nic]) => {
    if (nic.mac !== undefined) return [key, nic];
    const card = cards.find((each) => aliasOf(each) === aliasWith("nics", key));
    return [key, { ...nic, held: firstElement(card, "mac")?.attributes.address }];
  });
}

function contentOf(device: object): string {
  return JSON.stringify(Object.entries(device).sort(([one], [other]) => (one < other ? -1 : 1)));
}

/** Fragments stand within devices by their keys (`at: "nics.lan"`). */
function withPlaces<Inputs extends Partial<GuestInputs>>(
  inputs: Inputs,
  renamed: ReadonlyMap<MapName, Renames>,
): Inputs {
  if (inputs.xml === undefined) return inputs;
  const placed = Object.entries(inputs.xml).map(([key, fragment]) => {
    const [, map = "", device = "", rest = ""] = /^([^./]+)\.([^/]+)(.*)$/s.exec(fragment.at ?? "") ?? [];
    const next = renamed.get(map as MapName)?.get(device);
    return [key, next === undefined ? fragment : { ...fragment, at: `${map}.${next}${rest}` }] as const;
  });
  return { ...inputs, xml: Object.fromEntries(placed) };
}
