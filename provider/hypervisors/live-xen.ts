/** What running guests of libxl can take at once, by libvirt's documents. */

import { fixedOn, type LiveChange, plugged, removable } from "../libvirt/live-change";

export const xenLiveChanges: readonly LiveChange[] = [
  { place: /^vcpu(@current)?$/, method: "setvcpus", page: "manpages/virsh.html#setvcpus" },
  { place: /^(memory|currentMemory)(@unit)?$/, method: "setmem", page: "manpages/virsh.html#setmem" },
  { place: /^(title|description)[+-]?$/, method: "desc", since: 5_007_000, page: "manpages/virsh.html#desc" },
  {
    place: /^metadata(\/pulumi-virt:resource(\/pulumi-virt:(entry(@\w+)?|restart))?)?[+-]?$/,
    method: "metadata",
    since: 5_007_000,
    page: "manpages/virsh.html#metadata",
  },
  { place: /^cputune\/vcpupin(@cpuset)?[+-]?$/, method: "vcpupin", page: "manpages/virsh.html#vcpupin" },
  {
    place: /^devices\/disk(@type|\/source(@\w+)?[+-]?|\/driver@type)$/,
    method: "update-device",
    device: removable,
    page: "manpages/virsh.html#update-device",
  },
  // Seen with libvirt 9.0 and Xen 4.17: a disk on any other bus is refused.
  ...plugged(/disk/, fixedOn("xen")),
  ...plugged(/interface|hostdev/),
];
