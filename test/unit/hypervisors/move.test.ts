/** A guest that moves from one hypervisor to the other is the same guest: its MAC addresses and its disks (10.2). */

import { guest } from "../../../provider/resources/guest/handler";
import type { GuestInputs } from "../../../schema/guest";

const identity = { urn: "urn:pulumi:test::project::virt:guest::web", resourceName: "web" };
const [kvm, onXen] = ["qemu+ssh://root@kvm1/system", "xen+ssh://root@xen1/system"].map((uri) => ({ uri, id: uri }));
const stated = {
  vcpus: 1,
  memoryMiB: 256,
  disks: { root: { path: "/srv/root.qcow2", format: "qcow2" }, data: { path: "/srv/data.img" } },
  nics: { lan: { bridge: "br0" }, wan: { bridge: "br1", mac: "52:54:00:12:34:56" } },
} as const;
const of = (host: unknown): GuestInputs => ({ host, ...stated }) as GuestInputs;

it.each([
  ["from KVM to Xen", kvm, onXen, ["xvda", "xvdb"]],
  ["from Xen to KVM", onXen, kvm, ["vda", "vdb"]],
])("%s", (_, from, to, names) => {
  const before = guest.derive(of(from), undefined, identity);
  const after = guest.derive(of(to), before, identity);
  expect(guest.problems(after, before)).toEqual([]);
  expect(after.uuid).toBe(before.uuid);
  for (const key of ["lan", "wan"]) expect(after.nics?.[key]?.mac).toBe(before.nics?.[key]?.mac);
  expect(Object.values(after.disks ?? {}).map(({ path }) => path)).toEqual(["/srv/root.qcow2", "/srv/data.img"]);
  expect(Object.values(after.disks ?? {}).map(({ target }) => target)).toEqual(names);
});
