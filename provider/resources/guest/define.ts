/** Defining a guest: whatever libvirt can refuse, it refuses here, and the definition that is there stays untouched. */

import { withDevices } from "../../libvirt/devices";
import { LibvirtError, reasonOf } from "../../libvirt/errors";
import { inventory } from "../../libvirt/inventory";
import type { Virsh } from "../../libvirt/virsh";
import { parseXml, serializeXml } from "../../libvirt/xml";
import { type Element, firstElement, textOf } from "../../reconcile/tree";
import type { ConnectedHost } from "../resource";

/** `--validate` always: without it libvirt silently drops what it does not know. `starts`: it runs, or is to be started. */
export async function define(host: ConnectedHost, document: Element, starts: boolean): Promise<void> {
  if (starts) await tryOut(host, document);
  await refusable(host, document, "cannot define", "define", "--validate");
  inventory(host.virsh).forget();
}

/** What libvirt itself has written before: its schema may be stricter than what it writes. */
export async function redefine(host: ConnectedHost, document: Element): Promise<void> {
  await host.virsh.run("define", [{ xml: serializeXml(document) }], { lane: "work" });
  inventory(host.virsh).forget();
}

/** The persistent definition with all that libvirt chose for it, passwords included: what can be defined again. */
export async function definitionOf({ virsh }: ConnectedHost, uuid: string): Promise<Element> {
  return parseXml(await virsh.run("dumpxml", ["--inactive", "--security-info", uuid], { lane: "work" }));
}

export async function setAutostart(host: ConnectedHost, uuid: string, wanted: boolean): Promise<void> {
  await host.virsh.run("autostart", wanted ? [uuid] : ["--disable", uuid], { lane: "work" });
  inventory(host.virsh).forget();
}

/** Only a guest that is off can be renamed; autostart goes along. */
export async function rename(virsh: Virsh, uuid: string, name: string): Promise<void> {
  await virsh.run("domrename", ["--domain", uuid, "--new-name", name], { lane: "work" });
  inventory(virsh).forget();
}

export function withName(document: Element, name: string): Element {
  return {
    ...document,
    children: document.children.map((child) =>
      typeof child !== "string" && child.name === "name" ? { ...child, children: [name] } : child,
    ),
  };
}

/**
 * libvirt makes QEMU's command line out of it, as a start does, and nothing of it is done: a CPU, huge pages or a TPM that
 * the host cannot give are told. Files and networks are not looked at, and NICs are left out: libvirt makes taps of
 * all of them here, which a user's session may not.
 */
async function tryOut(host: ConnectedHost, document: Element): Promise<void> {
  const { nativeFormat } = host.profile;
  if (nativeFormat === undefined) return;
  const withoutCards = withDevices(document, (device) => (device.name === "interface" ? undefined : device));
  await refusable(host, withoutCards, "could not start", "domxml-to-native", nativeFormat, "--xml");
}

async function refusable(
  { virsh }: ConnectedHost,
  document: Element,
  verb: string,
  command: string,
  ...options: string[]
): Promise<void> {
  try {
    await virsh.run(command, [...options, { xml: serializeXml(document) }], { lane: "work" });
  } catch (error) {
    if (!(error instanceof LibvirtError) || error.kind === "Unreachable") throw error;
    const name = textOf(firstElement(document, "name"));
    throw new LibvirtError(
      error.kind,
      `${virsh.uri} ${verb} guest "${name}" as it is wanted: ${reasonOf(error)}. Nothing was changed.`,
      error.hint,
    );
  }
}
