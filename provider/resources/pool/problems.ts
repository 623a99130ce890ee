/** What cannot be with pools, whatever their host says. Pure. */

import type { PoolInputs } from "../../../schema/pool";
import { holdsUnknown, unknown } from "../../../schema/unknown";

/** Where no folder can be made, or no volume belongs. */
const noPlace = /^\/(proc|sys|dev)(\/|$)|^\/$/;

export function problems({ type, path, source }: PoolInputs): string[] {
  const needs: Readonly<Record<string, readonly [boolean, string][]>> = {
    dir: [[path !== undefined, "path: a dir pool needs a folder."]],
    fs: [
      [path !== undefined, "path: an fs pool needs a mount point."],
      [source?.devices !== undefined, "source.devices: an fs pool needs a block device."],
    ],
    netfs: [
      [path !== undefined, "path: a netfs pool needs a mount point."],
      [source?.host !== undefined && source.directory !== undefined, "source: a netfs pool needs host and directory."],
    ],
    logical: [[source?.name !== undefined, "source.name: a logical pool needs the name of its volume group."]],
  };
  const missing = (needs[type] ?? []).filter(([given]) => !given).map(([, sentence]) => sentence);
  return [...missing, ...misplaced(type, source), ...problemsOfPath(type, path)];
}

function problemsOfPath(type: PoolInputs["type"], path: string | undefined): string[] {
  if (path === undefined || path === unknown) return [];
  const parts = path.split("/");
  return [
    ...(type !== "logical" && noPlace.test(path) ? [`path: ${path} is no place for disks.`] : []),
    ...(parts.some((part) => Buffer.byteLength(part) > 255) || Buffer.byteLength(path) > 1000
      ? ["path: is too long: at most 255 bytes between two slashes, and 1000 in all."]
      : []),
    ...(/[\u0000-\u001f\u007f]/.test(path)
      ? ["path: must not contain a line break or another control character."]
      : []),
  ];
}

/** What libvirt's schema takes in the source of each type (storagepool.rng). */
const takes: Readonly<Record<PoolInputs["type"], readonly string[]>> = {
  dir: [],
  fs: ["devices", "format"],
  netfs: ["host", "directory", "format"],
  logical: ["devices", "name", "format"],
};

function misplaced(type: PoolInputs["type"], source: PoolInputs["source"]): string[] {
  if (source === undefined || holdsUnknown(type) || typeof source !== "object") return [];
  const others = Object.keys(source).filter((field) => !takes[type].includes(field));
  const { devices } = source;
  return [
    ...others.map((field) => `source.${field}: ${type === "fs" ? "an" : "a"} ${type} pool has none.`),
    ...(type === "fs" && !holdsUnknown(devices) && devices !== undefined && devices.length > 1
      ? [`source.devices: an fs pool has one block device; ${devices.length} are given.`]
      : []),
  ];
}
