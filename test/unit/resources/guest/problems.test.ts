import { problems } from "../../../../provider/resources/guest/problems";
import { unknown } from "../../../../schema/unknown";
import type { GuestInputs } from "../../../../schema/guest";

const guest = (more: object): GuestInputs => ({
  host: { uri: "qemu:///system" },
  name: "web",
  vcpus: 1,
  memoryMiB: 64,
  ...more,
});

it.each([
  [
    {
      disks: { a: { device: "cdrom", bootOrder: 1 }, b: { device: "cdrom", bootOrder: 2 } },
      nics: { n: { user: true, bootOrder: 1 } },
    },
    ["nics.n.bootOrder: 1 is taken by disks.a."],
  ],
  [
    { nics: { a: { user: true, bootOrder: 3 }, b: { user: true, bootOrder: 3 } } },
    ["nics.b.bootOrder: 3 is taken by nics.a."],
  ],
  [{ nics: { a: { user: true, bootOrder: unknown }, b: { user: true, bootOrder: unknown } } }, []],
  [{ disks: { a: { device: "cdrom", bootOrder: 1 } }, nics: { n: { user: true, bootOrder: 2 } } }, []],
])("one boot order for two devices is said by its field (8.34) %#", (more, expected) => {
  expect(problems(guest(more))).toEqual(expected);
});

it.each([
  ["<cpu><numa><cell id='0' cpus='0' memory='32' unit='MiB'/><cell id='1' memory='32768'/></numa></cpu>", []],
  [
    "<cpu><numa><cell id='0' cpus='0' memory='1' unit='GiB'/></numa></cpu>",
    [expect.stringMatching(/^memoryMiB: 64 MiB are wanted, and the NUMA cells of xml\.cells have 1024 MiB/)],
  ],
  ["<cpu><numa><cell id='0' cpus='0' memory='", [expect.stringMatching(/^xml\.cells\.fragment: /)]],
])("memory is the sum of the NUMA cells: %s (8.14)", (fragment, expected) => {
  expect(problems(guest({ xml: { cells: { fragment } } }))).toEqual(expected);
});

const lan = { network: { name: "lan" } };
const inVain = [expect.stringMatching(/^waitFor: .*nics: { lan: { network } }/)];
it.each<[string, object, object | undefined, unknown[]]>([
  ["a card on a network", { nics: { lan, out: { bridge: "br0" } } }, undefined, []],
  ["a card that is not known", { nics: { lan: unknown } }, undefined, []],
  ["cards that are not known", { nics: unknown }, undefined, []],
  ["no card", {}, undefined, inVain],
  ["cards elsewhere", { nics: { out: { bridge: "br0" }, user: { user: true } } }, undefined, inVain],
  ["cards elsewhere, later", { nics: { out: { bridge: "br0" } } }, {}, inVain],
  ["a card without a link", { nics: { lan: { ...lan, linkState: "down" } } }, undefined, inVain],
  ["one with a link that is not known", { nics: { lan: { ...lan, linkState: unknown } } }, undefined, []],
  ["a fragment that may be a card", { xml: { card: { at: "devices", fragment: "<interface/>" } } }, undefined, []],
  ["what is adopted may have cards", { adopt: true }, undefined, []],
  ["what is there may have cards", {}, {}, []],
  ["a guest that is off waits for nothing", { running: false }, undefined, []],
  ["one that may be off", { running: unknown }, undefined, []],
])("waiting in vain is told without a host: %s (8.30)", (_, more, old, expected) => {
  const said = (waitFor: string): string[] =>
    problems(guest({ waitFor, running: true, ...more }), old).filter((problem) => problem.startsWith("waitFor"));
  expect(["address", "none", unknown].map(said)).toEqual([expected, [], []]);
});
