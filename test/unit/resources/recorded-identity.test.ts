import {
  derivedUuid,
  formatHostId,
  macOf,
  ownerOf,
  parseHostId,
  sameHost,
  uuidOf,
} from "../../../provider/resources/recorded-identity";
import { unknown } from "../../../schema/unknown";

const id = formatHostId({ uri: "qemu:///system", uuid: "u", owner: "o" });
const identity = { urn: "urn:a", resourceName: "a" };

it("is computed, and always the same: what is recorded would be lost otherwise", () => {
  expect(uuidOf("o/urn:a")).toBe("52269c60-df5e-5d43-821e-69cba1781209");
  expect(uuidOf("a")).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(derivedUuid({ uri: "x", id }, identity)).toBe(uuidOf("o/urn:a"));
});

it("differs between owners and between resources", () => {
  const twin = formatHostId({ uri: "qemu:///system", uuid: "u", owner: "other" });
  expect(derivedUuid({ uri: "x", id: twin }, identity)).not.toBe(derivedUuid({ uri: "x", id }, identity));
  expect(derivedUuid({ uri: "x", id }, { ...identity, urn: "urn:b" })).not.toBe(
    derivedUuid({ uri: "x", id }, identity),
  );
});

it("is not made up while the host is not known", () => {
  expect(derivedUuid({ uri: "x", id: unknown }, identity)).toBeUndefined();
  expect(ownerOf({ uri: unknown })).toBeUndefined();
});

it("reads its own ids, and knows a host by its UUID", () => {
  expect(parseHostId(id)).toEqual({ uri: "qemu:///system", uuid: "u", owner: "o" });
  expect(sameHost({ uri: "one", id }, { uri: "other", id })).toBe(true);
});

it("gives unicast MAC addresses of QEMU's range", () => {
  expect(macOf("u", "lan")).toMatch(/^52:54:00(:[0-9a-f]{2}){3}$/);
  expect(macOf("u", "lan")).not.toBe(macOf("u", "wan"));
});

it("shows no password in an id, and stays what it was otherwise (8.24)", () => {
  const guarded = formatHostId({
    uri: "qemu+ssh://root:hush@kvm1/system?password=hush&keyfile=/k",
    uuid: "u",
    owner: "o",
  });
  expect(guarded).not.toContain("hush");
  expect(parseHostId(guarded)).toEqual({
    uri: "qemu+ssh://root:***@kvm1/system?password=***&keyfile=/k",
    uuid: "u",
    owner: "o",
  });
  expect(parseHostId(formatHostId({ uri: "", uuid: "u", owner: "o" }))).toEqual({ uri: "", uuid: "u", owner: "o" });
});

it("takes nothing for the same host that it does not know to be (8.6)", () => {
  const idOf = (uuid: string): string => formatHostId({ uri: "qemu:///system", uuid, owner: "o" });
  expect(sameHost({ uri: "one", id: idOf("a") }, { uri: "one", id: idOf("b") })).toBe(false);
  expect(sameHost({ uri: "one" }, { uri: "one", id: idOf("a") })).toBe(true);
  expect(sameHost({ uri: "one" }, { uri: "other" })).toBeUndefined();
  expect(sameHost({ uri: "one", id: idOf("a") }, { uri: "other" })).toBeUndefined();
  // libxl tells none: an empty UUID is nobody's.
  expect(sameHost({ uri: "one", id: idOf("") }, { uri: "other", id: idOf("") })).toBeUndefined();
});
