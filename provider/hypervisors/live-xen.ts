/**
 * What running guests of libxl can take at once beside their devices. Tried with libvirt 9.0 and Xen 4.17 by what the guests
 * themselves saw (test/lab/xen). A weight stands in no XML, and a pin of the emulator is ignored.
 */

import type { LiveChange } from "../libvirt/live-change";

export const xenLiveChanges: readonly LiveChange[] = [
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
