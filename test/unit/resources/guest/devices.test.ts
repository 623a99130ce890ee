/** What holds of every kind of device: its parts are there and fit each other (decisions/devices.md). */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { kvm } from "../../../../provider/hypervisors/kvm";
import { qemu } from "../../../../provider/hypervisors/qemu";
import { xen } from "../../../../provider/hypervisors/xen";
import { parseXml, serializeXml } from "../../../../provider/libvirt/xml";
import { instantiate } from "../../../../provider/reconcile/desired";
import { aliasOf } from "../../../../provider/reconcile/pair";
import {
  deviceElements,
  deviceKinds,
  keyedKinds,
  listedValues,
  liveRules,
  pathOfAlias,
  recognised,
  statedDevices,
} from "../../../../provider/resources/guest/devices";
import { aliasFor, type DeviceKind, type Held, keyOf } from "../../../../provider/resources/guest/devices/device";
import { rawKind } from "../../../../provider/resources/guest/devices/raw";
import { guest as resource } from "../../../../provider/resources/guest/handler";
import { defaultsFor } from "../../../../provider/resources/guest/xml";
import { type GuestInputs, guest as schema } from "../../../../schema/guest";
import { deviceKey } from "../../../../schema/names";
import { unwrap } from "../../../../schema/walk";

const folder = join(__dirname, "../../../golden/guest");
const facts = { uuid: "", libvirtVersion: 9_000_000, architecture: "x86_64", session: false };

/** All golden guests: what each kind writes for them. */
const guests = readdirSync(folder)
  .filter((name) => name.endsWith(".json"))
  .map((name) => {
    const { facts: more = {}, inputs: given } = JSON.parse(readFileSync(join(folder, name), "utf8")) as {
      readonly facts?: object & { readonly hypervisor?: string };
      readonly inputs: object;
    };
    const profile = [qemu, xen].find((each) => each.name === more.hypervisor) ?? kvm;
    const derived = resource.derive(given as GuestInputs, undefined, { urn: "urn", resourceName: "golden" });
    const inputs = recognised(derived, profile, undefined);
    const defaults = defaultsFor(inputs, { profile, facts: { ...facts, ...more } });
    return { profile, inputs, defaults, written: deviceElements(inputs, defaults, undefined) };
  });

const named = deviceKinds.map((kind) => [kind.elements[0] ?? "", kind] as const);
const keyed = keyedKinds.map((kind) => [kind.map, kind] as const);
const written = (kind: DeviceKind) =>
  guests.flatMap(({ inputs, defaults }) => kind.write({ inputs, defaults, held: undefined, ports: 4 }));

it("has each element and each alias in one kind", () => {
  for (const all of [deviceKinds.flatMap(({ elements }) => elements), deviceKinds.flatMap(({ alias = [] }) => alias)])
    expect(all).toEqual([...new Set(all)]);
});

it("has a kind for each map of the inputs whose keys name devices, and fields for each kind", () => {
  const maps = Object.entries(schema.shape).filter(([, type]) => {
    const bare = unwrap(type);
    return bare instanceof z.ZodRecord && bare.keyType === deviceKey;
  });
  expect(maps.map(([name]) => name).sort()).toEqual(keyedKinds.map(({ map }) => map).sort());
  for (const { input } of listedValues) expect(Object.keys(schema.shape)).toContain(input);
});

describe.each(named)("%s", (_name, kind) => {
  it("writes its own elements, and controllers that these are on", () => {
    const names = written(kind).map(({ name }) => name);
    expect(names.filter((name) => !kind.elements.includes(name) && name !== "controller")).toEqual([]);
    // Whatever is wanted at all is in a golden case.
    expect(names.some((name) => kind.elements.includes(name))).toBe(kind !== rawKind);
  });

  it("has rows for its own elements, with pages of libvirt's", () => {
    const rows = Object.values(kind.live).flat();
    const own = new RegExp(`^\\^devices\\\\?/(${kind.elements.join("|")})\\b`);
    expect(rows.filter(({ place, page }) => !own.test(place.source) || !/^(manpages|formatdomain)/.test(page))).toEqual(
      [],
    );
    // What goes needs the guest's help, and goes where it comes.
    const count = (method: string): number => rows.filter((row) => row.method === method).length;
    expect(count("detach-device")).toBe(count("attach-device"));
    expect(rows.filter(({ method, guestHelps }) => method === "detach-device" && guestHelps !== true)).toEqual([]);
  });

  it("says what it needs, if it can be plugged", () => {
    const isPlugged = Object.values(kind.live).some((rows) => rows.some(({ method }) => method === "attach-device"));
    expect(isPlugged ? typeof kind.needs : "function").toBe("function");
  });
});

describe.each(keyed)("%s", (map, kind) => {
  const own = guests.flatMap(({ inputs, written: elements }) =>
    Object.entries(statedDevices(inputs, kind) ?? {}).map(([key, device]) => {
      const element = elements.find(({ path, name }) => path === `${map}.${key}` && kind.elements.includes(name));
      return { key, device, written: element && instantiate(element) };
    }),
  );

  it("is in a golden case", () => expect(own.length).toBeGreaterThan(0));

  it("gives each device the alias that leads back to it", () => {
    for (const { key, written: device } of kind === rawKind ? [] : own) {
      expect(device && aliasOf(device)).toBe(aliasFor(kind, key));
      expect(device && keyOf(device, kind)).toBe(key);
    }
    for (const { key } of own) expect(pathOfAlias(aliasFor(kind, key))).toBe(`${map}.${key}`);
  });

  it("knows each device by something, and what it tells by the input is what the element tells", () => {
    for (const { device, written: element } of own) {
      expect(kind.identities(device).some((identity) => identity !== undefined)).toBe(true);
      if (kind.tells === undefined || element === undefined) continue;
      const held = kind.tells.held(element);
      kind.tells.stated(device).forEach((said, way) => expect(said === undefined ? said : held[way]).toBe(said));
    }
  });

  it("may have fragments put into it, unless it is one", () => {
    const xml = schema.shape.xml.safeParse({ more: { at: `${map}.key`, fragment: "<a/>" } });
    expect(xml.success).toBe(kind !== rawKind);
  });
});

it("recognises each device of a golden guest by its alias, whatever the inputs leave open", () => {
  for (const { inputs, profile, written: elements } of guests) {
    const devices = elements.map((each) => serializeXml(instantiate(each))).join("");
    const held = { document: parseXml(`<domain><devices>${devices}</devices></domain>`) } as unknown as Held;
    const open = Object.fromEntries(
      keyedKinds.map((kind) => {
        const stated = Object.entries(statedDevices(inputs, kind) ?? {});
        return [kind.map, Object.fromEntries(stated.map(([key, each]) => [key, { ...each, ...nameless }]))];
      }),
    );
    const back = recognised({ ...inputs, ...open }, profile, held);
    for (const kind of keyedKinds) expect(back[kind.map] ?? {}).toMatchObject(statedDevices(inputs, kind) ?? {});
  }
});

/** The names that an input may leave to the host. */
const nameless = { target: undefined, mac: undefined };

it("lets nothing be plugged into a guest of a type that nobody knows", () => {
  const rules = liveRules(kvm, parseXml("<domain type='bhyve'><os><type>hvm</type></os></domain>"));
  expect(rules.changes).toEqual([]);
  const known = liveRules(kvm, parseXml("<domain type='kvm'><os><type>hvm</type></os></domain>"));
  expect(known.changes.length).toBeGreaterThan(deviceKinds.length);
});
