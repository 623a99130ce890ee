import { volumeRows } from "../../../provider/libvirt/tables";
import { volumeNames } from "../../../provider/libvirt/volume-listing";

const listing = (...names: string[]): string => names.map((name) => ` ${name}   /srv/pool/${name}`).join("\n");

describe("all volumes of a pool, or an error (8.2)", () => {
  it("are named by the listing", () =>
    expect(volumeNames(volumeRows(listing("a", "b ü")), "pool", [])).toEqual(["a", "b ü"]));

  it("are recognised by a known name where virsh cannot write it", () => {
    const shown = listing("a", "new\\xff\\xff\\xff\\xff");
    expect(volumeNames(volumeRows(shown), "pool", ["new\u{1fae9}", "other"])).toEqual(["a", "new\u{1fae9}"]);
  });

  it.each([
    ["nobody knows", listing("a", "br-\\xff\\xff"), ["a", "other"]],
    ["stands twice, and one is known", listing("br-\\xff\\xff", "br-\\xff\\xff"), ["br-ü"]],
    ["could be two", listing("br-\\xff\\xff"), ["br-ü", "br-ö"]],
  ])("a name that %s is no name", (_, shown, known) => {
    expect(() => volumeNames(volumeRows(shown), "pool", known)).toThrow(/Unable to look at all volumes of pool "pool"/);
  });
});
