/** The kinds of devices, in the order in which a guest's are defined. Whatever asks about each of them asks here. */

import type { GuestInputs } from "../../../../schema/guest";
import type { GuestDefaults } from "../../../hypervisors/guest-defaults";
import type { HypervisorProfile } from "../../../hypervisors/profile";
import { devicesIn } from "../../../libvirt/devices";
import type { LiveRules, Needs } from "../../../libvirt/live-change";
import type { Absent, DesiredElement } from "../../../reconcile/desired";
import { aliasOf } from "../../../reconcile/pair";
import { descend, type Element, textOf } from "../../../reconcile/tree";
import { balloonKind } from "./balloon";
import { channelKind } from "./channel";
import { consoleKind } from "./console";
import { controllerKind } from "./controllers";
import {
  aliasFor,
  type DeviceKind,
  type Given,
  type Held,
  isMap,
  type Keyed,
  type KeyedKind,
  type Listed,
  type NameDisk,
} from "./device";
import { diskKind } from "./disk";
import { hostdevKind } from "./hostdev";
import { memoryKind } from "./memory";
import { nicKind } from "./nic";
import { rawKind } from "./raw";
import { rngKind } from "./rng";
import { screenKind } from "./screen";
import { tpmKind } from "./tpm";
import { watchdogKind } from "./watchdog";

export const deviceKinds: readonly DeviceKind[] = [
  diskKind,
  controllerKind,
  nicKind,
  memoryKind,
  hostdevKind,
  consoleKind,
  channelKind,
  screenKind,
  watchdogKind,
  tpmKind,
  rngKind,
  balloonKind,
  rawKind,
];

/** Those whose devices have keys. */
export const keyedKinds: readonly KeyedKind[] = deviceKinds.filter(isKeyed);

function isKeyed(kind: DeviceKind): kind is KeyedKind {
  return "map" in kind;
}

/** The devices of a kind that the inputs state, by key; undefined where they state none, or a preview does not know them. */
export function statedDevices(inputs: Partial<GuestInputs>, { map }: KeyedKind): Keyed<object> | undefined {
  const devices = inputs[map] as Keyed<object> | undefined;
  return isMap(devices) ? devices : undefined;
}

/** Of all kinds. */
export const listedValues: readonly Listed[] = deviceKinds.flatMap(({ listed = [] }) => listed);

/** The places in the boot order that devices state, with the input path of each. */
export function bootOrders(inputs: GuestInputs): { readonly path: string; readonly order: unknown }[] {
  return keyedKinds.flatMap((kind) =>
    Object.entries(statedDevices(inputs, kind) ?? {}).flatMap(([key, device]) => {
      const { bootOrder: order } = device as { readonly bootOrder?: unknown };
      return order === undefined ? [] : [{ path: `${kind.map}.${key}`, order }];
    }),
  );
}

/** Of the inputs those of devices, with the names that follow from the inputs alone. */
export function derivedDevices(
  inputs: GuestInputs,
  earlier: Partial<GuestInputs> | undefined,
  given: Given,
): Partial<GuestInputs> {
  return eachStated(inputs, (devices, kind) => kind.derive?.(devices, earlier && statedDevices(earlier, kind), given));
}

/** The inputs with the name that each device has or gets. Without `held` nothing is there yet. */
export function recognised(
  inputs: GuestInputs,
  { diskNames }: Pick<HypervisorProfile, "diskNames">,
  held: Held | undefined,
): GuestInputs {
  const nameDisk: NameDisk = (disk, taken) => diskNames(disk, taken, inputs.virtualization);
  const named = eachStated(inputs, (devices, kind) => {
    const all = kind.elements.flatMap((name) => devicesIn(held?.document, name));
    const under = (key: string): Element | undefined => all.find((each) => aliasOf(each) === aliasFor(kind, key));
    return kind.recognise?.(devices, { ...held, all, under, nameDisk });
  });
  return { ...inputs, ...named };
}

function eachStated(
  inputs: GuestInputs,
  next: (devices: Keyed<object>, kind: KeyedKind) => Keyed<object> | undefined,
): Partial<GuestInputs> {
  return Object.fromEntries(
    keyedKinds.flatMap((kind) => {
      const devices = statedDevices(inputs, kind);
      const named = devices && next(devices, kind);
      return named === undefined ? [] : [[kind.map, named]];
    }),
  );
}

/** The input path that the device of this alias comes from; undefined where it is none of several of ours. */
export function pathOfAlias(alias: string): string | undefined {
  const [, word = "", key = ""] = /^ua-([a-z]+)-(.+)$/.exec(alias) ?? [];
  const kind = deviceKinds.find((each) => each.alias === word);
  return kind !== undefined && isKeyed(kind) ? `${kind.map}.${key}` : kind?.input;
}

/** All devices that are wanted. */
export function deviceElements(inputs: GuestInputs, defaults: GuestDefaults, held: Held | undefined): DesiredElement[] {
  const ports = deviceKinds.reduce((sum, kind) => sum + (kind.portsOf?.(inputs, defaults) ?? 0), 0);
  return deviceKinds.flatMap((kind) => kind.write({ inputs, defaults, held, ports }));
}

/** All devices that are not to be there. */
export function absentDevices(inputs: GuestInputs): Absent[] {
  return deviceKinds.flatMap((kind) => kind.absent?.(inputs) ?? []);
}

/** What a running guest can take at once: by its own type, since a host with KVM emulates guests, too. */
export function liveRules(profile: HypervisorProfile, guest: Element): LiveRules {
  const domainType = guest.attributes.type ?? "";
  const { devices, ...traits } = profile.live({ domainType, osType: textOf(descend(guest, "os", "type")) });
  const ofDevices = deviceKinds.flatMap(({ live }) => (devices === undefined ? [] : (live[devices] ?? [])));
  return { ...traits, changes: [...traits.changes, ...ofDevices], needs };
}

function needs(device: Element): Needs {
  const kind = deviceKinds.find(({ elements }) => elements.includes(device.name));
  return kind?.needs?.(device) ?? {};
}
