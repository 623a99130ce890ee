/** What running guests of QEMU can take at once, with KVM and without. Tried with libvirt 9.0 and 11.3 (test/live/matrix.test.ts). */

import { fixedOn, type LiveChange, plugged, removable } from "../libvirt/live-change";

export const qemuLiveChanges: readonly LiveChange[] = [
  { place: /^vcpu(@current)?$/, method: "setvcpus", page: "manpages/virsh.html#setvcpus" },
  { place: /^(memory|currentMemory)(@unit)?$/, method: "setmem", page: "manpages/virsh.html#setmem" },
  {
    place: /^devices\/memory\/target\/requested(@unit)?$/,
    method: "update-memory-device",
    since: 7_009_000,
    guestHelps: true,
    page: "manpages/virsh.html#update-memory-device",
  },
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
  {
    place: /^devices\/disk\/iotune(\/\w+)?[+-]?$/,
    method: "blkdeviotune",
    page: "manpages/virsh.html#blkdeviotune",
  },
  {
    place: /^devices\/disk(@type|\/source(@\w+)?[+-]?|\/driver@type)$/,
    method: "update-device",
    device: removable,
    page: "manpages/virsh.html#update-device",
  },
  {
    place: /^devices\/interface(@type|\/source(@network|@bridge)?[+-]?|\/link(@state)?[+-]?|\/bandwidth(\/.*)?[+-]?)$/,
    method: "update-device",
    device: [{ at: "@type", is: ["network", "bridge"] }],
    page: "manpages/virsh.html#update-device",
  },
  {
    place: /^devices\/interface\/link(@state)?[+-]?$/,
    method: "update-device",
    page: "manpages/virsh.html#update-device",
  },
  {
    // Linux bridges filter VLANs since libvirt 11.0 (formatdomain, "Setting VLAN tag").
    place: /^devices\/interface\/vlan(\/.*)?(@\w+)?[+-]?$/,
    method: "update-device",
    since: 11_000_000,
    device: [{ at: "@type", is: ["network", "bridge"] }],
    page: "formatdomain.html#setting-vlan-tag-on-supported-network-types-only",
  },
  {
    place: /^devices\/graphics@passwd$/,
    method: "update-device",
    page: "formatdomain.html#graphical-framebuffers",
  },
  ...plugged(/disk/, fixedOn("virtio", "scsi", "usb")),
  ...plugged(/interface|hostdev/),
  ...plugged(/memory|rng|redirdev|shmem|vsock/),
  ...plugged(/input/, [{ at: "@bus", is: ["usb", "virtio"] }]),
  ...plugged(/channel/, [{ at: "target@type", is: ["virtio"] }]),
  ...plugged(/watchdog/, [{ at: "@model", is: ["i6300esb"] }]),
  ...plugged(/controller/, [{ at: "@type", is: ["scsi", "virtio-serial"] }]),
];
