/** Guest: a VM Guest (libvirt.org/formatdomain.html). */

import { z } from "zod";
import { fact, field } from "./field";
import {
  guestChannel,
  guestDisk,
  guestGraphics,
  guestMemoryDevice,
  guestNic,
  guestPassthrough,
  guestTpm,
  guestVideo,
  guestWatchdog,
  screenDependants,
} from "./guest-devices";
import { deviceKey, objectName, oneLine, text } from "./names";
import { hostReference } from "./references";

const cores = z.int().min(1).max(4096);
const memory = z
  .int()
  .min(1)
  .max(64 * 1024 * 1024);

const roomForVcpus = z.strictObject({
  current: field(cores, { description: "vCPUs that the guest has.", effect: "live" }),
  max: field(cores, { description: "vCPUs that it can be given while it runs.", effect: "nextStart" }),
});

const cpu = z.strictObject({
  mode: field(z.enum(["host-model", "host-passthrough", "maximum", "custom"]), {
    description: "How the CPU is chosen.",
    effect: "nextStart",
  }),
  model: field(z.string().min(1).optional(), {
    description: "CPU model, with mode `custom`: `EPYC`, `Skylake-Server`… libvirt validates it.",
    effect: "nextStart",
  }),
  topology: field(
    z
      .strictObject({
        sockets: field(cores, { description: "CPU sockets.", effect: "nextStart" }),
        cores: field(cores, { description: "Cores in a socket.", effect: "nextStart" }),
        threads: field(cores, { description: "Threads in a core.", effect: "nextStart" }),
      })
      .optional(),
    { description: "Sockets, cores and threads; their product is the largest number of vCPUs.", effect: "nextStart" },
  ),
  features: field(
    z
      .record(
        z.string().regex(/^[a-z0-9._-]+$/, "keys are names of CPU features: a to z, digits, ., - and _"),
        z.enum(["force", "require", "optional", "disable", "forbid"]),
      )
      .optional(),
    { description: "CPU features by name, with their policy.", effect: "nextStart" },
  ),
});

const boot = z.strictObject({
  kernel: field(z.string().startsWith("/"), { description: "Kernel image on the host.", effect: "nextStart" }),
  initrd: field(z.string().startsWith("/").optional(), {
    description: "Initial RAM disk on the host.",
    effect: "nextStart",
  }),
  commandLine: field(text.optional(), { description: "Kernel command line.", effect: "nextStart" }),
});

const rng = z.strictObject({
  source: field(z.string().startsWith("/"), {
    description: "Device of the host that random numbers are read from: `/dev/urandom`.",
    effect: "nextStart",
  }),
});

const cpuset = z.string().regex(/^\^?\d+(-\d+)?(,\^?\d+(-\d+)?)*$/, "must be a set of CPUs such as 0-3,^2,8");

const cputune = z.strictObject({
  shares: field(z.int().min(2).max(262144).optional(), {
    description: "Weight among the guests of the host (cgroup CPU shares).",
    effect: "live",
    defaultsTo: "the host's own weight for a guest",
  }),
  vcpuPins: field(z.record(z.string().regex(/^\d+$/, "keys are numbers of vCPUs"), cpuset).optional(), {
    description: 'CPUs of the host on which a vCPU may run, by the number of the vCPU: `{ 0: "0-3" }`.',
    effect: "live",
    defaultsTo: "all CPUs",
  }),
  emulatorPin: field(cpuset.optional(), {
    description: "CPUs of the host on which the rest of the guest's process may run.",
    effect: "live",
    defaultsTo: "all CPUs",
  }),
});

const fragment = z.strictObject({
  at: field(
    z
      .string()
      .regex(
        /^((disks|nics|channels|memoryDevices|passthrough)\.[a-z0-9_-]+|[a-z0-9_-]+)(\/[a-z0-9_-]+)*$/i,
        "must be a path of element names below <domain> (cputune, devices), or begin with a device's key (nics.lan, disks.root/driver)",
      )
      .optional(),
    {
      description:
        "The parent element: a path of names below `<domain>` (`devices`, `cpu/numa`), or a device by its key, wherever it stands (`nics.lan`, `disks.root`, `passthrough.gpu`, `channels.…`, `memoryDevices.…`), and what is in it (`disks.root/source`). In `devices` the fragment is one more device. A path that several elements have is refused.",
      effect: "nextStart",
      defaultsTo: "directly below `<domain>`",
    },
  ),
  fragment: field(z.string().min(1), {
    description:
      "One XML element. Where the typed fields write it as well, its words win and the rest stays; of elements that may stand several times (`<timer>`, `<cell>`, `<vcpupin>`…) the one with the same name or number is meant, else it is one more.",
    effect: "nextStart",
  }),
});

const machineDependants = [
  "/devices/controller",
  "/devices/*/address[@type='pci']",
  "/devices/*/address[@type='drive']",
  // Part of the machine q35, which libvirt 11 shows as a device.
  "/devices/watchdog[@model='itco']",
];

export const guest = z.strictObject({
  host: field(hostReference, { description: "The host that runs the guest: a Host, or `{ uri }`.", effect: "replace" }),
  name: field(objectName.optional(), {
    description: "The guest's name on the host. A guest that is off is renamed; a running one must stop first.",
    effect: "nextStart",
    defaultsTo: "the resource's name",
    derived: true,
  }),
  uuid: field(z.uuid().optional(), {
    description: "The guest's UUID; it is addressed by nothing else.",
    effect: "replace",
    defaultsTo: "computed once from the owner token and the URN",
    derived: true,
  }),
  title: field(oneLine.optional(), { description: "Short title, one line.", effect: "live" }),
  description: field(text.optional(), {
    description:
      "Description for people. A new text of one line is `live`; one of several lines waits for the next start.",
    effect: "live",
  }),
  metadata: field(z.record(z.string().min(1), z.string()).optional(), {
    description: "Your own keys (any text) and values, kept in the guest's metadata on the host.",
    effect: "live",
  }),
  virtualization: field(z.enum(["full", "paravirtual", "pvh"]).optional(), {
    description: "`full`: an unmodified guest OS. `paravirtual` and `pvh` exist on Xen only.",
    effect: "nextStart",
    defaultsTo: "`full`",
  }),
  os: field(z.enum(["linux", "windows"]).optional(), {
    description: "Family of the guest's operating system; it steers defaults (clock, hyperv, TPM).",
    effect: "nextStart",
    defaultsTo: "`linux`",
  }),
  domainType: field(z.enum(["kvm", "qemu", "xen"]).optional(), {
    description: "How the guest is run.",
    effect: "nextStart",
    defaultsTo: "what the host can really do: `kvm`, `xen`, else `qemu` (emulation)",
    dependants: ["/cpu"],
  }),
  architecture: field(z.string().min(1).optional(), {
    description: "Architecture of the guest: `x86_64`, `aarch64`. Another one than the host's is emulated.",
    effect: "nextStart",
    defaultsTo: "the host's",
  }),
  machine: field(z.string().min(1).optional(), {
    description:
      "Machine type: `q35`, `pc`… An alias stays what it was when the guest was made, across upgrades of the host.",
    effect: "nextStart",
    defaultsTo: "`q35` on KVM and under emulation (`virt` on aarch64), `xenfv`, `xenpv` or `xenpvh` on Xen",
    dependants: machineDependants,
  }),
  firmware: field(z.enum(["bios", "efi", "efi-secure"]).optional(), {
    description: "`efi` is UEFI without, `efi-secure` with secure boot; libvirt picks the image that the host has.",
    effect: "nextStart",
    defaultsTo: "`bios`; `efi` on aarch64, unless a kernel is given in `boot`",
    dependants: ["/os/firmware", "/os/loader", "/os/nvram"],
  }),
  vcpus: field(z.union([cores, roomForVcpus]), {
    description:
      "Number of vCPUs, or `{ current, max }` to leave room for more. Up to the number that the guest was started with room for, a change is live; taking away one that was plugged needs KVM and the guest's help; those it was started with stay until the next start.",
    effect: "live",
  }),
  memoryMiB: field(memory, {
    description:
      "Memory in MiB. Up to what the guest was started with (`maxMemoryMiB`) the balloon follows while it runs; with `memoryHotplug` it is what the guest has without memory devices.",
    effect: "live",
  }),
  maxMemoryMiB: field(memory.optional(), {
    description: "Memory in MiB that the balloon can grow to.",
    effect: "nextStart",
    defaultsTo: "`memoryMiB`",
  }),
  memoryHotplug: field(
    z
      .strictObject({
        slots: field(z.int().min(1).max(256), {
          description: "Number of memory devices that can be plugged.",
          effect: "nextStart",
        }),
        maxMiB: field(memory, { description: "Memory in MiB with all of them.", effect: "nextStart" }),
      })
      .optional(),
    {
      description: "Room for memory devices (formatdomain, `maxMemory`); the guest gets a NUMA node for it.",
      effect: "nextStart",
    },
  ),
  memoryDevices: field(z.record(deviceKey, guestMemoryDevice).optional(), {
    description: "Memory plugged beside `memoryMiB`; needs `memoryHotplug`.",
    effect: "live",
  }),
  cpu: field(cpu.optional(), {
    description: "The CPU that the guest sees.",
    effect: "nextStart",
    defaultsTo: "`host-model` on KVM, `maximum` under emulation",
  }),
  hideHypervisor: field(z.boolean().optional(), {
    description:
      "Whether the guest's CPU does not say that it is one of KVM's (formatdomain, `kvm`, `hidden`), for drivers that refuse to work in a guest, such as older ones of graphics cards. Windows is shown another maker of its Hyper-V features as well. A guest that looks closely knows all the same; x86 only.",
    effect: "nextStart",
    defaultsTo: "false",
  }),
  cputune: field(cputune.optional(), { description: "CPU pinning and weight.", effect: "live" }),
  bootloader: field(z.string().min(1).optional(), {
    description:
      'Program on the host that finds the kernel on the disk of a paravirtual guest: `pygrub`, or an absolute path (formatdomain, "Host bootloader"). Without it, `boot` gives the kernel.',
    effect: "nextStart",
    defaultsTo: "`pygrub` for paravirtual guests without `boot`; none otherwise",
  }),
  boot: field(boot.optional(), { description: "Direct kernel boot.", effect: "nextStart" }),
  disks: field(z.record(deviceKey, guestDisk).optional(), {
    description:
      "Disks and drives. Disks on the buses `virtio`, `scsi` and `usb` come and go while the guest runs, as long as it has room.",
    effect: "live",
  }),
  nics: field(z.record(deviceKey, guestNic).optional(), {
    description: "NICs, which come and go while the guest runs, as long as it has room.",
    effect: "live",
  }),
  passthrough: field(z.record(deviceKey, guestPassthrough).optional(), {
    description:
      "Devices of the host that the guest has for itself. A guest with one can in general not be saved, snapshotted with its memory or migrated while it runs.",
    effect: "nextStart",
  }),
  console: field(
    z
      .strictObject({
        logFile: field(z.string().startsWith("/").optional(), {
          description: "File on the host that keeps what the console says.",
          effect: "nextStart",
        }),
      })
      .optional(),
    {
      description: "The serial console, which every guest has.",
      effect: "nextStart",
    },
  ),
  graphics: field(guestGraphics.optional(), {
    description: "The guest's screen. Its graphics card and tablet come and go with it, unless they are stated.",
    effect: "nextStart",
    dependants: screenDependants,
    defaultsTo: "VNC on 127.0.0.1 (KVM, Xen full virtualization), else none",
  }),
  video: field(guestVideo.optional(), {
    description: "The graphics card.",
    effect: "nextStart",
    defaultsTo: "`virtio` on KVM, `vga` on Xen; none without graphics",
  }),
  tablet: field(z.boolean().optional(), {
    description: "A USB tablet, so that the pointer follows.",
    effect: "nextStart",
    defaultsTo: "true with graphics",
  }),
  channels: field(z.record(deviceKey, guestChannel).optional(), {
    description: "virtio channels between guest and host.",
    effect: "live",
  }),
  agent: field(z.boolean().optional(), {
    description: "The channel of QEMU's guest agent.",
    effect: "nextStart",
    defaultsTo: "true on KVM and under emulation",
  }),
  rng: field(z.union([z.literal(false), rng]).optional(), {
    description: "virtio random number generator, fed by a device of the host; `false` for none.",
    effect: "nextStart",
    defaultsTo: "`/dev/urandom` on KVM and under emulation",
  }),
  watchdog: field(guestWatchdog.optional(), {
    description: "A watchdog; `{}` for one with the defaults.",
    effect: "nextStart",
    asksWhenEmpty: true,
  }),
  tpm: field(guestTpm.optional(), {
    description: "An emulated TPM; `{}` for one with the defaults.",
    effect: "nextStart",
    asksWhenEmpty: true,
    defaultsTo: "none; `tpm-crb` 2.0 for Windows on KVM",
  }),
  balloon: field(z.boolean().optional(), {
    description: "The memory balloon.",
    effect: "nextStart",
    defaultsTo: "true",
  }),
  clock: field(
    z
      .strictObject({
        offset: field(z.enum(["utc", "localtime"]), {
          description: "What the hardware clock says.",
          effect: "nextStart",
        }),
      })
      .optional(),
    {
      description: "The clock.",
      effect: "nextStart",
      defaultsTo: "`utc`; `localtime` for Windows",
    },
  ),
  onPoweroff: field(z.enum(["destroy", "restart", "preserve"]).optional(), {
    description: "When the guest powers off.",
    effect: "nextStart",
    defaultsTo: "`destroy`",
  }),
  onReboot: field(z.enum(["destroy", "restart", "preserve"]).optional(), {
    description: "When the guest reboots.",
    effect: "nextStart",
    defaultsTo: "`restart`",
  }),
  onCrash: field(z.enum(["destroy", "restart", "preserve", "coredump-destroy", "coredump-restart"]).optional(), {
    description: "When the guest crashes.",
    effect: "nextStart",
    defaultsTo: "`destroy`",
  }),
  spareRootPorts: field(z.int().min(0).max(24).optional(), {
    description:
      "PCIe root ports on `q35` and `virt` beside those that the guest's devices need when it is made: one for each device that may be plugged while it runs. A device that is plugged takes one, which is no difference; one that finds none waits for the next start. More of them come, and free ones go, with a start; a port that a device is on stays. Other machines need none.",
    effect: "nextStart",
    defaultsTo: "8",
  }),
  autostart: field(z.boolean().optional(), {
    description: "Whether the guest is started with the host.",
    effect: "live",
    defaultsTo: "false",
    derived: true,
  }),
  running: field(z.boolean().optional(), {
    description: "Whether the guest runs. `false` shuts it down, `true` starts it.",
    effect: "stop",
    defaultsTo: "true",
    derived: true,
  }),
  restart: field(z.enum(["never", "ifNeeded"]).optional(), {
    description:
      "What an update may do to a running guest: `never` leaves what needs a start waiting (output `pending`), `ifNeeded` shuts it down and starts it again.",
    effect: "none",
    defaultsTo: "`never`",
  }),
  restartTrigger: field(
    z
      .string()
      .regex(/^[^\n]+$/, "must be one line")
      .optional(),
    {
      description:
        "Any text; a running guest that was started with another one, or with none, is shut down and started again, once, whatever `restart` says. A guest that is off is not started, and one that is just adopted goes on.",
      effect: "nextStart",
    },
  ),
  shutdownTimeoutSeconds: field(z.int().min(1).max(3600).optional(), {
    description:
      "Time a guest is given to shut down for a stop, a restart or a deletion, in seconds. It is asked again every five seconds; after that time it is an error, unless `forceOff` is true.",
    effect: "none",
    defaultsTo: "120",
  }),
  forceOff: field(z.boolean().optional(), {
    description:
      "Whether a guest that does not shut down in time, or is paused, suspended or crashed and hears nothing, is switched off: for a stop, a restart and a deletion alike.",
    effect: "none",
    defaultsTo: "false",
  }),
  waitFor: field(z.enum(["none", "address"]).optional(), {
    description:
      "What every creation, and every update that leaves the guest running, waits for in the end. `address`: each NIC that is on a network whose DHCP libvirt serves, with its link up, has an address (IPv4 or IPv6) by its MAC address; then they stand in the output `addresses` of the same `up`. After `waitForTimeoutSeconds`, or where the guest goes off or is paused, that is an error; the guest is kept and runs on, and the next `up` waits again. Previews and refreshes never wait. After a start only what was given out since counts, except where leases never end (`expiry` 0) and where an `up` that was killed had started the guest: then an address of an earlier run counts as well. Refused where no NIC can ever have one.",
    effect: "none",
    defaultsTo: "`none`",
  }),
  waitForTimeoutSeconds: field(z.int().min(1).max(86400).optional(), {
    description: "Time that `waitFor` waits at most, in seconds, counted from when all the rest is done.",
    effect: "none",
    defaultsTo: "300",
  }),
  removeManagedSave: field(z.boolean().optional(), {
    description:
      "Whether a managed-save image may be dropped, with the memory of the guest in it. It resumes the guest with its old definition, so changes wait behind it.",
    effect: "none",
    defaultsTo: "false",
  }),
  adopt: field(z.boolean().optional(), {
    description: "Take over a guest of this name that exists already.",
    effect: "none",
    defaultsTo: "false: an existing guest is refused",
  }),
  deleteAdopted: field(z.boolean().optional(), {
    description:
      "Whether destroying the resource deletes what was adopted, too. Without it an adopted guest is left on the host as it is, and only the mark that says whose it is goes.",
    effect: "none",
    defaultsTo: "false",
  }),
  xml: field(z.record(deviceKey, fragment).optional(), {
    description:
      "What the typed fields do not cover: XML elements by a key of your choice, owned like any other input.",
    effect: "nextStart",
  }),
});
export type GuestInputs = z.infer<typeof guest>;

/** What the host says of a Guest. */
export const guestOutputs = z.strictObject({
  state: fact(
    z.string(),
    "`running`, `paused`, `pmsuspended`, `in shutdown`, `crashed`, `shut off`, or `saved` (a managed-save image waits for the next start).",
  ),
  addresses: fact(
    z.record(z.string(), z.array(z.string()).optional()),
    'IP addresses by the key of the NIC (by its MAC address where the program has no such NIC), as far as the host\'s own DHCP server gave them out when it was looked at. With `waitFor: "address"` the `up` waits for them.',
  ),
  pending: fact(
    z.array(z.string()),
    "Input paths that the running guest does not have yet: they wait for its next start.",
  ),
  migrationBlockers: fact(
    z.array(z.string()),
    "Why the guest can in general not be saved, snapshotted with its memory or migrated while it runs: a sentence for each device of the host that is in the way, by its input path. Of a running guest the device's driver on the host is asked: some can hand a device over.",
  ),
  snapshots: fact(
    z.record(z.string(), z.string()),
    "Disks whose guest writes to an image above the Disk (an external snapshot), by key: the path of that image. It is never moved back.",
  ),
});
