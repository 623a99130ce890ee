/** What a program states, as the engine is to get it: references in place of resources, and no value that it would lose. */

import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import { membersOf, type ReferenceKind, referenceKind, unwrap } from "../../../schema/walk";
import { holdsPassword } from "../../libvirt/uri";
import { parseHostId } from "../../resources/recorded-identity";

/** The type under which the engine knows a resource of this class. */
export function typeOf(name: string): string {
  return `pulumi-nodejs:dynamic/virt:${name}`;
}

/** A value of this type, at any depth. `place` is what a refusal begins with: `Guest "web": disks.root`. */
export function prepared(type: z.ZodType | undefined, value: unknown, place: string): unknown {
  if (type === undefined || value === undefined || value === null) return value;
  const kind = referenceKind(type);
  if (pulumi.Output.isInstance(value) || value instanceof Promise) {
    if (!holdsReference(type)) return value;
    const output: pulumi.Output<unknown> = pulumi.output(value);
    return output.apply((inner) =>
      kind === "Host" && typeof inner === "string" ? hostOfText(inner, output) : prepared(type, inner, place),
    );
  }
  if (kind === "Host" && typeof value === "string") return hostOfText(value);
  if (pulumi.Resource.isInstance(value)) {
    const given = kindOf(value);
    if (given === kind) return referenceTo(value as Referable, given);
    throw new pulumi.RunError(`${place}: ${instead(type, kind, given)}`);
  }
  refuseWhatIsLost(value, place);
  if (typeof value === "string") return shielded(value);
  if (typeof value !== "object") return value;
  if (Array.isArray(value)) {
    const bare = unwrap(type);
    const item = bare instanceof z.ZodArray ? (bare.element as z.ZodType) : undefined;
    return value.map((each, index) => prepared(item, each, `${place}.${index}`));
  }
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, prepared(member(type, key), inner, `${place}.${key}`)]),
  );
}

/** The type of a property, also of one of a reference that is written as an object. */
export function member(type: z.ZodType, key: string): z.ZodType | undefined {
  const bare = unwrap(type);
  const members = bare instanceof z.ZodObject ? Object.entries<z.ZodType>(bare.shape) : membersOf(bare);
  return (members.find(([name]) => name === key) ?? members.find(([name]) => name === "*"))?.[1];
}

function holdsReference(type: z.ZodType): boolean {
  return referenceKind(type) !== undefined || membersOf(unwrap(type)).some(([, inner]) => holdsReference(inner));
}

type Referable = pulumi.CustomResource & Record<string, pulumi.Output<unknown>>;

function kindOf(resource: pulumi.Resource): string {
  const { __pulumiType: type = "resource" } = resource as { __pulumiType?: string };
  return type.slice(type.lastIndexOf(":") + 1);
}

/**
 * The properties of each kind of resource that others need: inputs, which stay known during updates, but for the address of
 * a device, which only the host can tell.
 */
const referenceProperties: Readonly<Record<ReferenceKind, readonly string[]>> = {
  Host: ["uri"],
  Pool: ["host", "name", "type", "path"],
  Disk: ["host", "pool", "name", "path", "format", "sizeGiB"],
  Network: ["host", "name"],
  PassthroughDevice: ["host", "address", "pci", "usb", "mdev", "uuid"],
};

function referenceTo(resource: Referable, kind: ReferenceKind): unknown {
  const reference = Object.fromEntries(referenceProperties[kind].map((key) => [key, resource[key]]));
  if (kind !== "Disk") return { ...reference, id: resource.id };
  // A disk is on the host of its pool, and in the pool of this name.
  const pool = resource.pool as pulumi.Output<{ host: unknown; name: string }>;
  return { ...reference, id: resource.id, host: pool.apply(({ host }) => host), pool: pool.apply(({ name }) => name) };
}

/**
 * A host by a text: its URI, or the id of a Host. An id is as old as the Host, and its address may have changed since:
 * where the text comes from a Host of this program, the address is that Host's own.
 */
function hostOfText(text: string, source?: pulumi.Output<unknown>): unknown {
  const id = parseHostId(text);
  if (id === undefined) return { uri: shielded(text) };
  const asRecorded = { uri: id.uri, id: text };
  if (source === undefined) return asRecorded;
  const behind = (source as unknown as { allResources(): Promise<Set<pulumi.Resource>> }).allResources();
  return pulumi
    .output(behind.then((resources) => [...resources].filter((each) => kindOf(each) === "Host")))
    .apply((hosts) =>
      pulumi.all(hosts.map((host) => (host as pulumi.CustomResource).id)).apply((ids) => {
        const host = hosts[ids.indexOf(text)];
        return host === undefined ? asRecorded : referenceTo(host as unknown as Referable, "Host");
      }),
    );
}

/** A URI with a password in it is as secret as the password, whether the program says so or not. */
function shielded(text: string): unknown {
  return holdsPassword(text) ? pulumi.secret(text) : text;
}

function instead(type: z.ZodType, wanted: ReferenceKind | undefined, given: string): string {
  if (wanted !== undefined) return `must be a ${wanted}, and is a ${given}.`;
  const holder = membersOf(type).find(([, inner]) => referenceKind(inner) === given)?.[0];
  if (holder !== undefined && holder !== "*") return `is a ${given} where an object stands; write { ${holder}: … }.`;
  const below = membersOf(type).some(([name]) => name === "*");
  return below
    ? `is a ${given} where a map { key: … } stands.`
    : `is a ${given}; give the property of it that is meant, such as its name.`;
}

/** What Pulumi would send as something else, or not at all. */
function refuseWhatIsLost(value: unknown, place: string): void {
  if (pulumi.asset.Asset.isInstance(value) || pulumi.asset.Archive.isInstance(value)) {
    throw new pulumi.RunError(`${place}: must not be a Pulumi asset; give the path of the file as a text.`);
  }
  if (["function", "bigint", "symbol"].includes(typeof value)) {
    throw new pulumi.RunError(`${place}: must not be a ${typeof value}.`);
  }
  if (typeof value !== "object" || Array.isArray(value)) return;
  const sort = Object.prototype.toString.call(value).slice("[object ".length, -1);
  if (sort !== "Object")
    throw new pulumi.RunError(`${place}: must not be a ${sort}; give a text, a number or a plain object.`);
}
