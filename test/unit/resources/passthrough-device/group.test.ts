/** What a claim keeps of its companions, and what a shell tells of the host's own needs. */

import type { PciDevice } from "../../../../provider/libvirt/node-device";
import { isOfAnother } from "../../../../provider/resources/passthrough-device/claim-path";
import { heldIn, textOfHeld } from "../../../../provider/resources/passthrough-device/group";
import { hostNeedsIn } from "../../../../provider/resources/passthrough-device/host-needs";

const device = (address: string, driver?: string): PciDevice => ({
  kind: "pci",
  name: "",
  address,
  vendor: { id: "8086" },
  product: { id: "100e" },
  ...(driver === undefined ? {} : { driver }),
  isBridge: false,
  mdevTypes: [],
});

it.each<readonly [string | undefined, string | undefined, boolean]>([
  ["8086:10c9", "8086:10c9", false],
  ["8086:10c9", "8086:10d3", true],
  ["46f4:0001@002:004", "46f4:0001@002:007", false],
  ["46f4:0001@002:004", "046d:c52b@002:004", true],
  ["46f4:0001/ONE@002:004", "46f4:0001/ONE@002:007", false],
  ["46f4:0001/ONE@002:004", "46f4:0001/TWO@002:004", true],
  // A program that goes by the place says no serial number, and neither did older claims.
  ["46f4:0001@002:004", "46f4:0001/TWO@002:004", false],
  ["46f4:0001/ONE@002:004", "46f4:0001@002:004", false],
  [undefined, "8086:10c9", false],
  ["8086:10c9", undefined, false],
])("a claim for %s is for another device than %s: %s", (claimed, there, is) => {
  expect(isOfAnother({ stamp: claimed }, there)).toBe(is);
});

it("what is held is kept in one word, and read back", () => {
  const text = textOfHeld([device("0000:05:01.0", "e1000"), device("0000:05:02.0")]);
  expect(text).toBe("0000:05:01.0=8086:100e/e1000,0000:05:02.0=8086:100e/");
  expect([...heldIn(text)]).toEqual([
    ["0000:05:01.0", { identity: "8086:100e", driver: "e1000" }],
    ["0000:05:02.0", { identity: "8086:100e", driver: "" }],
  ]);
  expect([heldIn(undefined).size, textOfHeld([])]).toEqual([0, undefined]);
});

it.each<readonly [string, string | undefined, string]>([
  ["what was known of this very device rules", "0000:05:01.0=8086:100e/e1000", "8086:100e/e1000"],
  ["what was known of another one that was there does not", "0000:05:01.0=10de:1aeb/snd_hda_intel", "8086:100e/"],
  ["a driver that keeps it for guests is none to give it back to", undefined, "8086:100e/"],
])("%s", (_, earlier, expected) => {
  const text = textOfHeld([device("0000:05:01.0", "vfio-pci")], heldIn(undefined), heldIn(earlier));
  expect(text).toBe(`0000:05:01.0=${expected}`);
});

it("needs are rows of an address and a reason, and what cannot be seen is not nothing", () => {
  const said = "0000:00:02.0 the host's own / is on it (vda)\n0000:00:02.0 the host's own / is on it (vda)\n\n";
  expect(hostNeedsIn(`${said}? the host has no command lsblk\n`)).toEqual({
    needs: [{ address: "0000:00:02.0", why: "the host's own / is on it (vda)" }],
    unseen: ["the host has no command lsblk"],
  });
});
