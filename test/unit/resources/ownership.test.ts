/** What becomes of an object on delete, by its mark and by what is recorded. */

import { readMark, withMark } from "../../../provider/libvirt/mark";
import { parseXml, serializeXml } from "../../../provider/libvirt/xml";
import { fateOf } from "../../../provider/resources/ownership";

const host = { uri: "qemu:///system", id: "qemu:///system#host=H&owner=mine" };
const what = { kind: "guest", name: "web" };
const fate = (marked: string | undefined, recorded: string | undefined, more: object = {}): string =>
  fateOf({ owner: "mine", state: "finished", adopted: false, creation: marked, ...more }, {}, host, what, recorded);

it("what another creation has made or taken up stays, adopted or not; what says nothing goes as it always did (8.10)", () => {
  expect(fate("one", "one")).toBe("remove");
  expect(fate("another", "one")).toBe("leave");
  expect(fate("another", "one", { adopted: true })).toBe("leave");
  expect(fate("one", "one", { adopted: true })).toBe("release");
  // Recorded or marked by an older version.
  expect(fate(undefined, undefined)).toBe("remove");
  expect(fate(undefined, "one")).toBe("remove");
  expect(fate("one", undefined)).toBe("leave");
});

it("a mark keeps its creation through XML, and one of an older version has none", () => {
  const mark = { owner: "mine", state: "finished", adopted: false } as const;
  const bare = parseXml("<domain/>");
  const read = (creation?: string): unknown =>
    readMark(parseXml(serializeXml(withMark(bare, { ...mark, creation }))))?.creation;
  expect([read("one"), read()]).toEqual(["one", undefined]);
});
