/** What running guests of libxl can take at once. Tried with libvirt 9.0 and Xen 4.17 by what the guests themselves saw (test/lab/xen). */

import { fixedOn, type LiveChange, plugged, removable } from "../libvirt/live-change";

/** Of all guests. A weight stands in no XML, a pin of the emulator is ignored, and no NIC is given another source. */
const always: readonly LiveChange[] = [
  { place: /^vcpu(@current)?$/, method: "setvcpus", page: "manpages/virsh.html#setvcpus" },
  { place: /^(memory|currentMemory)(@unit)?$/, method: "setmem", page: "manpages/virsh.html#setmem" },
  { place: /^(title|description)[+-]?$/, method: "desc", page: "manpages/virsh.html#desc" },
  {
    place: /^metadata(\/pulumi-virt:resource(\/pulumi-virt:(entry(@\w+)?|restart))?)?[+-]?$/,
    method: "metadata",
    page: "manpages/virsh.html#metadata",
  },
  { place: /^cputune\/vcpupin(@cpuset)?[+-]?$/, method: "vcpupin", page: "manpages/virsh.html#vcpupin" },
  // A disk on any other bus is refused.
  ...plugged(/disk/, fixedOn("xen")),
];

/** "libxenlight failed to change media" for a drive of a paravirtual guest. */
const media: LiveChange = {
  place: /^devices\/disk(@type|\/source(@\w+)?[+-]?|\/driver@type)$/,
  method: "update-device",
  device: removable,
  page: "manpages/virsh.html#update-device",
};

export const fullLiveChanges: readonly LiveChange[] = [
  ...always,
  media,
  // An emulated card cannot be plugged: libxl fails, and leaves a paravirtual one in the guest that nobody knows of.
  ...plugged(/interface/, [{ at: "model@type", is: [undefined, "netfront"] }]),
  ...plugged(/hostdev/),
];

export const paravirtualLiveChanges: readonly LiveChange[] = [...always, ...plugged(/interface|hostdev/)];

/** "passthrough not yet supported for x86 PVH guests". */
export const pvhLiveChanges: readonly LiveChange[] = [...always, ...plugged(/interface/)];
