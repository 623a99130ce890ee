/** How often the wanted XML is built for one plan: it is most of what a refresh costs (9). */

import { kvm } from "../../../provider/hypervisors/kvm";
import type { HostFacts } from "../../../provider/libvirt/host-facts";
import { readMark, withMark } from "../../../provider/libvirt/mark";
import type { Virsh } from "../../../provider/libvirt/virsh";
import { planFor } from "../../../provider/lifecycle/plans";
import { type DesiredElement, instantiate } from "../../../provider/reconcile/desired";
import { appliedBy, appliedText } from "../../../provider/resources/applied";
import { guest } from "../../../provider/resources/guest/handler";
import type { Observed } from "../../../provider/resources/resource";
import { type GuestInputs, guest as schema } from "../../../schema/guest";

const facts: HostFacts = {
  uuid: "00000000-0000-4000-8000-000000000001",
  libvirtVersion: 9_000_000,
  architecture: "x86_64",
  session: false,
};
const host = { virsh: undefined as unknown as Virsh, facts, profile: kvm };

const inputs = guest.derive(
  {
    host: { uri: "qemu:///system", id: "qemu:///system" },
    vcpus: 2,
    memoryMiB: 512,
    graphics: { type: "vnc", password: "geheim" },
    disks: { root: { path: "/a.img" } },
    nics: { lan: { user: true } },
  },
  undefined,
  { urn: "urn:pulumi:test::project::virt:guest::web", resourceName: "web" },
);

function seen(appliedLast: GuestInputs): Observed {
  const document = withMark(instantiate(guest.desired(appliedLast, host).document), {
    owner: "",
    state: "finished",
    applied: appliedText(schema, appliedLast),
  });
  return {
    id: inputs.uuid ?? "",
    document,
    settings: { autostart: false, running: true },
    ownership: "ours",
    adopted: false,
    creation: undefined,
    applied: appliedBy(readMark(document)),
    release: "",
    facts: {},
  };
}

/** The documents that are built for a plan. */
function built(wanted: GuestInputs, lastApplied: GuestInputs | undefined, appliedLast: GuestInputs): number {
  const documents = new Set<DesiredElement>();
  const counted: typeof guest = {
    ...guest,
    desired: (...given) => {
      const desired = guest.desired(...given);
      documents.add(desired.document);
      return desired;
    },
  };
  planFor(counted, host, wanted, lastApplied, seen(appliedLast));
  return documents.size;
}

const earlier = { ...inputs, title: "old" };

it("is once where it was applied as it is wanted, by the state and by the mark, which keeps no password", () => {
  expect(built(inputs, inputs, inputs)).toBe(1);
  expect(built(inputs, undefined, inputs)).toBe(1);
});

it("is once for what was and once for what is wanted, where an update is to change it", () => {
  expect(built(inputs, earlier, earlier)).toBe(2);
});

it("is once for each of three that differ: an update that was not recorded, one that was, one that comes", () => {
  expect(built(inputs, earlier, { ...inputs, title: "never recorded" })).toBe(3);
});
