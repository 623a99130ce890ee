/** Identities that are computed once and recorded ever after (law 5). Pure. */

import { createHash } from "node:crypto";
import type { HostReference } from "../../schema/references";
import { holdsUnknown, unknown } from "../../schema/unknown";
import { withoutPasswords } from "../libvirt/uri";
import type { Identity } from "./resource";

/** Our own name space for UUIDs of version 5 (RFC 9562). */
const namespace = "5b8d0f0e-58a1-5a3c-9c53-0c9b2f6f5a11";

/** RFC 9562, section 5.5: a UUID out of a name, always the same one. */
export function uuidOf(name: string): string {
  const bytes = createHash("sha1")
    .update(Buffer.from(namespace.replaceAll("-", ""), "hex"))
    .update(name)
    .digest()
    .subarray(0, 16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x50;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

/** What a Host's id holds besides the URI under which it was made. */
export interface HostId {
  readonly uri: string;
  readonly uuid: string;
  readonly owner: string;
}

/**
 * `URI#host=UUID&owner=TOKEN`: the id of a Host, which is enough to reach it and to know its owner by, unless the URI is
 * secret or holds a password: ids are shown everywhere, and no engine encrypts them.
 */
export function formatHostId({ uri, uuid, owner }: HostId): string {
  return `${withoutPasswords(uri)}#host=${uuid}&owner=${owner}`;
}

export function parseHostId(id: string): HostId | undefined {
  const parsed = /^(.*)#host=([^&#]*)&owner=([^&#]*)$/.exec(id);
  return parsed === null ? undefined : { uri: parsed[1] ?? "", uuid: parsed[2] ?? "", owner: parsed[3] ?? "" };
}

/** The owner token of a host: "" where it is named by its URI only, undefined while it is not known yet. */
export function ownerOf(host: HostReference): string | undefined {
  if (holdsUnknown(host)) return undefined;
  return host.id === undefined ? "" : (parseHostId(host.id)?.owner ?? "");
}

/** The UUID of a resource on this host, or undefined while the owner or the URN is not known. */
export function derivedUuid(host: HostReference, { urn }: Identity): string | undefined {
  const owner = ownerOf(host);
  return owner === undefined || urn === undefined || urn === unknown ? undefined : uuidOf(`${owner}/${urn}`);
}

/** A fixed MAC address in QEMU's range (libvirt.org/formatdomain.html, "MAC address"), or Xen's for its own NICs. */
export function macOf(guestUuid: string, key: string): string {
  const [a, b, c] = createHash("sha256").update(`${guestUuid}/${key}`).digest();
  return ["52", "54", "00", ...[a, b, c].map((byte) => (byte ?? 0).toString(16).padStart(2, "0"))].join(":");
}

/**
 * Whether two references name the same host: by its UUID where both know it, and where they have one URI. Undefined where
 * only the hosts themselves can tell (`areSameHost`). An empty UUID is none.
 */
export function sameHost(one: HostReference, other: HostReference): boolean | undefined {
  const [uuid, otherUuid] = [knownUuid(one), knownUuid(other)];
  if (uuid !== undefined && otherUuid !== undefined) return uuid === otherUuid;
  return one.uri === other.uri ? true : undefined;
}

/** The UUID by which the host was known when its Host was made. */
export function knownUuid({ id = "" }: HostReference): string | undefined {
  const uuid = parseHostId(id)?.uuid;
  return uuid === "" ? undefined : uuid;
}
