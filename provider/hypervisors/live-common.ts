/** What running guests of each hypervisor can take at once beside their devices. On Xen no more: a weight stands in no XML there, and a pin of the emulator is ignored. */

import type { LiveChange } from "../libvirt/live-change";

export const commonLiveChanges: readonly LiveChange[] = [
  { place: /^vcpu(@current)?$/, method: "setvcpus", page: "manpages/virsh.html#setvcpus" },
  { place: /^(memory|currentMemory)(@unit)?$/, method: "setmem", page: "manpages/virsh.html#setmem" },
  { place: /^(title|description)[+-]?$/, method: "desc", page: "manpages/virsh.html#desc" },
  {
    place: /^metadata(\/pulumi-virt:resource(\/pulumi-virt:(entry(@\w+)?|restart))?)?[+-]?$/,
    method: "metadata",
    page: "manpages/virsh.html#metadata",
  },
  { place: /^cputune\/vcpupin(@cpuset)?[+-]?$/, method: "vcpupin", page: "manpages/virsh.html#vcpupin" },
];
