/** What a host's hypervisor can give a guest (libvirt.org/formatdomaincaps.html): asked once a kind of guest, and kept. */

import { type Element, elementsOf, firstElement, textOf } from "../reconcile/tree";
import { LibvirtError } from "./errors";
import type { Virsh } from "./virsh";
import { parseXml } from "./xml";

export interface KindOfGuest {
  /** `kvm`, `qemu`, `xen`. */
  readonly type: string;
  readonly architecture: string;
  readonly machine: string;
}

interface Known {
  readonly generation: number;
  readonly answers: Map<string, Promise<string | undefined>>;
}

const known = new WeakMap<Virsh, Known>();

/** Undefined where the host does not say: this is for advice, and a host without an answer has no objection. */
export async function domainCapabilities(virsh: Virsh, kind: KindOfGuest): Promise<Element | undefined> {
  const { type, architecture, machine } = kind;
  const text = await ask(virsh, "domcapabilities", [
    ...["--virttype", type],
    ...["--arch", architecture],
    ...["--machine", machine],
  ]);
  return text === undefined ? undefined : parseXml(text, "the host's domain capabilities");
}

/** The CPU models that libvirt knows for this architecture; undefined where it leaves them to the hypervisor. */
export async function cpuModels(virsh: Virsh, architecture: string): Promise<readonly string[] | undefined> {
  const lines = (await ask(virsh, "cpu-models", [architecture]))?.split("\n").map((line) => line.trim());
  const models = lines?.filter((line) => line !== "");
  // "all CPU models are accepted" is a sentence, and no name of a model holds a space.
  return models === undefined || models.length === 0 || models.some((model) => model.includes(" "))
    ? undefined
    : models;
}

/** The host's memory in KiB. */
export async function memoryOfHost(virsh: Virsh): Promise<number | undefined> {
  const size = /^Memory size:\s+(\d+) KiB/m.exec((await ask(virsh, "nodeinfo", [])) ?? "")?.[1];
  return size === undefined ? undefined : Number(size);
}

/** The names of the host's network devices, bridges among them; undefined where the host does not tell them. */
export async function linksOfHost(virsh: Virsh): Promise<readonly string[] | undefined> {
  const rows = (await ask(virsh, "iface-list", ["--all"]))?.split("\n");
  const names = rows?.flatMap((row) => /^\s*(\S+)\s+(?:in)?active\s/.exec(row)?.[1] ?? []);
  return names === undefined || names.length === 0 ? undefined : names;
}

/** The values of `<enum name='…'>`; undefined where the element has no such list (an older libvirt), or an empty one. */
export function valuesOf(parent: Element | undefined, name: string): readonly string[] | undefined {
  const list = parent && elementsOf(parent, "enum").find(({ attributes }) => attributes.name === name);
  const values = list === undefined ? [] : elementsOf(list, "value").map(textOf);
  return values.length === 0 ? undefined : values;
}

export function deviceCapabilities(capabilities: Element | undefined, device: string): Element | undefined {
  return firstElement(firstElement(capabilities, "devices"), device);
}

function ask(virsh: Virsh, command: string, words: readonly string[]): Promise<string | undefined> {
  let kept = known.get(virsh);
  if (kept?.generation !== virsh.generation) {
    kept = { generation: virsh.generation, answers: new Map() };
    known.set(virsh, kept);
  }
  const { answers } = kept;
  const question = [command, ...words].join(" ");
  const asked =
    answers.get(question) ??
    virsh.run(command, words).catch((error: unknown) => {
      if (error instanceof LibvirtError && error.kind !== "Unreachable") return undefined;
      answers.delete(question);
      throw error;
    });
  answers.set(question, asked);
  return asked;
}
