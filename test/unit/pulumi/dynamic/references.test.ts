/** Everything that the types allow where one resource names another, in every place of every schema. */

import * as pulumi from "@pulumi/pulumi";
import {
  Disk,
  Guest,
  Host,
  Network,
  PassthroughDevice,
  Pool,
  VirtualFunctions,
} from "../../../../provider/pulumi/dynamic/resources";
import { disk } from "../../../../schema/disk";
import { guest } from "../../../../schema/guest";
import { network } from "../../../../schema/network";
import { passthroughDevice } from "../../../../schema/passthrough-device";
import { pool } from "../../../../schema/pool";
import { virtualFunctions } from "../../../../schema/virtual-functions";
import { anyKey, referencesOf, type ReferenceKind } from "../../../../schema/walk";
import { mockEngine, type Sent } from "../../../support/mocked";

const uri = "qemu:///system";
const hostId = "qemu:///system#host=6695eb01-f6a4-4304-b9aa-97f2502e193f&owner=token";
const here = { uri, id: hostId };
type Made = { host: Host; pool: Pool; disk: Disk; network: Network; device: PassthroughDevice };
type Form = readonly [string, (made: Made) => unknown, Sent];

const settled = <Value>(output: pulumi.Output<Value>): Promise<Value> =>
  new Promise((resolve) => void output.apply(resolve));

const hosts: readonly Form[] = [
  ["a Host", ({ host }) => host, here],
  ["an output of a Host", ({ host }) => pulumi.output(host), here],
  ["a promise of a Host", ({ host }) => Promise.resolve(host), here],
  ["its id", ({ host }) => host.id, here],
  ["an output made of its id", ({ host }) => host.id.apply((id) => id), here],
  ["a promise of its id", ({ host }) => settled(host.id), here],
  ["its id as a text", () => hostId, here],
  ["a URI", () => uri, { uri }],
  ["an output of a URI", ({ host }) => host.uri, { uri }],
  ["an object", ({ host }) => ({ uri: host.uri, id: host.id }), here],
  ["an output of an object", ({ host }) => pulumi.output({ uri: host.uri }), { uri }],
];

const poolOf = { type: "dir", path: "/p", name: "pool" };
const places: Readonly<Record<Exclude<ReferenceKind, "Host">, (host: unknown) => Record<string, unknown>>> = {
  Pool: (host) => ({ host, name: "pool" }),
  Disk: (host) => ({ host, pool: "pool", name: "disk.qcow2" }),
  Network: (host) => ({ host, name: "lan" }),
  PassthroughDevice: (host) => ({ host, address: "0000:01:00.0" }),
};
const whole: Readonly<Record<Exclude<ReferenceKind, "Host">, readonly Form[]>> = {
  Pool: [
    ["a Pool", (made) => made.pool, { ...poolOf, host: here, id: "pool-id" }],
    ["an output of a Pool", (made) => pulumi.output(made.pool), { ...poolOf, host: here, id: "pool-id" }],
    ["a promise of a Pool", async (made) => made.pool, { ...poolOf, host: here, id: "pool-id" }],
  ],
  Disk: [
    ["a Disk", (made) => made.disk, { host: here, pool: "pool", name: "disk.qcow2", sizeGiB: 1, id: "disk-id" }],
    [
      "an output of a Disk",
      (made) => pulumi.output(made.disk),
      { host: here, pool: "pool", name: "disk.qcow2", sizeGiB: 1, id: "disk-id" },
    ],
  ],
  Network: [
    ["a Network", (made) => made.network, { host: here, name: "lan", id: "network-id" }],
    ["a promise of a Network", async (made) => made.network, { host: here, name: "lan", id: "network-id" }],
  ],
  PassthroughDevice: [
    ["a PassthroughDevice", (made) => made.device, { host: here, pci: { address: "0000:01:00.0" }, id: "device-id" }],
  ],
};
const nested = (kind: Exclude<ReferenceKind, "Host">): Form[] =>
  hosts.flatMap(([name, form, sent]): Form[] => [
    [`the place of a ${kind} on ${name}`, (made) => places[kind](form(made)), places[kind](sent)],
    [
      `an output of the place of a ${kind} on ${name}`,
      (made) => pulumi.output(places[kind](form(made))),
      places[kind](sent),
    ],
  ]);
const forms: Readonly<Record<ReferenceKind, readonly Form[]>> = {
  Host: hosts,
  Pool: [...whole.Pool, ...nested("Pool")],
  Disk: [...whole.Disk, ...nested("Disk")],
  Network: [...whole.Network, ...nested("Network")],
  PassthroughDevice: [...whole.PassthroughDevice, ...nested("PassthroughDevice")],
};

/** A value at a path, with `key` for the keys of maps. */
function at(path: string, value: unknown): Record<string, unknown> {
  const [step = "", ...rest] = path.split(".");
  return { [step === anyKey ? "key" : step]: rest.length === 0 ? value : at(rest.join("."), value) };
}

const classes = { Pool, Disk, Network, PassthroughDevice, VirtualFunctions, Guest } as unknown as Readonly<
  Record<string, new (name: string, args: Record<string, unknown>) => pulumi.CustomResource>
>;

describe("references as the types allow them (8.20)", () => {
  const cases = Object.entries({
    Pool: pool,
    Disk: disk,
    Network: network,
    PassthroughDevice: passthroughDevice,
    VirtualFunctions: virtualFunctions,
    Guest: guest,
  }).flatMap(([kind, schema]) => referencesOf(schema).map(([path, reference]) => [kind, path, reference] as const));

  it("stand in these places", () => {
    expect(cases.map(([kind, path]) => `${kind} ${path}`)).toEqual([
      "Pool host",
      "Disk pool",
      "Disk backing",
      "Network host",
      "PassthroughDevice host",
      "VirtualFunctions host",
      "Guest host",
      "Guest disks.*.disk",
      "Guest nics.*.network",
      "Guest nics.*.device",
      "Guest passthrough.*.device",
    ]);
  });

  it.each(cases)("%s, %s", async (kind, path, reference) => {
    const { sent, run } = mockEngine({ idOf: ({ name }) => (name === "host" ? hostId : `${name}-id`) });
    await run(() => {
      const host = new Host("host", { uri });
      const pool = new Pool("pool", { host, ...poolOf, type: "dir" });
      const made: Made = {
        host,
        pool,
        disk: new Disk("disk", { pool, name: "disk.qcow2", sizeGiB: 1 }),
        network: new Network("network", { host, mode: "isolated", name: "lan" }),
        device: new PassthroughDevice("device", { host, pci: { address: "0000:01:00.0" } }),
      };
      for (const [name, form] of forms[reference])
        new (classes[kind] as (typeof classes)[string])(name, at(path, form(made)));
    });
    for (const [name, , expected] of forms[reference]) {
      expect([name, sent.get(name)]).toEqual([name, expect.objectContaining(at(path, expected))]);
    }
  });
});
