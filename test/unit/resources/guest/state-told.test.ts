/** Xen's driver calls a guest shut off while it still has a domain (10, "shutting-down guests as on KVM"). */

import type { HypervisorProfile } from "../../../../provider/hypervisors/profile";
import { kvm } from "../../../../provider/hypervisors/kvm";
import { xen } from "../../../../provider/hypervisors/xen";
import type { Virsh } from "../../../../provider/libvirt/virsh";
import type { ConnectedHost } from "../../../../provider/resources/resource";
import { stateTold } from "../../../../provider/resources/guest/start-stop";

const facts = { uuid: "", libvirtVersion: 9_000_000, architecture: "x86_64", session: false };

/** What `domstate` and `domid` say, and the state that this is. */
const table: readonly (readonly [HypervisorProfile, said: string, id: string, state: string])[] = [
  [xen, "running (booted)\n", "7\n", "running"],
  [xen, "shut off (shutdown)\n", "7\n", "in shutdown"],
  [xen, "shut off (shutdown)\n", "-\n", "shut off"],
  [xen, "shut off (crashed)\n", "7\n", "crashed"],
  [xen, "shut off (crashed)\n", "-\n", "shut off"],
  // QEMU's driver is believed at once.
  [kvm, "shut off (crashed)\n", "", "shut off"],
  [kvm, "in shutdown (user)\n", "", "in shutdown"],
];

it.each(table.map((row) => [row[0].name, ...row] as const))("%s, %#", async (_, profile, said, id, state) => {
  const asked: string[] = [];
  const virsh = {
    run: (name: string) => {
      asked.push(name);
      return Promise.resolve(id);
    },
  } as unknown as Virsh;
  const host: ConnectedHost = { virsh, profile, facts };
  expect(await stateTold(host, "uuid", said)).toBe(state);
  expect(asked).toEqual(id === "" || said.startsWith("running") ? [] : ["domid"]);
});
