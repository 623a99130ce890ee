/** Xen hosts differ: one without VT-x or AMD-V has paravirtual guests alone (10.1). */

import { xen } from "../../../provider/hypervisors/xen";
import type { Virsh } from "../../../provider/libvirt/virsh";
import { textOf, firstElement, descend } from "../../../provider/reconcile/tree";
import { instantiate } from "../../../provider/reconcile/desired";
import { guest } from "../../../provider/resources/guest/handler";
import { objections } from "../../../provider/resources/guest/objections";
import type { ConnectedHost } from "../../../provider/resources/resource";
import type { GuestInputs } from "../../../schema/guest";

const identity = { urn: "urn:pulumi:test::project::virt:guest::web", resourceName: "web" };
const uri = "xen+ssh://root@xen1/system";

/** Nothing is asked of it: what is known decides. */
const hostOffering = (...osTypes: readonly string[]): ConnectedHost => ({
  virsh: undefined as unknown as Virsh,
  profile: xen,
  facts: { uuid: "", libvirtVersion: 9_000_000, architecture: "x86_64", session: false, osTypes },
});
const inputs = (more: object = {}): GuestInputs =>
  guest.derive({ host: { uri, id: uri }, vcpus: 1, memoryMiB: 256, ...more }, undefined, identity);

it.each([
  [["xen", "xenpvh", "hvm"], "hvm", "xenfv"],
  [["xen"], "xen", "xenpv"],
])("of %j a guest is %s where nothing is said", (osTypes, type, machine) => {
  const document = instantiate(guest.desired(inputs(), hostOffering(...osTypes)).document);
  const written = firstElement(descend(document, "os"), "type");
  expect([textOf(written), written?.attributes.machine]).toEqual([type, machine]);
});

it.each(["full", "pvh"])("refuses %s where there is none, and says what it needs", async (virtualization) => {
  const found = await objections(hostOffering("xen"), inputs({ virtualization, boot: { kernel: "/k" } }), undefined);
  expect(found).toEqual([
    {
      path: "virtualization",
      reason: expect.stringMatching(/it offers xen\. Full virtualization \(hvm\) needs VT-x or AMD-V/) as string,
    },
  ]);
});

it("refuses what a paravirtual guest cannot have where it is one only for want of others", async () => {
  const found = await objections(hostOffering("xen"), inputs({ video: { model: "vga" } }), undefined);
  expect(found.map(({ path }) => path)).toEqual(["video"]);
});
