/** What a network's inputs may say, in which spelling, and what is told before the host is asked. */

import { network as schema, type NetworkInputs } from "../../../schema/network";
import { unknown } from "../../../schema/unknown";
import { network } from "../../../provider/resources/network/handler";

const identity = { urn: "urn:pulumi:t::t::virt:Network::n", resourceName: "n" };

function checked(more: object): { inputs: NetworkInputs; problems: string[] } {
  const given = { host: { uri: "test:///default" }, mode: "nat", ...more };
  const inputs = network.derive(schema.parse(given), undefined, identity);
  return { inputs, problems: network.problems(inputs, undefined) };
}

const ipv4 = (dhcp: object | undefined, gateway = "10.0.0.1/24"): object => ({ ipv4: { gateway, dhcp } });
const range = { from: "10.0.0.100", to: "10.0.0.200" };
const reserved = (reservations: object): object => ipv4({ ...range, reservations });

it("every spelling of an address is one input (8.18)", () => {
  const { inputs, problems } = checked({
    ...reserved({ a: { mac: "52-54-00-AB-CD-EF", ip: "10.0.0.5" } }),
    ipv6: {
      gateway: "FD00:DB8:1::0022/64",
      dhcp: {
        from: "fd00:db8:1:0:0::0100",
        to: "FD00:DB8:1::1FF",
        reservations: {
          a: { mac: "52:54:00:AB:CD:EF", ip: "fd00:db8:1::0023", hostname: "a" },
          b: { ip: "fd00:db8:1::24", hostname: "b" },
        },
      },
    },
    dns: { hosts: { "FD00:DB8:1::0030": ["x"], "::FFFF:0a00:0001": ["y"] }, forwarders: ["2001:DB8::0053"] },
  });
  expect(problems).toEqual([]);
  expect(inputs).toMatchObject({
    ipv4: { dhcp: { reservations: { a: { mac: "52:54:00:ab:cd:ef" } } } },
    ipv6: {
      gateway: "fd00:db8:1::22/64",
      dhcp: {
        from: "fd00:db8:1::100",
        to: "fd00:db8:1::1ff",
        reservations: { a: { mac: "52:54:00:ab:cd:ef", ip: "fd00:db8:1::23" } },
      },
    },
    dns: { hosts: { "fd00:db8:1::30": ["x"], "::ffff:10.0.0.1": ["y"] }, forwarders: ["2001:db8::53"] },
  });
  const again = network.derive(inputs, inputs, identity);
  expect(again).toEqual(inputs);
});

it("what is not known yet stays as it is (8.20)", () => {
  const inputs = { host: { uri: "test:///default" }, mode: "nat", ipv4: unknown, ipv6: unknown, dns: unknown } as never;
  expect(network.derive(inputs, undefined, identity)).toMatchObject({ ipv4: unknown, ipv6: unknown, dns: unknown });
  const partly = {
    host: { uri: "test:///default" },
    mode: "nat",
    ipv4: { gateway: unknown, dhcp: { from: unknown, to: "10.0.0.9", reservations: { a: unknown } } },
    dns: { hosts: unknown },
  } as never;
  expect(network.derive(partly, undefined, identity)).toMatchObject(partly);
  expect(network.problems(network.derive(partly, undefined, identity), undefined)).toEqual([]);
});

it.each<[string, object, RegExp]>([
  [
    "two spellings of one key",
    { dns: { hosts: { "fd00::1": ["a"], "FD00::0001": ["b"] } } },
    /^dns\.hosts\["FD00::0001"\]: fd00::1 is taken by/,
  ],
  ["one server twice", { dns: { forwarders: ["fd00::1", "FD00:0::1"] } }, /^dns\.forwarders\[1\]: fd00::1 is taken/],
  [
    "IPv6 without a name",
    {
      ipv6: {
        gateway: "fd00::1/64",
        dhcp: { from: "fd00::10", to: "fd00::20", reservations: { a: { mac: "52:54:00:00:00:01", ip: "fd00::5" } } },
      },
    },
    /^ipv6\.dhcp\.reservations\.a\.hostname: is missing; DHCPv6/,
  ],
  [
    "IPv4 without a MAC address",
    reserved({ a: { ip: "10.0.0.5", hostname: "a" } }),
    /^ipv4\.dhcp\.reservations\.a\.mac: is missing/,
  ],
])("%s is refused (8.18)", (_title, inputs, sentence) => {
  expect(checked(inputs).problems).toEqual([expect.stringMatching(sentence)]);
});

it.each<[string, object, RegExp]>([
  [
    "a range that ends before it begins",
    ipv4({ from: "10.0.0.200", to: "10.0.0.100" }),
    /^ipv4\.dhcp\.to: the range ends/,
  ],
  [
    "a range around the gateway",
    ipv4({ from: "10.0.0.2", to: "10.0.0.100" }, "10.0.0.50/24"),
    /^ipv4\.dhcp\.from: .* holds the gateway/,
  ],
  [
    "a range from the gateway",
    ipv4({ from: "10.0.0.1", to: "10.0.0.100" }),
    /^ipv4\.dhcp\.from: 10\.0\.0\.1 is the gateway's own/,
  ],
  [
    "a range to the broadcast address",
    ipv4({ from: "10.0.0.2", to: "10.0.0.255" }),
    /^ipv4\.dhcp\.to: .* the broadcast address/,
  ],
  ["a range outside", ipv4({ from: "10.0.1.2", to: "10.0.0.255" }), /^ipv4\.dhcp\.from: 10\.0\.1\.2 is outside/],
  ["a gateway that is the network", ipv4(undefined, "10.0.0.0/24"), /^ipv4\.gateway: 10\.0\.0\.0 is the network's own/],
  ["a gateway that is the broadcast address", ipv4(undefined, "10.0.3.255/22"), /^ipv4\.gateway: .* the broadcast/],
  ["a gateway of the other family", { ipv4: { gateway: "fd00::1/64" } }, /^ipv4\.gateway: fd00::1 is not an IPv4/],
  [
    "one MAC twice",
    reserved({ a: { mac: "52:54:00:00:00:0a", ip: "10.0.0.5" }, b: { mac: "52-54-00-00-00-0A", ip: "10.0.0.6" } }),
    /^ipv4\.dhcp\.reservations\.b\.mac: 52:54:00:00:00:0a is taken by ipv4\.dhcp\.reservations\.a\.mac/,
  ],
  [
    "one address twice",
    reserved({ a: { mac: "52:54:00:00:00:0a", ip: "10.0.0.5" }, b: { mac: "52:54:00:00:00:0b", ip: "10.0.0.5" } }),
    /^ipv4\.dhcp\.reservations\.b\.ip: 10\.0\.0\.5 is taken/,
  ],
  [
    "the gateway's address reserved",
    reserved({ a: { mac: "52:54:00:00:00:0a", ip: "10.0.0.1" } }),
    /a\.ip: .* gateway's/,
  ],
  [
    "an address outside",
    reserved({ a: { mac: "52:54:00:00:00:0a", ip: "10.9.0.1" } }),
    /a\.ip: 10\.9\.0\.1 is outside/,
  ],
  [
    "a client's name with a blank",
    reserved({ a: { mac: "52:54:00:00:00:0a", ip: "10.0.0.5", hostname: "a b" } }),
    /a\.hostname: "a b" is no DNS name/,
  ],
  ["a name with a blank", { dns: { hosts: { "10.0.0.9": ["ok", "a b"] } } }, /^dns\.hosts\["10\.0\.0\.9"\]: "a b"/],
  ["a domain with a blank", { domain: "my lan" }, /^domain: "my lan" is no DNS name/],
  ["an MTU too small for IPv6", { mtu: 1000, ipv6: { gateway: "fd00::1/64" } }, /^mtu: IPv6 needs at least 1280/],
  ["a domain on the host's bridge", { mode: "bridge", bridge: "br0", domain: "lan" }, /^domain: in mode "bridge"/],
])("%s is told with the field's name (8.34)", (_title, inputs, sentence) => {
  expect(checked(inputs).problems).toEqual(expect.arrayContaining([expect.stringMatching(sentence)]));
});

describe("a network of virtual functions", () => {
  const hostdev = (more: object): readonly string[] => checked({ mode: "hostdev", ...more }).problems;

  it("says which, in one way, each of them once", () => {
    for (const right of [
      { physicalFunction: "enp3s0" },
      { virtualFunctions: ["03:10.0", "0000:03:10.2"] },
      { virtualFunctions: ["03:10.0", unknown] },
      { virtualFunctions: unknown },
    ])
      expect(
        network.problems({ ...checked({ mode: "hostdev" }).inputs, ...right } as NetworkInputs, undefined),
      ).toEqual([]);
    expect(hostdev({})).toEqual([expect.stringMatching(/^physicalFunction: mode "hostdev" needs/)]);
    expect(hostdev({ physicalFunction: "enp3s0", virtualFunctions: ["03:10.0"] })).toEqual([
      expect.stringMatching(/^virtualFunctions: mode "hostdev" needs either/),
    ]);
    expect(hostdev({ virtualFunctions: ["0000:03:10.0", "03:10.0"] })).toEqual([
      "virtualFunctions[1]: 0000:03:10.0 is taken by virtualFunctions[0].",
    ]);
    expect(checked({ virtualFunctions: ["03:10.0"] }).problems).toEqual([
      expect.stringMatching(/^virtualFunctions: only in mode "hostdev"/),
    ]);
  });
});
