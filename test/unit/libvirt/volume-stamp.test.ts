/** Which volume is at a place: by what stat and libvirt say of it. */

import { fileOf, isAnotherVolume, keyOf } from "../../../provider/libvirt/volume-stamp";
import { parseXml } from "../../../provider/libvirt/xml";

const changed = "2026-11-26 22:16:07.614662193 +0000\n2026-11-26 22:16:07.000000000 +0000\n";

it.each([
  ["as GNU's says it", "2026-11-26 22:16:07.613379897 +0000", "1795731367.613379897"],
  ["in another zone", "2026-11-27 03:46:07.613379897 +0530", "1795731367.613379897"],
  ["to the second", "2026-11-26 22:16:07.000000000 +0000", "1795731367"],
  ["where the file system does not keep it", "-", undefined],
  ["where an older stat does not know it", "0", undefined],
  ["at the beginning of time, which stands for not knowing", "1970-01-01 00:00:00.000000000 +0000", undefined],
])("the moment that a file was made, %s", (_how, said, born) => {
  expect(fileOf(`${said}\n${changed}`)).toEqual({ born, changed: "1795731367.614662193 1795731367" });
});

it.each(["", "?\n?\n?", "File: x", "%w\n%y\n%z"])("another answer is none: %j", (said) => {
  expect(fileOf(said)).toBeUndefined();
});

it("a logical volume has a UUID of its own; whatever libvirt knows by its path only has none", () => {
  const volume = (key: string): ReturnType<typeof parseXml> =>
    parseXml(`<volume type="block"><key>${key}</key><target><path>/dev/group/data</path></target></volume>`);
  expect(keyOf(volume("r4xkCv-MQhr-WKIT-R66x-Epn2-e8hG-1Z5gY0"))).toBe("key:r4xkCv-MQhr-WKIT-R66x-Epn2-e8hG-1Z5gY0");
  expect(keyOf(volume("/dev/group/data"))).toBeUndefined();
  expect(keyOf(volume("/dev/mapper/group-data"))).toBeUndefined();
  expect(keyOf(volume(""))).toBeUndefined();
});

it("what nobody can tell is no other one", () => {
  expect(isAnotherVolume("born:1", "born:2")).toBe(true);
  expect(isAnotherVolume("born:1", "born:1")).toBe(false);
  expect(isAnotherVolume(undefined, "born:2")).toBe(false);
  expect(isAnotherVolume("born:1", undefined)).toBe(false);
});
