import { guest } from "../../../schema/guest";
import { network } from "../../../schema/network";
import { validate } from "../../../schema/explain";
import { unknown } from "../../../schema/unknown";

const right = { host: { uri: "qemu:///system" }, vcpus: 1, memoryMiB: 64 };

it.each([
  [{ ...right, memmoryMiB: 1 }, ['memmoryMiB: there is no such property. Did you mean "memoryMiB"?']],
  [{ ...right, memoryMiB: 0 }, ["memoryMiB: is too small: at least 1."]],
  [{ ...right, vcpus: undefined }, [expect.stringMatching(/^vcpus: /)]],
  [{ ...right, name: "a\nb" }, ["name: must not contain a line break or another control character."]],
  [{ ...right, name: "a/b" }, ["name: must not contain a slash: libvirt names files after it."]],
  [{ ...right, name: "x".repeat(300) }, [expect.stringMatching(/^name: is too long/)]],
  [{ ...right, title: "a\rb" }, ["title: must be one line, without control characters."]],
  [
    { ...right, description: "a\r\nb" },
    ["description: must not contain control characters; a line break is \\n alone."],
  ],
  [
    { ...right, disks: { root: { serial: "a\nb" } } },
    ["disks.root.serial: must be one line, without control characters."],
  ],
  [{ ...right, title: "", description: "", nics: { lan: { bandwidth: {} } } }, []],
  [{ ...right, disks: { root: { bus: "" } } }, ["disks.root.bus: is empty; leave it out for the default."]],
  [{ ...right, graphics: { type: "vnc", password: "" } }, ["graphics.password: is empty; leave it out."]],
  [
    { ...right, nics: { lan: { user: true, model: "e1000-e" } } },
    [
      expect.stringMatching(
        /^nics\.lan\.model: must be "virtio" or .*; another one can be had by raw XML: xml: .* at: "nics\.KEY", .*\. Did you mean "e1000e"\?$/,
      ),
    ],
  ],
  [{ ...right, disks: { root: { bus: 5 } } }, ["disks.root.bus: must be a text, not a number."]],
  [
    { ...right, disks: { "my disk": {} } },
    [
      'disks."my disk": keys may hold the letters a to z and A to Z, digits, - and _ (at most 60), since libvirt\'s aliases hold no others.',
    ],
  ],
  [{ ...right, disks: { "": {} } }, [expect.stringMatching(/^disks\."": keys may hold the letters/)]],
  [{ ...right, metadata: { "": "a" } }, ['metadata."": must not be empty.']],
  [
    { ...right, cpu: { mode: "maximum", features: { "a b": "require" } } },
    ['cpu.features."a b": keys are names of CPU features: a to z, digits, ., - and _.'],
  ],
  [{ ...right, cputune: { vcpuPins: { one: "0" } } }, ["cputune.vcpuPins.one: keys are numbers of vCPUs."]],
  [{ ...right, xml: { a: { fragment: "" } } }, [expect.stringMatching(/^xml.a.fragment: /)]],
])("%j", (inputs, sentences) => expect(validate(guest, inputs)).toEqual(sentences));

describe("keys of a network's maps", () => {
  const inputs = { host: { uri: "qemu:///system" }, mode: "nat" };

  it("a reservation's key is in no alias", () => {
    const reservations = { "the printer": { mac: "52:54:00:00:00:01", ip: "10.0.0.2" } };
    const ipv4 = { gateway: "10.0.0.1/24", dhcp: { from: "10.0.0.10", to: "10.0.0.20", reservations } };
    expect(validate(network, { ...inputs, ipv4 })).toEqual([
      'ipv4.dhcp.reservations."the printer": keys may hold the letters a to z and A to Z, digits, - and _ (at most 60).',
    ]);
  });

  it("a host's key is its address", () => {
    expect(validate(network, { ...inputs, dns: { hosts: { printer: ["printer"] } } })).toEqual([
      "dns.hosts.printer: keys are IPv4 or IPv6 addresses.",
    ]);
  });
});

it("never repeats a value: it may be a secret", () => {
  const inputs = { ...right, graphics: { type: "hush", password: ["hush"], hush2: "hush" }, restart: "hush" };
  expect(validate(guest, inputs).join("\n").replaceAll("hush2", "")).not.toMatch(/hush/);
});

it("says nothing of what is not known yet, at any depth", () => {
  expect(
    validate(guest, { ...right, memoryMiB: unknown, disks: unknown, nics: { lan: { network: unknown } } }),
  ).toEqual([]);
});

describe("values that are no JSON (8.35)", () => {
  const asset = { "4dabf18193072939515e22adb298388d": "c44067f5952c0a294b673a41bacd8c17", path: "a.img", hash: "0" };
  const archive = { "4dabf18193072939515e22adb298388d": "0def7320c3a5731c473e5ecbe6d01bc7", path: "a.tar", hash: "0" };

  it.each([
    [{ memoryMiB: NaN }, ["memoryMiB: must be a number, not NaN."]],
    [{ memoryMiB: Infinity }, ["memoryMiB: must be a number, not an infinite number."]],
    [{ memoryMiB: -Infinity }, ["memoryMiB: must be a number, not an infinite number."]],
    [{ memoryMiB: 1.5 }, ["memoryMiB: must be a whole number, not a fraction."]],
    [{ memoryMiB: null }, ["memoryMiB: must be a number, not null."]],
    [{ memoryMiB: "64" }, ["memoryMiB: must be a number, not a text."]],
    [{ vcpus: NaN }, [expect.stringMatching(/^vcpus: must be a number or an object \{ … \}, not NaN\.$/)]],
    [{ title: asset }, ["title: is a Pulumi asset; give the path of the file as a text."]],
    [
      { disks: { root: { path: asset } } },
      ["disks.root.path: is a Pulumi asset; give the path of the file as a text."],
    ],
    [{ disks: { root: asset } }, ["disks.root: is a Pulumi asset; give the path of the file as a text."]],
    [{ boot: archive }, ["boot: is a Pulumi asset; give the path of the file as a text."]],
    [
      { disks: { root: "disk-id" } },
      ["disks.root: must be an object { … }, not a text: where a Disk is meant, write { disk: … }."],
    ],
    [
      { nics: { lan: "network-id" } },
      ["nics.lan: must be an object { … }, not a text: where a Network is meant, write { network: … }."],
    ],
    [
      { disks: { root: { disk: "disk-id" } } },
      ["disks.root.disk: must be an object { … }, not a text: give the Disk itself."],
    ],
  ])("%j", (inputs, sentences) => expect(validate(guest, { ...right, ...inputs })).toEqual(sentences));
});
