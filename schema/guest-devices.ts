/** The devices of a Guest. Maps are keyed by a name of your choice: under another key, what is known by more than its key is the same device (decisions/keys.md). */

import { z } from "zod";
import { field } from "./field";
import { deviceKey, macAddress, oneLine } from "./names";
import { diskReference, networkReference, passthroughDeviceReference } from "./references";

const busDependants = ["address"];
/** libvirt sends the sound of a guest with a SPICE screen there, and refuses a guest that has such sound without it. */
export const screenDependants = ["/devices/audio[@type='spice']"];

const perSecond = (description: string): z.ZodOptional<z.ZodInt> =>
  field(z.int().positive().optional(), { description, effect: "live" });

/** I/O limits (formatdomain, `iotune`). A total excludes the limits of its two parts. */
const guestIotune = z.strictObject({
  totalBytesSec: perSecond("Bytes per second, read and written together."),
  readBytesSec: perSecond("Bytes per second that are read."),
  writeBytesSec: perSecond("Bytes per second that are written."),
  totalIopsSec: perSecond("I/O operations per second, reads and writes together."),
  readIopsSec: perSecond("Reads per second."),
  writeIopsSec: perSecond("Writes per second."),
});

export const guestDisk = z.strictObject({
  disk: field(diskReference.optional(), {
    description: "The Disk. The medium of a cdrom or floppy is changed and ejected while the guest runs.",
    effect: "nextStart",
  }),
  path: field(z.string().startsWith("/").optional(), {
    description:
      "A file or block device of the host, instead of `disk`. Neither of the two: a drive without a medium (cdrom, floppy).",
    effect: "nextStart",
  }),
  device: field(z.enum(["disk", "cdrom", "floppy"]).optional(), {
    description: "What the guest sees.",
    effect: "nextStart",
    defaultsTo: "`disk`",
  }),
  bus: field(z.string().min(1).optional(), {
    description: "The bus: `virtio`, `scsi`, `sata`, `ide`, `usb`, `xen`, `fdc`.",
    effect: "nextStart",
    defaultsTo: "`virtio` (Xen: `xen`); for a cdrom `sata` (Xen: `ide`; other architectures than x86: `scsi`)",
    dependants: busDependants,
  }),
  target: field(
    z
      .string()
      .regex(/^[a-z]{2,4}[a-z0-9]*$/)
      .optional(),
    {
      description: "Logical device name, which fixes the order on the bus: `vda`.",
      effect: "nextStart",
      defaultsTo:
        "the next free name of the bus, in the order of the program, recorded once; an adopted disk keeps its own",
      derived: true,
      dependants: busDependants,
    },
  ),
  format: field(z.enum(["raw", "qcow2"]).optional(), {
    description: "Format of the image. Never probed: a guest can write what it likes into its disk.",
    effect: "nextStart",
    defaultsTo: "the Disk's own, `raw` for a path",
  }),
  cache: field(z.enum(["none", "writeback", "writethrough", "directsync", "unsafe"]).optional(), {
    description: "Cache mode of the host.",
    effect: "nextStart",
    defaultsTo: "`none` on KVM, `writeback` under emulation, unset on Xen",
  }),
  io: field(z.enum(["native", "threads", "io_uring"]).optional(), {
    description: "How the host does the I/O.",
    effect: "nextStart",
  }),
  discard: field(z.enum(["unmap", "ignore"]).optional(), {
    description: "Whether the guest's discards reach the image.",
    effect: "nextStart",
    defaultsTo: "`unmap` on KVM and under emulation",
  }),
  readOnly: field(z.boolean().optional(), {
    description: "The guest cannot write.",
    effect: "nextStart",
    defaultsTo: "false; true for a cdrom",
  }),
  shareable: field(z.boolean().optional(), {
    description: "Several guests may use the disk at once.",
    effect: "nextStart",
    defaultsTo: "false",
  }),
  serial: field(oneLine.min(1).max(36).optional(), {
    description: "Serial number that the guest sees.",
    effect: "nextStart",
    defaultsTo: "the key (disks on KVM and under emulation)",
  }),
  iotune: field(guestIotune.optional(), { description: "I/O limits of the disk.", effect: "live" }),
  bootOrder: field(z.int().positive().optional(), {
    description: "Place in the boot order, 1 first.",
    effect: "nextStart",
    dependants: ["/os/boot"],
  }),
});
export type GuestDisk = z.infer<typeof guestDisk>;

/** Traffic shaping of one direction, seen from the guest (formatdomain, "Quality of service"). */
const bandwidth = z.strictObject({
  averageKBs: field(z.int().positive(), { description: "Average rate in kilobytes per second.", effect: "live" }),
  peakKBs: field(z.int().positive().optional(), {
    description: "Largest rate in kilobytes per second, for a burst.",
    effect: "live",
  }),
  burstKB: field(z.int().positive().optional(), {
    description: "Kilobytes that may pass at the largest rate.",
    effect: "live",
  }),
});

/**
 * What QEMU's and Xen's guests can have by libvirt's own list and by formatdomain ("Setting the NIC model"). No host lists its
 * own, and libvirt hands any other name on to QEMU, which refuses it at the start.
 */
const nicModels = [
  ...["virtio", "virtio-transitional", "virtio-non-transitional", "e1000", "e1000e", "igb", "rtl8139", "vmxnet3"],
  ...[
    "ne2k_isa",
    "ne2k_pci",
    "pcnet",
    "i82551",
    "i82557b",
    "i82559er",
    "usb-net",
    "spapr-vlan",
    "lan9118",
    "smc91c111",
  ],
  "netfront",
] as const;

export const guestNic = z.strictObject({
  network: field(networkReference.optional(), {
    description: "A Network, or `{ name }` of one that is not managed here.",
    effect: "live",
  }),
  bridge: field(z.string().min(1).max(15).optional(), {
    description: "An existing bridge of the host, instead of `network`.",
    effect: "live",
  }),
  device: field(passthroughDeviceReference.optional(), {
    description:
      "A virtual function of a network card of the host (SR-IOV), instead of `network`: a PassthroughDevice, or `{ host, address }` of one that is not managed here. The guest drives it itself; `mac` and `vlan` are set by the host, and the guest cannot change them. For any free one of a card's: a Network of mode `hostdev`.",
    effect: "live",
  }),
  user: field(z.literal(true).optional(), {
    description: "User-mode networking: out through the host, nothing in. Needs no rights.",
    effect: "nextStart",
  }),
  mac: field(macAddress.optional(), {
    description: "MAC address, in any spelling; kept as `52:54:00:12:34:56`.",
    effect: "nextStart",
    defaultsTo: "computed once from the guest's UUID and the key (52:54:00:…)",
    derived: true,
  }),
  model: field(
    z
      .enum(
        nicModels,
        `another one can be had by raw XML: xml: { card: { at: "nics.KEY", fragment: "<model type='…'/>" } }`,
      )
      .optional(),
    {
      description:
        'Model of the NIC, of those that libvirt documents. Another one that the host\'s QEMU has by raw XML: `at: "nics.KEY"`, `fragment: "<model type=\'…\'/>"`.',
      effect: "nextStart",
      defaultsTo: "`virtio`; `e1000` on Xen full virtualization, `netfront` on Xen PV and PVH",
      dependants: ["address"],
    },
  ),
  linkState: field(z.enum(["up", "down"]).optional(), {
    description: "Whether the cable is plugged.",
    effect: "live",
    defaultsTo: "up",
  }),
  vlan: field(z.int().min(1).max(4094).optional(), {
    description:
      "VLAN tag of the NIC's traffic, on a network or bridge of the host's own (not NAT). Needs libvirt 11.0 (live from there on) and a Linux bridge with `vlan_filtering` 1: without that libvirt takes the tag, and nothing is separated. Or Open vSwitch, or a virtual function (`device`, or a Network of mode `hostdev`), whose card sees to it.",
    effect: "live",
  }),
  bandwidth: field(
    z
      .strictObject({
        inbound: field(bandwidth.optional(), { description: "What the guest receives.", effect: "live" }),
        outbound: field(bandwidth.optional(), { description: "What the guest sends.", effect: "live" }),
      })
      .optional(),
    { description: "Traffic shaping.", effect: "live" },
  ),
  mtu: field(z.int().min(68).max(65535).optional(), {
    description: "MTU in bytes that the guest is told.",
    effect: "nextStart",
  }),
  queues: field(z.int().min(1).max(256).optional(), {
    description: "Queues of a virtio NIC, at most one a vCPU.",
    effect: "nextStart",
  }),
  bootOrder: field(z.int().positive().optional(), {
    description: "Place in the boot order, 1 first.",
    effect: "nextStart",
    dependants: ["/os/boot"],
  }),
});
export type GuestNic = z.infer<typeof guestNic>;

export const guestGraphics = z.strictObject({
  type: field(z.enum(["vnc", "spice", "none"]), {
    description: "Protocol; `none` for a guest without a screen.",
    effect: "nextStart",
    dependants: screenDependants,
  }),
  listen: field(z.string().min(1).optional(), {
    description: "Address to listen on.",
    effect: "nextStart",
    defaultsTo: "`127.0.0.1`",
  }),
  port: field(z.int().min(1).max(65535).optional(), {
    description: "TCP port.",
    effect: "nextStart",
    defaultsTo: "chosen by libvirt, from 5900 on",
  }),
  password: field(oneLine.min(1).optional(), {
    description: "Password; VNC knows at most 8 characters.",
    effect: "live",
    secret: true,
  }),
});

export const guestVideo = z.strictObject({
  model: field(z.enum(["virtio", "vga", "qxl", "bochs", "cirrus", "none"]), {
    description: "Model of the graphics card.",
    effect: "nextStart",
    dependants: ["address"],
  }),
  vramMiB: field(z.int().positive().optional(), {
    description: "Video memory in MiB, for models that take it.",
    effect: "nextStart",
  }),
});

export const guestChannel = z.strictObject({
  type: field(z.enum(["unix", "spicevmc"]).optional(), {
    description: "Where the channel ends on the host.",
    effect: "nextStart",
    defaultsTo: "`unix`",
  }),
  name: field(oneLine.min(1).max(63), {
    description: "Name that the guest sees: `org.example.channel.0`.",
    effect: "nextStart",
  }),
});
export type GuestChannel = z.infer<typeof guestChannel>;

export const guestWatchdog = z.strictObject({
  model: field(z.enum(["i6300esb", "ib700", "diag288", "itco"]).optional(), {
    description: "Model of the watchdog.",
    effect: "nextStart",
    defaultsTo: "`i6300esb`",
    dependants: ["address"],
  }),
  action: field(z.enum(["reset", "shutdown", "poweroff", "pause", "none", "dump", "inject-nmi"]).optional(), {
    description: "What happens when the guest stops feeding it.",
    effect: "nextStart",
    defaultsTo: "`reset`",
  }),
});

export const guestTpm = z.strictObject({
  model: field(z.enum(["tpm-crb", "tpm-tis", "tpm-spapr"]).optional(), {
    description: "Model of the TPM.",
    effect: "nextStart",
    defaultsTo: "`tpm-crb`",
  }),
  version: field(z.enum(["1.2", "2.0"]).optional(), {
    description: "TPM version; emulated by swtpm on the host.",
    effect: "nextStart",
    defaultsTo: "`2.0`",
  }),
});

/** Memory that can be plugged while the guest runs (formatdomain, "Memory devices"). */
export const guestMemoryDevice = z.strictObject({
  model: field(z.enum(["dimm", "virtio-mem"]), {
    description:
      "`dimm` comes and goes as a whole, and goes only if the guest lets go of all of it; `virtio-mem` (QEMU 6.0, libvirt 7.9) is resized by `requestedMiB`.",
    effect: "nextStart",
    dependants: ["address"],
  }),
  sizeMiB: field(z.int().positive(), {
    description: "Size in MiB; for `virtio-mem` the most that it can give.",
    effect: "nextStart",
  }),
  requestedMiB: field(z.int().min(0).optional(), {
    description: "What a `virtio-mem` device gives now, in MiB, a multiple of its block of 2 MiB.",
    effect: "live",
    defaultsTo: "`sizeMiB`",
  }),
});
export type GuestMemoryDevice = z.infer<typeof guestMemoryDevice>;

/** A device of the host that the guest has for itself (formatdomain, "USB / PCI / SCSI devices"). */
export const guestPassthrough = z.strictObject({
  device: field(passthroughDeviceReference, {
    description:
      "The PassthroughDevice, or `{ host, address }` for one that is not managed here: `0000:65:00.0` (PCI), `046d:c52b` or `046d:c52b@001:004` (USB), or the UUID of a mediated device. libvirt takes it from the host's driver when the guest gets it, and gives it back afterwards.",
    effect: "live",
  }),
  romFile: field(z.string().startsWith("/").optional(), {
    description:
      "A file of the host with the device's option ROM, where its own cannot be read: for graphics cards that the host's firmware has used.",
    effect: "nextStart",
  }),
  onSlotOf: field(deviceKey.optional(), {
    description:
      "Key of the device of `passthrough` on whose slot of the guest this one is, as a further function of it (`multifunction`): the sound of a graphics card beside the card, where its driver looks for it. All of a slot come and go with a start of the guest. Not for USB devices.",
    effect: "nextStart",
    defaultsTo: "a slot of its own",
  }),
});
export type GuestPassthrough = z.infer<typeof guestPassthrough>;
