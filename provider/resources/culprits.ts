/** Which input a refusal of the host is about: libvirt and QEMU name aliases, files and values; people know their fields. */

import { LibvirtError } from "../libvirt/errors";
import { imageOfADisk } from "../libvirt/reasons";
import type { DesiredElement, Stated } from "../reconcile/desired";
import type { ConnectedHost, Resource } from "./resource";

/** The resource, whose errors name the fields that they are about. */
export function withCulprits<Inputs extends object>(resource: Resource<Inputs>): Resource<Inputs> {
  const named = async <Result>(action: Promise<Result>, desired: () => DesiredElement): Promise<Result> => {
    try {
      return await action;
    } catch (error) {
      throw withFields(error, desired);
    }
  };
  const document = (host: ConnectedHost, inputs: Inputs) => (): DesiredElement =>
    resource.desired(inputs, host).document;
  return {
    ...resource,
    create: (host, inputs, operation) => named(resource.create(host, inputs, operation), document(host, inputs)),
    apply: (host, inputs, observed, plan, operation) =>
      named(
        resource.apply(host, inputs, observed, plan, operation),
        () => resource.desired(inputs, host, observed).document,
      ),
  };
}

/** More than these tell nothing. */
const most = 3;

/** The error with the fields that it is about, and what to do where the program named no more than a file. */
export function withFields(error: unknown, desired: () => DesiredElement): unknown {
  if (!(error instanceof LibvirtError) || error.kind === "Unreachable" || error.kind === "Bug") return error;
  const [said = ""] = error.message.split("\nHint: ");
  const fields = culpritsIn(desired(), said).filter((path) => !mentions(said, path));
  if (fields.length === 0 || fields.length > most) return error;
  const hint = error.hint ?? hintFor(said);
  return new LibvirtError(error.kind, `${said.replace(/[\s.]+$/, "")}. This is about ${fields.join(", ")}.`, hint);
}

/** A folder that QEMU's user may not pass is a very common first error, and libvirt names only the file. */
function hintFor(said: string): string | undefined {
  const file = /'(\/[^']*)'.*: Permission denied/.exec(said)?.[1];
  if (file === undefined) return undefined;
  return `QEMU's user must be able to pass every folder above it: namei -l ${file} shows them, setfacl -m u:USER:x FOLDER lets it through (the user is libvirt-qemu on Debian, qemu elsewhere). Below /var/lib/libvirt/images all is well.`;
}

/** The input paths that a host's reason is about, as far as it can be told. Pure. */
export function culpritsIn(document: DesiredElement, said: string): string[] {
  const all = everyElement(document);
  const certain = [...byAlias(all, said), ...byPlace(all, said), ...byFile(all, said), ...byImage(all, said)];
  const found = certain.length > 0 ? certain : [...byValue(all, said), ...bySchema(all, said)];
  return [...new Set(found)].filter((path) => path !== "");
}

interface Placed {
  readonly element: DesiredElement;
  readonly ancestors: readonly DesiredElement[];
}

function everyElement(element: DesiredElement, ancestors: readonly DesiredElement[] = []): Placed[] {
  return [{ element, ancestors }, ...element.children.flatMap((child) => everyElement(child, [...ancestors, element]))];
}

/** `ua-disk-root`: our own name of a device. */
function byAlias(all: readonly Placed[], said: string): string[] {
  return all.flatMap(({ element, ancestors }) => {
    const alias = element.name === "alias" ? element.attributes.name?.value : undefined;
    return alias !== undefined && mentions(said, alias) ? [ancestors.at(-1)?.path ?? ""] : [];
  });
}

/** `Invalid value for attribute 'cache' in element 'driver': 'fast'`; `Invalid attribute queues for element model`. */
function byPlace(all: readonly Placed[], said: string): string[] {
  const place = /attribute '?([\w:-]+)'? (?:in|for|of) element '?<?([\w:-]+)/.exec(said);
  if (place === null) return [];
  const value = /element '?[\w:-]+'?: '([^']*)'/.exec(said)?.[1];
  return all.flatMap(({ element }) => {
    const stated = element.name === place[2] ? element.attributes[place[1] ?? ""] : undefined;
    return stated !== undefined && (value === undefined || stated.value === value) ? [stated.path] : [];
  });
}

/** One of them; with a few disks it is worth to name them all. */
function byImage(all: readonly Placed[], said: string): string[] {
  if (!said.includes(imageOfADisk)) return [];
  return all.filter(({ element }) => element.name === "disk").map(({ element }) => element.path);
}

/** A file that the host could not use. */
function byFile(all: readonly Placed[], said: string): string[] {
  return statedIn(all)
    .filter(({ value }) => value.startsWith("/") && value.length > 1 && mentions(said, value))
    .map(({ path }) => path);
}

/** A value in quotes; names stand in almost every sentence, and are rarely what it is about. */
function byValue(all: readonly Placed[], said: string): string[] {
  const quoted = new Set([...said.matchAll(/'([^']{2,})'|"([^"]{2,})"/g)].map((match) => match[1] ?? match[2] ?? ""));
  return statedIn(all)
    .filter(({ value, path }) => quoted.has(value) && !["name", "uuid", "title"].includes(path))
    .map(({ path }) => path);
}

/** What a schema does not take is in a raw fragment: what the fields write is valid. */
function bySchema(all: readonly Placed[], said: string): string[] {
  if (!/failed to validate against schema/.test(said)) return [];
  const raw = all.filter(({ element }) => element.path.startsWith("xml."));
  const named = new Set([...said.matchAll(/[Ee]lement ([\w:-]+)/g)].map((match) => match[1]));
  const within = raw.filter(({ element }) => named.has(element.name));
  return (within.length > 0 ? within : raw).map(({ element }) => element.path);
}

function statedIn(all: readonly Placed[]): Stated[] {
  return all.flatMap(({ element }) => [
    ...Object.values(element.attributes),
    ...(element.text === undefined ? [] : [element.text]),
  ]);
}

/** As a word of its own: `/srv` is not mentioned by `/srv/a.img`. */
function mentions(said: string, word: string): boolean {
  for (let at = said.indexOf(word); at >= 0; at = said.indexOf(word, at + 1)) {
    const [before = "", after = ""] = [said[at - 1], said[at + word.length]];
    const ends = !/[\w/-]/.test(after) && !(after === "." && /[\w/-]/.test(said[at + word.length + 1] ?? ""));
    if (!/[\w.-]/.test(before) && ends) return true;
  }
  return false;
}
