import { problems } from "../../../../provider/resources/pool/problems";
import type { PoolInputs } from "../../../../schema/pool";
import { unknown } from "../../../../schema/unknown";

const pool = (more: object): PoolInputs => ({
  host: { uri: "qemu:///system" },
  type: "dir",
  path: "/srv/pool",
  ...more,
});

it.each<[object, readonly string[]]>([
  [{}, []],
  [{ source: { devices: ["/dev/vdb"] } }, ["source.devices: a dir pool has none."]],
  [{ type: "fs", source: { devices: ["/dev/vdb"], format: "ext4" } }, []],
  [
    { type: "fs", source: { devices: ["/dev/vdb", "/dev/vdc"], host: "nas" } },
    ["source.host: an fs pool has none.", "source.devices: an fs pool has one block device; 2 are given."],
  ],
  [
    { type: "netfs", source: { host: "nas", directory: "/export", name: "vg" } },
    ["source.name: a netfs pool has none."],
  ],
  [{ type: "logical", path: "/dev/vg", source: { name: "vg", devices: ["/dev/vdb", "/dev/vdc"] } }, []],
  [{ type: "fs", source: { devices: unknown } }, []],
  [{ type: unknown, source: { host: "nas" } }, []],
  [{ type: "netfs", source: unknown }, ["source: a netfs pool needs host and directory."]],
])("a pool's source is of its type (8.34) %#", (more, expected) => {
  expect(problems(pool(more))).toEqual(expected);
});
