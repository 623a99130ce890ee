/** What running guests of QEMU can take at once beside their devices, with KVM and without. Tried with libvirt 9.0 and 11.3 (test/live/matrix.test.ts). */

import type { LiveChange } from "../libvirt/live-change";
import { commonLiveChanges } from "./live-common";

export const qemuLiveChanges: readonly LiveChange[] = [
  ...commonLiveChanges,
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
  { place: /^cputune\/emulatorpin(@cpuset)?[+-]?$/, method: "emulatorpin", page: "manpages/virsh.html#emulatorpin" },
];
