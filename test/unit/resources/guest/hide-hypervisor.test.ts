/** A guest that is not to know what it is: where that cannot be, the preview says so (11.3). What is written is in the golden cases. */

import { kvm } from "../../../../provider/hypervisors/kvm";
import { guest } from "../../../../provider/resources/guest/handler";
import { objectionsToHardware } from "../../../../provider/resources/guest/objections-machine";
import { wantedOf } from "../../../../provider/resources/guest/wanted";

it.each<readonly [string, boolean, readonly object[]]>([
  ["x86_64", true, []],
  ["i686", true, []],
  ["aarch64", false, []],
  ["aarch64", true, [{ path: "hideHypervisor", reason: expect.stringMatching(/^a guest of aarch64/) as string }]],
])("%s, %s", (architecture, hideHypervisor, objections) => {
  const facts = { uuid: "u", libvirtVersion: 9_000_000, architecture, session: false };
  const host = { profile: kvm, facts };
  const given = { host: { uri: "qemu:///system" }, vcpus: 1, memoryMiB: 256, hideHypervisor };
  const inputs = guest.derive(given, undefined, { urn: "urn:pulumi:a::b::virt:guest::web", resourceName: "web" });
  const wanted = wantedOf(inputs, host, undefined, () => []);
  const capabilities = { name: "capabilities", attributes: {}, children: [] };
  const says = { ...host, capabilities, domain: undefined, cpuModels: undefined, memoryKiB: undefined };
  expect(objectionsToHardware(wanted, says)).toEqual(objections);
});
