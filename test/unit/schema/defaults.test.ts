/** Which defaults are held, as the reference says it: those that `check` writes into the inputs, and no others. */

import type { z } from "zod";
import { qemu } from "../../../provider/hypervisors/qemu";
import type { Virsh } from "../../../provider/libvirt/virsh";
import { planFor } from "../../../provider/lifecycle/plans";
import { instantiate } from "../../../provider/reconcile/desired";
import type { Element } from "../../../provider/reconcile/tree";
import { disk as diskResource } from "../../../provider/resources/disk/handler";
import { guest as guestResource } from "../../../provider/resources/guest/handler";
import { network as networkResource } from "../../../provider/resources/network/handler";
import { pool as poolResource } from "../../../provider/resources/pool/handler";
import type { Identity } from "../../../provider/resources/resource";
import { guest, type GuestInputs } from "../../../schema/guest";
import { notesOf } from "../../../schema/walk";

const host = { uri: "qemu:///system", id: "qemu:///system#host=1&owner=2" };
const identity: Identity = { urn: "urn:pulumi:s::p::virt:Any::a", resourceName: "a" };
const pool = { host, name: "p", type: "dir", path: "/p" };

interface Derives {
  readonly schema: z.ZodType;
  derive(inputs: never, old: undefined, identity: Identity): object;
}

function pathsOf(value: unknown, path = ""): string[] {
  if (typeof value !== "object" || value === null) return [path];
  return Object.entries(value).flatMap(([key, inner]) => pathsOf(inner, path === "" ? key : `${path}.${key}`));
}

it.each<[string, Derives, object]>([
  [
    "a guest",
    guestResource,
    { host, vcpus: 1, memoryMiB: 64, disks: { root: { path: "/a" } }, nics: { lan: { user: true } } },
  ],
  ["a network", networkResource, { host, mode: "nat", ipv4: { gateway: "10.0.0.1/24" } }],
  ["a pool", poolResource, { host, type: "logical", volumeGroup: "vg" }],
  ["a disk", diskResource, { pool, sizeGiB: 1 }],
])("%s: what check fills in is marked as held", (_title, resource, inputs) => {
  const stated = new Set(pathsOf(inputs));
  const filled = pathsOf(resource.derive(inputs as never, undefined, identity)).filter((path) => !stated.has(path));
  expect(filled.length).toBeGreaterThan(1);
  expect(filled.filter((path) => notesOf(resource.schema, path)?.derived !== true)).toEqual([]);
});

it("of two defaults the one that is held is compared, and the other one left to whoever changes it", () => {
  expect([notesOf(guest, "autostart"), notesOf(guest, "nics.lan.linkState")].map((notes) => notes?.derived)).toEqual([
    true,
    undefined,
  ]);
  const facts = { uuid: "1", libvirtVersion: 9_000_000, architecture: "x86_64", session: false };
  const connected = { virsh: undefined as unknown as Virsh, facts, profile: qemu };
  const given = { host, vcpus: 1, memoryMiB: 64, nics: { lan: { user: true } } } as unknown as GuestInputs;
  const inputs = guestResource.derive(given, undefined, identity);
  const unplugged = (element: Element): Element => ({
    ...element,
    children: [
      ...element.children.map((child) => (typeof child === "string" ? child : unplugged(child))),
      ...(element.name === "interface" ? [{ name: "link", attributes: { state: "down" }, children: [] }] : []),
    ],
  });
  const { changes } = planFor(guestResource, connected, inputs, inputs, {
    id: inputs.uuid ?? "",
    document: unplugged(instantiate(guestResource.desired(inputs, connected).document)),
    settings: { autostart: true, running: true },
    ownership: "ours",
    adopted: false,
    creation: undefined,
    release: "",
    facts: { state: "running" },
  });
  expect(changes.map(({ path }) => path)).toEqual(["autostart"]);
});
