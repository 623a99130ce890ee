import { disk } from "../../../schema/disk";
import { guest } from "../../../schema/guest";
import { knownParts } from "../../../schema/known";
import { network } from "../../../schema/network";
import { unknown } from "../../../schema/unknown";

const host = { uri: "qemu:///system" };
const plain = { host, vcpus: 1, memoryMiB: 64 };

it("what is known as far as it goes is left as it is", () => {
  const inputs = { ...plain, title: unknown, disks: { root: { path: unknown } } } as never;
  expect(knownParts(guest, inputs)).toBe(inputs);
});

it.each<[string, object, object]>([
  ["a map", { nics: unknown }, {}],
  ["an entry", { nics: { a: unknown, b: { user: true } } }, { nics: { b: { user: true } } }],
  ["a reference", { nics: { a: { network: unknown, mtu: 9000 } } }, { nics: { a: { mtu: 9000 } } }],
  ["an object in an object", { cpu: { mode: "maximum", topology: unknown } }, { cpu: { mode: "maximum" } }],
  ["what may also be a single value stays", { vcpus: unknown, rng: unknown }, { vcpus: unknown, rng: unknown }],
])("of a guest, %s of which nothing is known is left out", (_what, more, rest) => {
  expect(knownParts(guest, { ...plain, ...more })).toEqual({ ...plain, ...rest });
});

it("of a network a list, of a disk its pool", () => {
  const dns = { forwarders: unknown, hosts: { "10.0.0.1": unknown, "10.0.0.2": [unknown] } };
  expect(knownParts(network, { host, dns })).toEqual({ host, dns: { hosts: { "10.0.0.2": [unknown] } } });
  expect(knownParts(disk, { pool: unknown, name: "a" })).toEqual({ name: "a" });
});
