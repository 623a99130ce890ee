/** What running guests of QEMU can take at once beside their devices, with KVM and without. Tried with libvirt 9.0 and 11.3 (test/live/matrix.test.ts). */

import type { LiveChange } from "../libvirt/live-change";

export const qemuLiveChanges: readonly LiveChange[] = [
  { place: /^vcpu(@current)?$/, method: "setvcpus", page: "manpages/virsh.html#setvcpus" },
  { place: /^(memory|currentMemory)(@unit)?$/, method: "setmem", page: "manpages/virsh.html#setmem" },
  { place: /^(title|description)[+-]?$/, method: "desc", page: "manpages/virsh.html#desc" },
  {
    place: /^metadata(\/pulumi-virt:resource(\/pulumi-virt:(entry(@\w+)?|restart))?)?[+-]?$/,
    method: "metadata",
    page: "manpages/virsh.html#metadata",
  },
  {
    place: /^on_(poweroff|reboot|crash)$/,
    method: "set-lifecycle-action",
    since: 3_009_000,
    page: "manpages/virsh.html#set-lifecycle-action",
  },
  {
    // What a guest has without a weight of its own differs by cgroup version (1024 or 100): that comes with the start.
    place: /^cputune\/(shares|period|quota)\+?$/,
    method: "schedinfo",
    page: "manpages/virsh.html#schedinfo",
  },
  { place: /^cputune\/vcpupin(@cpuset)?[+-]?$/, method: "vcpupin", page: "manpages/virsh.html#vcpupin" },
  { place: /^cputune\/emulatorpin(@cpuset)?[+-]?$/, method: "emulatorpin", page: "manpages/virsh.html#emulatorpin" },
];
