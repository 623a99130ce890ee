import type { Checked, Lifecycle, Values, Wanted } from "../../../provider/lifecycle/lifecycle";
import { onlyOnce, saidTwice } from "../../../provider/lifecycle/twice";
import {
  backingOf,
  claimOf,
  devicesOf,
  nicsOf,
  disksOf,
  dividedOf,
  nameOf,
  subnetsOf,
} from "../../../provider/resources/once";
import type { Once } from "../../../provider/resources/resource";
import type { GuestInputs } from "../../../schema/guest";
import type { NetworkInputs } from "../../../schema/network";
import { unknown } from "../../../schema/unknown";

const host = { uri: "qemu:///system" };
const urn = (name: string): string => `urn:pulumi:s::p::virt:Guest::${name}`;
const guest = (more: object): GuestInputs => ({ host, vcpus: 1, memoryMiB: 64, ...more });
const card = (more: object): GuestInputs => guest({ nics: { lan: { mac: "52:54:00:00:00:01", ...more } } });
const lan = { network: { host, name: "lan" } };
const network = (gateway: string, more: object = {}): NetworkInputs => ({
  host,
  mode: "isolated",
  ipv4: { gateway },
  ...more,
});
const data = { disks: { data: { path: "/srv/data.img" } } };

const overlay = (path: string, more: object = {}): readonly Once[] =>
  backingOf({
    ...more,
    pool: { host, name: "p", ...more },
    backing: { host, pool: "p", name: "base", path, format: "qcow2" },
  });

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

it("a device of the host in two guests is refused, also before the host has said where it is (11.2)", () => {
  const with_ = (device: object): readonly Once[] =>
    devicesOf(guest({ passthrough: { gpu: { device: { host, ...device } } } }));
  const pci = { vendor: "10de", product: "2684" };
  expect(judged(with_({ address: "65:00.0" }), with_({ address: "0000:65:00.0" })).failures).toEqual([
    expect.stringMatching(/^passthrough\.gpu\.device: the device 0000:65:00\.0 .*"r0".*a single guest/),
  ]);
  expect(judged(with_({ address: unknown, pci }), with_({ address: unknown, pci })).failures).toHaveLength(1);
  const claim = (one: object): readonly Once[] => claimOf({ host, pci: one });
  expect(judged(claim({ address: "65:00.0" }), claim({ address: "0000:65:00.0" })).failures).toEqual([
    expect.stringMatching(/^pci: the device is taken by the resource "r0".*one resource claims a device/),
  ]);
  expect([
    judged(claim(pci), claim(pci)).failures.length,
    judged(claim(pci), claim({ address: "01:00.0" })).failures,
  ]).toEqual([1, []]);
  const divided = (one: object): readonly Once[] => dividedOf({ host, pci: one, count: 2 });
  expect(judged(divided({ address: "65:00.0" }), divided({ address: "0000:65:00.0" })).failures).toEqual([
    expect.stringMatching(/^pci: the device is taken by the resource "r0".*one resource divides a device/),
  ]);
  expect(judged(divided(pci), claim(pci)).failures).toEqual([]);
  const other = { ...pci, index: 1 };
  expect(judged(with_({ address: unknown, pci }), with_({ address: unknown, pci: other })).failures).toEqual([]);
});

it("so is a USB device, and a mediated one by its claim, since many are asked for in the same words", () => {
  const with_ = (device: object): readonly Once[] =>
    devicesOf(guest({ passthrough: { it: { device: { host, address: unknown, ...device } } } }));
  const usb = { vendor: "46f4", product: "0001" };
  expect(judged(with_({ usb }), with_({ usb })).failures).toHaveLength(1);
  expect(judged(with_({ usb }), with_({ pci: usb })).failures).toEqual([]);
  const address = "46f4:0001@001:004";
  expect(judged(with_({ address }), with_({ address: "46f4:0001@1:4" })).failures).toHaveLength(1);
  expect(judged(claimOf({ host, usb }), claimOf({ host, usb })).failures).toEqual([
    expect.stringMatching(/^usb: the device is taken/),
  ]);
  const mdev = { type: "mtty-2", parent: "mtty_mtty" };
  const [one, other] = ["11111111-1111-5111-8111-111111111111", "22222222-2222-5222-8222-222222222222"];
  expect(judged(with_({ mdev, uuid: one }), with_({ mdev, uuid: one })).failures).toHaveLength(1);
  expect(judged(with_({ mdev, uuid: one }), with_({ mdev, uuid: other })).failures).toEqual([]);
  expect(judged(with_({ mdev, uuid: unknown }), with_({ mdev, uuid: unknown })).failures).toEqual([]);
  expect(judged(claimOf({ host, mdev }), claimOf({ host, mdev })).failures).toEqual([]);
});

it("one device in different words is refused as soon as the host has told that it is one", async () => {
  const addresses = ["46f4:0001", "@001:004", "46f4:0001@001:004"];
  const lifecycle = {
    check: (inputs: Values) => Promise.resolve({ inputs, failures: [] }),
    preview: ({ checked }: { checked: Checked }) =>
      Promise.resolve({ once: devicesOf(checked.inputs as unknown as GuestInputs, () => "usb/1-2") }),
  } as unknown as Lifecycle;
  const guarded = onlyOnce(lifecycle, (inputs) => devicesOf(inputs as unknown as GuestInputs));
  const said = [];
  for (const [index, address] of addresses.entries()) {
    const inputs = guest({ passthrough: { stick: { device: { host, address } } } });
    const checked = await guarded.check(inputs, undefined, {
      urn: urn(`g${index}`),
      resourceName: "",
    });
    expect(checked.failures).toEqual([]);
    said.push((await guarded.preview({ checked } as unknown as Wanted)).failures);
  }
  const [first, second, third] = said;
  expect(first).toBeUndefined();
  expect(second).toEqual([
    expect.stringMatching(
      /^passthrough\.stick\.device: the device @001:004 is taken by the resource "g0" .*a single guest/,
    ),
  ]);
  expect(third).toHaveLength(2);
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
  ...[unknown, { uri: unknown }, { ...host, id: unknown }].flatMap(
    (at): [string, readonly Once[], readonly Once[]][] => {
      const on = { host: at } as unknown as { host: typeof host };
      const said: Readonly<Record<string, () => readonly Once[]>> = {
        names: () => nameOf("guest", { ...on, name: "a" }),
        "names in pools": () => nameOf("disk", { pool: { ...on, name: "p" }, name: "a" }),
        disks: () => disksOf(guest({ ...data, ...on })),
        bases: () => backingOf({ pool: { host, name: "p" }, backing: { ...on, pool: "p", name: "base", path: "/a" } }),
        cards: () => nicsOf({ ...card(lan), ...on }),
        subnets: () => subnetsOf(network("10.1.0.1/24", on)),
      };
      return Object.entries(said).map(([what, say]) => [`${what} on ${JSON.stringify(at)}`, say(), say()]);
    },
  ),
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
  ["two disks on one image", overlay("/a"), overlay("/a")],
  [
    "a snapshot of a logical volume",
    overlay("/dev/vg/web", { type: "logical" }),
    disksOf(guest({ disks: { d: { path: "/dev/vg/web" } } })),
  ],
  ["what is adopted", overlay("/a", { adopt: true }), disksOf(guest({ disks: { d: { path: "/a" } } }))],
  ["a base that a guest only reads", overlay("/a"), disksOf(guest({ disks: { d: { path: "/a", readOnly: true } } }))],
  ["cards of one address on two networks", nicsOf(card(lan)), nicsOf(card({ network: { host, name: "wan" } }))],
  ["cards behind QEMU's own network", nicsOf(card({ user: true })), nicsOf(card({ user: true }))],
  ["addresses that are not known", nicsOf(card({ ...lan, mac: unknown })), nicsOf(card({ ...lan, mac: unknown }))],
  ["subnets side by side", subnetsOf(network("10.1.0.1/24")), subnetsOf(network("10.1.1.1/24"))],
  ["subnets that are not known", subnetsOf(network(unknown)), subnetsOf(network(unknown))],
])("nothing is twice with %s (8.34)", (_what, one, other) => {
  expect(judged(one, other)).toEqual({ failures: [], warnings: [] });
});

it("a disk that two guests write to is refused; told only where one of them is not to run (8.34)", () => {
  const both = judged(disksOf(guest(data)), disksOf(guest(data)));
  expect(both.failures).toEqual([
    expect.stringMatching(/^disks\.data: \/srv\/data\.img is taken by .*"r0".*shareable: true/),
  ]);
  for (const running of [false, unknown]) {
    const one = judged(disksOf(guest(data)), disksOf(guest({ ...data, running })));
    expect(one).toEqual({ failures: [], warnings: [expect.stringMatching(/^disks\.data: /)] });
  }
});

it.each<[string, object]>([
  ["alone", {}],
  ["sharing it", { shareable: true }],
])(
  "an image on which a disk of the program lies is not written to by a guest, whichever is said first: %s (8.1)",
  (_, more) => {
    const writer = disksOf(guest({ disks: { data: { path: "/srv/data.img", ...more } } }));
    for (const pair of [
      [overlay("/srv/data.img"), writer],
      [writer, overlay("/srv/data.img")],
    ] as const) {
      expect(judged(...pair).failures).toEqual([
        expect.stringMatching(
          /^(disks\.data|backing): \/srv\/data\.img is taken by .*"r0".*destroys the disks that lie on it/,
        ),
      ]);
    }
  },
);

it("the same resource, checked again for its replacement, is not in its own way (8.34)", () => {
  const program = new Map<string, readonly Once[]>();
  const wanted = nameOf("guest", { host, name: "web" });
  saidTwice(program, urn("web"), wanted);
  expect(saidTwice(program, urn("web"), wanted).failures).toEqual([]);
});

it.each<[string, RegExp, (more: object) => readonly Once[]]>([
  [
    "MAC addresses on one network",
    /^nics\.lan\.mac: 52:54:00:00:00:01 .*"r0"/,
    (more) => nicsOf({ ...card(lan), ...more }),
  ],
  ["MAC addresses on one bridge", /^nics\.lan\.mac: /, (more) => nicsOf({ ...card({ bridge: "br0" }), ...more })],
  [
    "subnets that overlap",
    /^ipv4\.gateway: the subnet of 10\.1\.0\.1\/16 .*"r0"/,
    (more) => subnetsOf(network("10.1.0.1/16", more)),
  ],
])("%s are refused; told only where one of them is not to run (8.34)", (_what, sentence, said) => {
  const sentences = [expect.stringMatching(sentence)] as unknown[];
  expect(judged(said({}), said({}))).toEqual({ failures: sentences, warnings: [] });
  for (const running of [false, unknown])
    expect(judged(said({}), said({ running }))).toEqual({ failures: [], warnings: sentences });
});

it("a subnet within another overlaps it (8.34)", () => {
  expect(judged(subnetsOf(network("10.1.7.1/24")), subnetsOf(network("10.1.0.1/16"))).failures).toHaveLength(1);
});
