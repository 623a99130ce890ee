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

const image = "/srv/a.img";
const twice = [expect.stringMatching(/^disks\.b: \/srv\/a\.img is the image of disks\.a already/)];
it.each<[string, object, unknown[]]>([
  ["two disks", { disks: { a: { path: image }, b: { path: image } } }, twice],
  [
    "a Disk and a path",
    { disks: { a: { disk: { path: image, host: { uri: "qemu:///system" } } }, b: { path: image } } },
    twice,
  ],
  ["one that only reads", { disks: { a: { path: image, readOnly: true }, b: { path: image } } }, twice],
  ["one that is shared", { disks: { a: { path: image }, b: { path: image, shareable: true } } }, twice],
  ["a medium and a disk", { disks: { a: { path: image, device: "cdrom" }, b: { path: image } } }, twice],
  ["two that only read", { disks: { a: { path: image, readOnly: true }, b: { path: image, device: "cdrom" } } }, []],
  ["two that are shared", { disks: { a: { path: image, shareable: true }, b: { path: image, shareable: true } } }, []],
  ["one that may be shared", { disks: { a: { path: image }, b: { path: image, readOnly: unknown } } }, []],
  [
    "a fragment that shares",
    { disks: { a: { path: image }, b: { path: image } }, xml: { s: { at: "disks.a", fragment: "<shareable/>" } } },
    [],
  ],
  ["what is not known", { disks: { a: { path: unknown }, b: { path: unknown } } }, []],
  ["no disk that is known", { disks: unknown }, []],
])("no guest has an image twice: %s (8.5)", (_, more, expected) => {
  expect(problems(guest(more))).toEqual(expected);
});

it.each<[object, RegExp]>([
  [{ fragment: "<uuid>22222222-2222-2222-2222-222222222222</uuid>" }, /<uuid> says which guest it is.*input uuid/],
  [{ fragment: "<name>victim</name>" }, /<name> says which guest it is.*input name/],
  [{ at: "metadata", fragment: "<v:mark xmlns:v='urn:pulumi-virt:1' owner='x'/>" }, /written by the provider alone/],
  [{ fragment: "<metadata><mark xmlns='urn:pulumi-virt:1'/></metadata>" }, /written by the provider alone/],
  [
    { at: "devices", fragment: "<disk><target dev='vdb'/><alias name='ua-disk-root'/></disk>" },
    /the alias ua-disk-root is one of those/,
  ],
])("no fragment says which guest it is, or whose (8.19) %#", (xml, expected) => {
  expect(problems(guest({ xml: { raw: xml } }))).toEqual([
    expect.stringMatching(new RegExp(`^xml\\.raw\\.fragment: .*${expected.source}`)),
  ]);
});

it.each([
  { at: "sysinfo", fragment: "<name>x</name>" },
  { at: "devices", fragment: "<disk><alias name='ua-mine'/></disk>" },
  { at: "metadata", fragment: "<m:a xmlns:m='http://example.org/1'/>" },
])("another <name>, alias or namespace is no such thing (8.19) %#", (xml) => {
  expect(problems(guest({ xml: { raw: xml } }))).toEqual([]);
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
