/** What another guest of the host has already: the name, or a disk that only one of them may write. */

import { unknown } from "../../../schema/unknown";
import { inventory } from "../../libvirt/inventory";
import { readMark } from "../../libvirt/mark";
import { chainOf, runningGuests } from "../../libvirt/running-guests";
import { parseXml } from "../../libvirt/xml";
import { type Element, elementsOf, firstElement } from "../../reconcile/tree";
import { ownerOf } from "../identity";
import type { ConnectedHost, Objection } from "../resource";
import { devicesOf, keyOf, type Wanted } from "./wanted";

export async function objectionsToOthers(host: ConnectedHost, wanted: Wanted): Promise<Objection[]> {
  const found = await Promise.all([objectionsToNamesake(host, wanted), objectionsToSharing(host, wanted)]);
  return found.flat();
}

async function objectionsToNamesake({ virsh }: ConnectedHost, wanted: Wanted): Promise<Objection[]> {
  const { name, uuid, host } = wanted.inputs;
  if (name === undefined || name === unknown || uuid === undefined || uuid === unknown || !wanted.isNew("name"))
    return [];
  const namesake = (await inventory(virsh).guests()).find((guest) => guest.name === name);
  if (namesake === undefined || namesake.uuid === uuid) return [];
  const document = parseXml(await virsh.run("dumpxml", ["--inactive", namesake.uuid]), `the XML of guest "${name}"`);
  const owner = readMark(document)?.owner;
  const reason = `there is a guest of the name "${name}" already, and it is not this resource's. Choose another name, or take it over as it is with adopt: true.`;
  // One of this stack may get another name, or go, before this one comes.
  return [{ path: "name", reason, ...(owner !== undefined && owner === ownerOf(host) ? { mayPass: true } : {}) }];
}

/** QEMU locks what it writes: of two guests that run, the second does not start. */
async function objectionsToSharing({ virsh }: ConnectedHost, wanted: Wanted): Promise<Objection[]> {
  const writes = elementsOf(devicesOf(wanted), "disk").flatMap((disk) => {
    const key = keyOf(disk, "disk");
    const file = writtenBy(disk);
    return key === undefined || file === undefined || !wanted.isNew(`disks.${key}`) ? [] : [{ key, file }];
  });
  if (writes.length === 0 || wanted.inputs.running === false) return [];
  const others = (await runningGuests(virsh)).filter(({ uuid }) => uuid !== wanted.inputs.uuid);
  return writes.flatMap(({ key, file }) => {
    const other = others.find(({ devices }) =>
      elementsOf(devices, "disk").some((disk) => writtenBy(disk) !== undefined && chainOf(disk)[0] === file),
    );
    if (other === undefined) return [];
    const reason = `${file} is a disk of the running guest "${other.name}", which writes to it: two guests that write to one disk destroy it. Give each its own, or say shareable: true in both where their file systems are made for it.`;
    return [{ path: `disks.${key}`, reason, mayPass: true }];
  });
}

/** The file that the disk writes to; undefined where it only reads, or shares it knowingly. */
export function writtenBy(disk: Element): string | undefined {
  if (firstElement(disk, "shareable") !== undefined || firstElement(disk, "readonly") !== undefined) return undefined;
  const { file, dev } = firstElement(disk, "source")?.attributes ?? {};
  const path = file ?? dev;
  return path === unknown ? undefined : path;
}
