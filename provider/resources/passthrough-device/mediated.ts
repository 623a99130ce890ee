/**
 * Makes a mediated device, and removes it (libvirt.org/drvnodedev.html). Each looks at what is there first: whoever was killed
 * in between is followed by one who does the rest, and never makes a second one, since the UUID is given.
 */

import { LibvirtError } from "../../libvirt/errors";
import { inventory } from "../../libvirt/inventory";
import type { MediatedDevice } from "../../libvirt/node-device";
import type { Virsh } from "../../libvirt/virsh";
import { serializeXml } from "../../libvirt/xml";
import type { Element } from "../../reconcile/tree";
import type { ConnectedHost } from "../resource";
import { mediatedDevice } from "./mdev-find";

/** Before it libvirt starts none with the host, and does not tell which it would (`nodedev-info`, `nodedev-autostart`). */
export const firstWithAutostart = 7_008_000;

/** What libvirt knows of it beside its XML. */
export interface Definition {
  /** It is defined, and so is there again after a start of the host where that starts it. */
  readonly isPersistent: boolean;
  readonly isStarted: boolean;
}

export interface Making {
  readonly uuid: string;
  readonly type: string;
  /** libvirt's name of it. */
  readonly parent: string;
  readonly persistent: boolean;
}

const work = { lane: "work", timeoutSeconds: 60 } as const;

/** What is of another type or parent is gone already (`remove`). */
export async function make(host: ConnectedHost, making: Making): Promise<void> {
  const { virsh } = host;
  const { uuid, persistent } = making;
  const xml = serializeXml(documentOf(making));
  const before = await look(host, uuid);
  if (persistent) {
    if (before.definition?.isPersistent !== true) await run(virsh, "nodedev-define", { xml });
    const { device, definition } = await look(host, uuid);
    const name = nameOf(device, virsh, uuid);
    if (definition?.isStarted !== true) await run(virsh, "nodedev-autostart", name);
    if (device?.isActive !== true) await run(virsh, "nodedev-start", name);
  } else {
    if (before.definition?.isPersistent === true)
      await run(virsh, "nodedev-undefine", nameOf(before.device, virsh, uuid));
    if (before.device?.isActive !== true) await run(virsh, "nodedev-create", { xml });
  }
}

/** Nothing to remove is success. */
export async function remove(host: ConnectedHost, uuid: string): Promise<void> {
  const { virsh } = host;
  const { device, definition } = await look(host, uuid);
  if (device === undefined) return;
  if (device.isActive) await run(virsh, "nodedev-destroy", device.name);
  if (definition?.isPersistent === true) await run(virsh, "nodedev-undefine", device.name);
}

export async function definitionOf({ virsh, facts }: ConnectedHost, device: MediatedDevice): Promise<Definition> {
  if (facts.libvirtVersion < firstWithAutostart) return { isPersistent: !device.isActive, isStarted: false };
  const said = await virsh.run("nodedev-info", [device.name]);
  const says = (row: string): boolean => new RegExp(`^${row}:\\s+yes$`, "m").test(said);
  return { isPersistent: says("Persistent"), isStarted: says("Autostart") };
}

async function look(
  host: ConnectedHost,
  uuid: string,
): Promise<{ readonly device?: MediatedDevice; readonly definition?: Definition }> {
  const device = mediatedDevice(uuid, await inventory(host.virsh).devices({ fresh: true }));
  return device === undefined ? {} : { device, definition: await definitionOf(host, device) };
}

async function run(virsh: Virsh, name: string, word: string | { readonly xml: string }): Promise<void> {
  try {
    await virsh.run(name, [word], work);
  } finally {
    inventory(virsh).forget();
  }
}

function nameOf(device: MediatedDevice | undefined, virsh: Virsh, uuid: string): string {
  if (device !== undefined) return device.name;
  throw new LibvirtError("Refused", `${virsh.uri} took the mediated device ${uuid}, and does not show it.`);
}

function documentOf({ uuid, type, parent }: Making): Element {
  const leaf = (name: string, text: string): Element => ({ name, attributes: {}, children: [text] });
  const kind = { name: "type", attributes: { id: type }, children: [] };
  const capability = { name: "capability", attributes: { type: "mdev" }, children: [kind, leaf("uuid", uuid)] };
  return { name: "device", attributes: {}, children: [leaf("parent", parent), capability] };
}
