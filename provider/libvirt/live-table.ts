/**
 * The table of what a running guest can take at once: where it stands in the domain XML, the virsh command that does it,
 * and the libvirt version that can, for each hypervisor. What is not listed needs a start of the guest. Rows of Xen are
 * from libvirt's documents; rows of KVM and QEMU were tried with libvirt 9.0 and 11.3.
 */

import type { Hypervisor } from "./host-facts";

export type LiveMethod =
  | "setvcpus"
  | "setmem"
  | "update-memory-device"
  | "desc"
  | "metadata"
  | "set-lifecycle-action"
  | "schedinfo"
  | "vcpupin"
  | "emulatorpin"
  | "blkdeviotune"
  | "update-device"
  | "attach-device"
  | "detach-device";

export interface LiveChange {
  /** Element names below `<domain>`, `@` before an attribute; `+` at the end: the element comes, `-`: it goes. */
  readonly place: RegExp;
  readonly method: LiveMethod;
  /** First libvirt version that can, as the host counts it (`9000000`); a hypervisor that is not named cannot. */
  readonly since: Partial<Record<Hypervisor, number>>;
  /** Which devices can, where not all of the name can. */
  readonly device?: DeviceRule;
  /** It does not happen without the guest's help, so never in one that is paused or asleep. */
  readonly guestHelps?: boolean;
  /** Where libvirt says so. */
  readonly page: string;
}

/** Attribute of the device, or of a child element (`target@bus`), and the values for which the row holds. */
export type DeviceRule = readonly { readonly at: string; readonly is: readonly (string | undefined)[] }[];

const qemu = { kvm: 1, qemu: 1 };
const everywhere = { ...qemu, xen: 1 };

/** Drives whose medium can be changed (formatdomain, "Hard drives, floppy disks, CDROMs"). */
const removable: DeviceRule = [{ at: "@device", is: ["cdrom", "floppy"] }];
const fixed: DeviceRule = [
  { at: "@device", is: [undefined, "disk", "lun"] },
  { at: "target@bus", is: ["virtio", "scsi", "usb", "xen"] },
];

/**
 * Where vCPUs can be taken away. Under emulation QEMU never finishes it: the guest lets go of the CPU, libvirt gives up
 * after five seconds, and refuses every later change of the number (QEMU 7.2).
 */
export const takesVcpusAway: ReadonlySet<Hypervisor> = new Set(["kvm", "xen"]);

export const liveChanges: readonly LiveChange[] = [
  { place: /^vcpu(@current)?$/, method: "setvcpus", since: everywhere, page: "manpages/virsh.html#setvcpus" },
  {
    place: /^(memory|currentMemory)(@unit)?$/,
    method: "setmem",
    since: everywhere,
    page: "manpages/virsh.html#setmem",
  },
  {
    place: /^devices\/memory\/target\/requested(@unit)?$/,
    method: "update-memory-device",
    since: { kvm: 7_009_000, qemu: 7_009_000 },
    guestHelps: true,
    page: "manpages/virsh.html#update-memory-device",
  },
  {
    place: /^(title|description)[+-]?$/,
    method: "desc",
    since: { ...qemu, xen: 5_007_000 },
    page: "manpages/virsh.html#desc",
  },
  {
    place: /^metadata(\/pulumi-virt:resource(\/pulumi-virt:(entry(@\w+)?|restart))?)?[+-]?$/,
    method: "metadata",
    since: { ...qemu, xen: 5_007_000 },
    page: "manpages/virsh.html#metadata",
  },
  {
    place: /^on_(poweroff|reboot|crash)$/,
    method: "set-lifecycle-action",
    since: { kvm: 3_009_000, qemu: 3_009_000 },
    page: "manpages/virsh.html#set-lifecycle-action",
  },
  {
    // What a guest has without a weight of its own differs by cgroup version (1024 or 100): that comes with the start.
    place: /^cputune\/(shares|period|quota)\+?$/,
    method: "schedinfo",
    since: qemu,
    page: "manpages/virsh.html#schedinfo",
  },
  {
    place: /^cputune\/vcpupin(@cpuset)?[+-]?$/,
    method: "vcpupin",
    since: everywhere,
    page: "manpages/virsh.html#vcpupin",
  },
  {
    place: /^cputune\/emulatorpin(@cpuset)?[+-]?$/,
    method: "emulatorpin",
    since: qemu,
    page: "manpages/virsh.html#emulatorpin",
  },
  {
    place: /^devices\/disk\/iotune(\/\w+)?[+-]?$/,
    method: "blkdeviotune",
    since: qemu,
    page: "manpages/virsh.html#blkdeviotune",
  },
  {
    place: /^devices\/disk(@type|\/source(@\w+)?[+-]?|\/driver@type)$/,
    method: "update-device",
    since: everywhere,
    device: removable,
    page: "manpages/virsh.html#update-device",
  },
  {
    place: /^devices\/interface(@type|\/source(@network|@bridge)?[+-]?|\/link(@state)?[+-]?|\/bandwidth(\/.*)?[+-]?)$/,
    method: "update-device",
    since: qemu,
    device: [{ at: "@type", is: ["network", "bridge"] }],
    page: "manpages/virsh.html#update-device",
  },
  {
    place: /^devices\/interface\/link(@state)?[+-]?$/,
    method: "update-device",
    since: qemu,
    page: "manpages/virsh.html#update-device",
  },
  {
    // Linux bridges filter VLANs since libvirt 11.0 (formatdomain, "Setting VLAN tag").
    place: /^devices\/interface\/vlan(\/.*)?(@\w+)?[+-]?$/,
    method: "update-device",
    since: { kvm: 11_000_000, qemu: 11_000_000 },
    device: [{ at: "@type", is: ["network", "bridge"] }],
    page: "formatdomain.html#setting-vlan-tag-on-supported-network-types-only",
  },
  {
    place: /^devices\/graphics@passwd$/,
    method: "update-device",
    since: qemu,
    page: "formatdomain.html#graphical-framebuffers",
  },
  ...devices(/disk/, { since: everywhere, device: fixed }),
  ...devices(/interface|hostdev/, { since: everywhere }),
  ...devices(/memory|rng|redirdev|shmem|vsock/, { since: qemu }),
  ...devices(/input/, { since: qemu, device: [{ at: "@bus", is: ["usb", "virtio"] }] }),
  ...devices(/channel/, { since: qemu, device: [{ at: "target@type", is: ["virtio"] }] }),
  ...devices(/watchdog/, { since: qemu, device: [{ at: "@model", is: ["i6300esb"] }] }),
  ...devices(/controller/, { since: qemu, device: [{ at: "@type", is: ["scsi", "virtio-serial"] }] }),
];

function devices(names: RegExp, row: Pick<LiveChange, "since" | "device">): LiveChange[] {
  return [
    {
      place: new RegExp(`^devices/(${names.source})\\+$`),
      method: "attach-device",
      page: "manpages/virsh.html#attach-device",
      ...row,
    },
    {
      place: new RegExp(`^devices/(${names.source})-$`),
      method: "detach-device",
      guestHelps: true,
      page: "manpages/virsh.html#detach-device",
      ...row,
    },
  ];
}
