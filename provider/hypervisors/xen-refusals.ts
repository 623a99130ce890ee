/**
 * What libxl does not carry out, as an earlier trial by hand found it on Xen 4.17 with libvirt 9.0: refused at the start, in
 * words that name no field, or taken in silence.
 */

import type { Refusal } from "./refusal";
import type { Virtualization } from "./guest-defaults";

const withoutEmulation: readonly Virtualization[] = ["paravirtual", "pvh"];
const noVirtio = "Xen's guests have no virtio devices";
const ignored = "libvirt's driver of Xen takes it and does nothing about it. Leave it out.";

/** Not even a drive of it starts. */
const buses: readonly Refusal[] = [
  {
    path: "disks.*.bus",
    values: ["virtio"],
    reason: `${noVirtio}. Leave bus out: the disk is a paravirtual one (xen).`,
  },
  {
    path: "disks.*.bus",
    values: ["sata", "usb", "fdc"],
    reason: 'Xen gives it to no guest on this bus. Leave bus out, or say "ide" or "scsi".',
  },
  {
    path: "disks.*.bus",
    values: ["ide", "scsi"],
    of: withoutEmulation,
    reason: "it is emulated, which needs full virtualization. Leave bus out: the disk is a paravirtual one (xen).",
  },
];

function isFile({ device, path, disk }: Readonly<Record<string, unknown>>): boolean {
  const image = path ?? (disk as { readonly path?: unknown } | undefined)?.path;
  return device !== "cdrom" && typeof image === "string" && /^\/(?!dev\/)/.test(image);
}

/** What is no PCI device, as far as that is known. */
function isOther(device: unknown): boolean {
  const { address, usb, mdev } = (device ?? {}) as Readonly<Record<string, unknown>>;
  return (
    usb !== undefined ||
    mdev !== undefined ||
    (typeof address === "string" && /^([0-9a-f]{4}:[0-9a-f]{4}$|[^.]*@)/.test(address))
  );
}

const dom0 =
  "that is Xen's management domain (Dom0), the host itself: it is neither adopted nor changed nor removed. What it has stands in the Host's output xen.";

export const xenRefusals: readonly Refusal[] = [
  { path: "name", values: ["Domain-0"], reason: dom0 },
  { path: "uuid", values: ["00000000-0000-0000-0000-000000000000"], reason: dom0 },
  {
    path: "boot",
    isNeeded: true,
    of: ["pvh"],
    // libxl's assertion about boot devices takes libvirtd with it, and what it had begun stays as a zombie.
    reason:
      "a PVH guest is started with a kernel from the host, and one without can kill the host's libvirtd. Give boot a kernel; for one that boots from its own disk, that is GRUB's own (grub-x86_64-xen.bin, grub-i386-xen_pvh.bin).",
  },
  ...buses,
  {
    path: "disks.*.target",
    matching: /^(?!xvd[a-z]+$|hd[a-d]$|sd[a-z]+$)/,
    reason:
      "Xen knows a disk by its name, which is xvda, xvdb…, sda… for one on scsi, and hda to hdd for the four drives of the emulated IDE controller (xvda to xvdd are the same four).",
  },
  { path: "disks.*.device", values: ["floppy"], reason: "Xen starts no guest with a floppy drive." },
  {
    path: "disks.*.device",
    values: ["cdrom"],
    of: ["pvh"],
    // Linux, drivers/block/xen-blkfront.c: no paravirtual CD-ROM but in a paravirtual guest.
    reason: "no guest OS takes a CD-ROM drive there. Give it the image as a disk.",
  },
  {
    path: "disks.*.readOnly",
    values: [true],
    of: ["full"],
    reason: "Xen starts no guest of full virtualization with a hard disk that is read-only.",
  },
  {
    path: "disks.*.readOnly",
    values: [true],
    where: isFile,
    of: withoutEmulation,
    // QEMU 7.2: `realization of device xen-disk failed: Block node is read-only`; libvirt hears nothing of it.
    reason:
      "the guest starts without the disk: Xen's QEMU gives it no file read-only. Give it a block device, or leave readOnly out.",
  },
  ...["cache", "io", "discard", "serial", "iotune", "bootOrder"].map((field) => ({
    path: `disks.*.${field}`,
    reason: ignored,
  })),
  {
    path: "hideHypervisor",
    unless: [false],
    reason: "guests of Xen know that they are some: their paravirtual drivers need it. Leave it out.",
  },
  { path: "nics.*.user", reason: "Xen has no user networking. Give the NIC a network or a bridge." },
  {
    path: "nics.*.model",
    values: ["virtio"],
    of: ["full"],
    reason: `${noVirtio}. Leave model out, or say "netfront" (paravirtual), "e1000" or "rtl8139" (emulated).`,
  },
  {
    path: "nics.*.model",
    unless: ["netfront"],
    of: withoutEmulation,
    reason:
      "it is emulated, which needs full virtualization. Leave model out: the NIC is a paravirtual one (netfront).",
  },
  { path: "nics.*.vlan", reason: "libvirt's driver of Xen puts no NIC into a VLAN. Give it a bridge that is in it." },
  ...[
    "mtu",
    "queues",
    "bandwidth.inbound",
    "bandwidth.outbound.peakKBs",
    "bandwidth.outbound.burstKB",
    "bootOrder",
  ].map((field) => ({ path: `nics.*.${field}`, reason: ignored })),
  { path: "nics.*.linkState", unless: ["up"], reason: ignored },
  {
    path: "nics.*.device",
    reason:
      "whether libvirt's driver of Xen gives a virtual function as a NIC has not been tried. Give it by passthrough: the guest drives it all the same, and its MAC address is what the card says.",
  },
  {
    path: "passthrough",
    of: ["pvh"],
    reason:
      "a PVH guest gets no device of the host (libxl: passthrough not yet supported for x86 PVH guests). Take another virtualization.",
  },
  {
    path: "passthrough.*.device",
    where: ({ device }) => isOther(device),
    reason: "only PCI devices are given to guests of Xen here: what libxl does with others has not been tried.",
  },
  { path: "passthrough.*.romFile", reason: ignored },
  {
    path: "passthrough.*.onSlotOf",
    reason: "which slot of the guest it gets is Xen's own choice, as far as that was tried. Leave it out.",
  },
  {
    path: "maxMemoryMiB",
    where: ({ passthrough, memoryMiB, maxMemoryMiB }) =>
      typeof passthrough === "object" &&
      Object.keys(passthrough ?? {}).length > 0 &&
      Number(maxMemoryMiB) > Number(memoryMiB),
    of: ["full"],
    reason:
      "a guest of full virtualization with a device of the host cannot grow (libxl: IOMMU required for device passthrough but not supported together with PoD). Give it all of its memory (memoryMiB).",
  },
  { path: "memoryHotplug", reason: "Xen has no memory devices: maxMemoryMiB is the room that memoryMiB can grow to." },
  { path: "agent", values: [true], reason: `${noVirtio}, so there is no channel for QEMU's guest agent.` },
  { path: "channels", reason: `${noVirtio}, so there are no channels.` },
  {
    path: "graphics.password",
    where: ({ type }) => type !== "spice",
    onlyTold: true,
    // Debian 12: `Cipher backend does not support DES algorithm`.
    reason:
      "a QEMU for Xen that was built without DES knows no VNC passwords, and no guest with one is started by it (Debian 12's is one; others are not known). Where the start fails, leave it out: by default only the host itself reaches the screen, and ssh leads there.",
  },
  {
    path: "video.model",
    values: ["virtio", "bochs", "qxl"],
    of: ["full"],
    reason: 'Xen has no such graphics card. Say "vga" or "cirrus".',
  },
  {
    path: "video",
    of: withoutEmulation,
    reason:
      "a graphics card is emulated, which needs full virtualization. Leave it out: graphics has a screen without one.",
  },
  {
    path: "tablet",
    values: [true],
    of: withoutEmulation,
    reason: "it is a USB device, which needs full virtualization.",
  },
  {
    path: "firmware",
    values: ["efi-secure"],
    of: ["full"],
    reason: "Xen's UEFI has no secure boot (libvirt: Secure boot is not supported on Xen).",
  },
  {
    path: "firmware",
    of: withoutEmulation,
    reason: "only guests of full virtualization have a firmware.",
  },
  {
    path: "machine",
    values: ["q35", "pc"],
    reason: "it is a machine of QEMU's. Leave machine out: virtualization says which one it is.",
  },
  { path: "balloon", values: [false], reason: "each guest of Xen has a balloon." },
  { path: "cpu", reason: "Xen gives its guests the host's CPU, whatever is said here. Leave it out." },
  ...["console.logFile", "watchdog", "tpm", "cputune.emulatorPin"].map((path) => ({ path, reason: ignored })),
  { path: "rng", unless: [false], reason: ignored },
  { path: "spareRootPorts", unless: [0], reason: ignored },
];
