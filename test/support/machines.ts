/** Machines as the field's bug reports tell of them, by libvirt's own XML: test/unit/libvirt/node-devices/MACHINE.xml. */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type NodeDevice, nodeDeviceFrom } from "../../provider/libvirt/node-device";
import { parseXml, serializeXml } from "../../provider/libvirt/xml";
import { type Element, elementsOf } from "../../provider/reconcile/tree";

const folder = join(__dirname, "../unit/libvirt/node-devices");

export const machines = readdirSync(folder).map((file) => file.replace(/\.xml$/, ""));

export function deviceDocuments(machine: string): Element[] {
  return elementsOf(parseXml(readFileSync(join(folder, `${machine}.xml`), "utf8")), "device");
}

export function devicesOf(machine: string): NodeDevice[] {
  return deviceDocuments(machine).flatMap((document) => nodeDeviceFrom(serializeXml(document)) ?? []);
}
