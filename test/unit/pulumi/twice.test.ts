import { saidTwice } from "../../../provider/pulumi/twice";
import { disksOf, nameOf, type Once } from "../../../provider/resources/once";
import type { GuestInputs } from "../../../schema/guest";
import { unknown } from "../../../schema/unknown";

const host = { uri: "qemu:///system" };
const urn = (name: string): string => `urn:pulumi:s::p::virt:Guest::${name}`;
const guest = (more: object): GuestInputs => ({ host, vcpus: 1, memoryMiB: 64, ...more });
const data = { disks: { data: { path: "/srv/data.img" } } };

function judged(...resources: readonly (readonly Once[])[]): ReturnType<typeof saidTwice> {
  const program = new Map<string, readonly Once[]>();
  return resources
    .map((wanted, index) => saidTwice(program, urn(`r${index}`), wanted))
    .reduce((one, other) => ({
      failures: [...one.failures, ...other.failures],
      warnings: [...one.warnings, ...other.warnings],
    }));
}

it("one name twice in a program is refused, with the field and the other's name (8.34)", () => {
  const { failures } = judged(nameOf("guest", { host, name: "web" }), nameOf("guest", { host, name: "web" }));
  expect(failures).toEqual([
    'name: the name "web" is taken by the resource "r0" of this program (name); each guest of a host needs a name of its own.',
  ]);
});

it.each<[string, readonly Once[], readonly Once[]]>([
  [
    "two hosts",
    nameOf("guest", { host, name: "a" }),
    nameOf("guest", { host: { uri: "qemu+ssh://b/system" }, name: "a" }),
  ],
  ["two kinds", nameOf("guest", { host, name: "a" }), nameOf("network", { host, name: "a" })],
  [
    "two pools",
    nameOf("disk", { pool: { host, name: "p" }, name: "a" }),
    nameOf("disk", { pool: { host, name: "q" }, name: "a" }),
  ],
  ["what is not known", nameOf("guest", { host, name: unknown }), nameOf("guest", { host, name: unknown })],
  [
    "shared disks",
    disksOf(guest({ disks: { d: { path: "/a", shareable: true } } })),
    disksOf(guest({ disks: { d: { path: "/a", shareable: true } } })),
  ],
  [
    "media",
    disksOf(guest({ disks: { d: { path: "/a", device: "cdrom" } } })),
    disksOf(guest({ disks: { d: { path: "/a", device: "cdrom" } } })),
  ],
  ["disks that are only read", disksOf(guest({ disks: { d: { path: "/a", readOnly: true } } })), disksOf(guest(data))],
])("nothing is twice with %s (8.34)", (_what, one, other) => {
  expect(judged(one, other)).toEqual({ failures: [], warnings: [] });
});

it("a disk that two guests write to is refused; told only where one of them is not to run (8.34)", () => {
  const both = judged(disksOf(guest(data)), disksOf(guest(data)));
  expect(both.failures).toEqual([
    expect.stringMatching(/^disks\.data: \/srv\/data\.img is taken by .*"r0".*shareable: true/),
  ]);
  const one = judged(disksOf(guest(data)), disksOf(guest({ ...data, running: false })));
  expect(one).toEqual({ failures: [], warnings: [expect.stringMatching(/^disks\.data: /)] });
});

it("the same resource, checked again for its replacement, is not in its own way (8.34)", () => {
  const program = new Map<string, readonly Once[]>();
  const wanted = nameOf("guest", { host, name: "web" });
  saidTwice(program, urn("web"), wanted);
  expect(saidTwice(program, urn("web"), wanted).failures).toEqual([]);
});
