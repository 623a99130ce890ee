/** Generated from schema/ by `npm run generate`: change the schema, not this file. */

import type * as pulumi from "@pulumi/pulumi";

import { VirtResource } from "./dynamic";

import type * as output from "./outputs";

/** A Host, its id, a connection URI, or an object with either. */
export type HostReference =
  Host | pulumi.Input<string> | pulumi.Input<{ uri: pulumi.Input<string>; id?: pulumi.Input<string> }>;

/** A Pool, or the place of one that is not managed here. */
export type PoolReference =
  | Pool
  | pulumi.Input<{
      host: HostReference;
      name: pulumi.Input<string>;
      type?: pulumi.Input<string>;
      path?: pulumi.Input<string>;
    }>;

/** A Disk, or the place of a volume that is not managed here: its pool's name, its name, its path and format. */
export type DiskReference =
  | Disk
  | pulumi.Input<{
      host: HostReference;
      pool: pulumi.Input<string>;
      name: pulumi.Input<string>;
      path?: pulumi.Input<string>;
      format?: pulumi.Input<string>;
      sizeGiB?: pulumi.Input<number>;
    }>;

/** A Network, or the name of one that is not managed here. */
export type NetworkReference = Network | pulumi.Input<{ host?: HostReference; name: pulumi.Input<string> }>;

/** A PassthroughDevice, or the address of a device that is not managed here: `0000:65:00.0`, `046d:c52b` or `046d:c52b@001:004`, or a UUID. */
export type PassthroughDeviceReference =
  PassthroughDevice | pulumi.Input<{ host?: HostReference; address: pulumi.Input<string> }>;

/** Arguments of a {@link Host}. */
export interface HostArgs {
  /** libvirt connection URI (libvirt.org/uri.html), for instance `qemu+ssh://root@kvm1.example.org/system`, `qemu:///session`, `xen:///system`, or an alias of libvirt.conf (`uri_aliases`). ssh uses your own configuration, agent and known_hosts. Change: no effect on the host. */
  uri: pulumi.Input<string>;
}

export interface PoolSource {
  /** Block devices of the host: the one that holds the file system (`fs`), those of the volume group (`logical`). Change: replaces the resource. */
  devices?: pulumi.Input<pulumi.Input<string>[]>;
  /** Name or address of the NFS or CIFS server (`netfs`). Change: replaces the resource. */
  host?: pulumi.Input<string>;
  /** The folder that the server exports (`netfs`). Change: replaces the resource. */
  directory?: pulumi.Input<string>;
  /** The volume group; must be given for `logical`. Change: replaces the resource. */
  name?: pulumi.Input<string>;
  /** `ext4`, `xfs`… (`fs`), `nfs`, `cifs` (`netfs`), `lvm2` (`logical`). Default: `auto` for `fs` and `netfs`. Change: replaces the resource. */
  format?: pulumi.Input<string>;
}

/** Arguments of a {@link Pool}. */
export interface PoolArgs {
  /** The host that holds the pool: a Host, or `{ uri }`. Change: replaces the resource. */
  host: HostReference;
  /** The pool's name on the host. Default: the resource's name. Change: replaces the resource. */
  name?: pulumi.Input<string>;
  /** The pool's UUID. Default: computed once from the owner token and the URN. Change: replaces the resource. */
  uuid?: pulumi.Input<string>;
  /** `dir` (a folder), `fs` (a file system on a block device), `logical` (an LVM volume group), `netfs` (NFS or CIFS). Change: replaces the resource. */
  type: pulumi.Input<"dir" | "fs" | "logical" | "netfs">;
  /** Where the volumes appear: the folder, or the mount point of `fs` and `netfs`. Default: `/dev/VOLUMEGROUP` for `logical`; must be given for the others. Change: replaces the resource. */
  path?: pulumi.Input<string>;
  /** Where the storage comes from: `devices` (fs, logical), `host` and `directory` (netfs), `name` (the volume group of `logical`), `format` (`ext4`, `nfs`…). Change: replaces the resource. */
  source?: pulumi.Input<PoolSource>;
  /** Whether the storage is made ready: the folder is created, for `logical` the volume group. Devices are never formatted over what they hold. Default: true for `dir`, `fs` and `netfs` (only the folder), false for `logical`. Change: no effect on the host. */
  build?: pulumi.Input<boolean>;
  /** Whether the pool is active. A `dir` pool stops under running guests without harm; any other one is refused while guests run on its volumes. Default: true. Change: stops or starts it. */
  running?: pulumi.Input<boolean>;
  /** Whether the pool is started with the host. Default: true. Change: live. */
  autostart?: pulumi.Input<boolean>;
  /** Take over a pool of this name that exists already. It is left defined and running on delete. Default: false: an existing pool is refused. Change: no effect on the host. */
  adopt?: pulumi.Input<boolean>;
  /** Whether destroying the resource deletes what was adopted, too. Without it an adopted pool is left on the host as it is, and only the mark that says whose it is goes. Default: false. Change: no effect on the host. */
  deleteAdopted?: pulumi.Input<boolean>;
}

export interface DiskSource {
  /** Path of a file on the machine that runs Pulumi, relative to the program's folder. Change: no effect on the host. */
  path?: pulumi.Input<string>;
  /** URL of a file: `https`, `http`, or `file` for one on the machine that runs Pulumi. That machine downloads it once and keeps it by its content (`~/.cache/pulumi-virt/images`). Change: no effect on the host. */
  url?: pulumi.Input<string>;
  /** SHA-256 digest of the file as it is published, packed ones as they are. Nothing is made of another one. Change: no effect on the host. */
  sha256?: pulumi.Input<string>;
  /** SHA-512 digest of the file as it is published. Change: no effect on the host. */
  sha512?: pulumi.Input<string>;
  /** URL of a list of digests (`SHA256SUMS`, `SHA512SUMS`) that names the file. It is read when the disk is made, so an image that was published since then under the same name passes: state the digest itself where it must not. Change: no effect on the host. */
  checksums?: pulumi.Input<string>;
}

/** Arguments of a {@link Disk}. */
export interface DiskArgs {
  /** The pool that holds the disk: a Pool, or `{ host, name }` for one that is not managed here. Change: replaces the resource. */
  pool: PoolReference;
  /** The volume's name in the pool. Default: the resource's name, with the ending `.qcow2` or `.img` in pools of files. Change: replaces the resource. */
  name?: pulumi.Input<string>;
  /** UUID of the claim that says on the host whose the volume is. Default: computed once from the owner token and the URN. Change: replaces the resource. */
  uuid?: pulumi.Input<string>;
  /** Absolute path of the volume on the host. Default: the pool's path and the name. Change: replaces the resource. */
  path?: pulumi.Input<string>;
  /** `qcow2` (compat 1.1, sparse) or `raw` (sparse). Recorded here and never read from the image: a guest could write one. Default: `qcow2` in pools of files, `raw` in logical pools. Change: replaces the resource. */
  format?: pulumi.Input<"qcow2" | "raw">;
  /** Size that the guest sees, in GiB (fractions allowed; rounded up to 64 KiB). May grow, also under a running guest; never shrinks. Default: the size of `backing` or `source`; must be given for a blank disk. Change: live. */
  sizeGiB?: pulumi.Input<number>;
  /** The disk beneath: this one holds only what differs from it. Seeds the disk once; a later change is told and touches nothing. Change: no effect on the host. */
  backing?: DiskReference;
  /** The image that fills the disk: a file on the machine that runs Pulumi (`path`), or from a server (`url`). A qcow2 image without a backing file, plain content where `format` is `raw`, or one of the two packed with gzip, xz, zstd or bzip2; qcow2 is converted where `format` is `raw`. Its first bytes are looked at before anything is made. Seeds the disk once; another source, and another content of the same file, are told later and touch nothing (see `onSourceChange`). Change: no effect on the host. */
  source?: pulumi.Input<DiskSource>;
  /** What another `source`, or another content of its file, does to a disk that was filled from one: `keep` tells it and touches nothing; `replace` deletes the disk with all data that came onto it since, and makes it anew. Default: `keep`. Change: no effect on the host. */
  onSourceChange?: pulumi.Input<"keep" | "replace">;
  /** What the disk was filled with: the stated digest of `source`, or a fingerprint of its URL, or of the file (its size and its two ends). Default: computed when the disk is made. Change: replaces the resource. */
  seed?: pulumi.Input<string>;
  /** Take over a volume of this name that exists already, with its data. Said of a Disk that has been made, it takes over another file that somebody put in its place, such as a restored copy. Default: false: an existing volume is refused. Change: no effect on the host. */
  adopt?: pulumi.Input<boolean>;
  /** Whether destroying the resource deletes what was adopted, too. Without it an adopted disk is left on the host as it is, and only the mark that says whose it is goes. Another file in the place of the one that was made or taken over is left in any case. Default: false. Change: no effect on the host. */
  deleteAdopted?: pulumi.Input<boolean>;
}

export interface NetworkIpv4DhcpReservation {
  /** MAC address of the NIC; must be given in `ipv4`. DHCPv6 does not see it. Change: live. */
  mac?: pulumi.Input<string>;
  /** The address it always gets. Change: live. */
  ip: pulumi.Input<string>;
  /** Host name handed out with it; in `ipv6` it must be given, and is the name by which the client calls itself. Change: live. */
  hostname?: pulumi.Input<string>;
}

export interface NetworkIpv4Dhcp {
  /** First address of the range. Change: live. */
  from: pulumi.Input<string>;
  /** Last address of the range. Change: live. */
  to: pulumi.Input<string>;
  /** Fixed addresses, by a key of your choice. Change: live. */
  reservations?: pulumi.Input<{ [key: string]: pulumi.Input<NetworkIpv4DhcpReservation> }>;
}

export interface NetworkIpv4 {
  /** The host's own address in the network, with the prefix length: `10.20.0.1/24`. Change: interrupts. */
  gateway: pulumi.Input<string>;
  /** Addresses handed out by DHCP; none without it. Change: live. */
  dhcp?: pulumi.Input<NetworkIpv4Dhcp>;
}

export interface NetworkIpv6DhcpReservation {
  /** MAC address of the NIC; must be given in `ipv4`. DHCPv6 does not see it. Change: live. */
  mac?: pulumi.Input<string>;
  /** The address it always gets. Change: live. */
  ip: pulumi.Input<string>;
  /** Host name handed out with it; in `ipv6` it must be given, and is the name by which the client calls itself. Change: live. */
  hostname?: pulumi.Input<string>;
}

export interface NetworkIpv6Dhcp {
  /** First address of the range. Change: live. */
  from: pulumi.Input<string>;
  /** Last address of the range. Change: live. */
  to: pulumi.Input<string>;
  /** Fixed addresses, by a key of your choice. Change: live. */
  reservations?: pulumi.Input<{ [key: string]: pulumi.Input<NetworkIpv6DhcpReservation> }>;
}

export interface NetworkIpv6 {
  /** The host's own address in the network, with the prefix length: `10.20.0.1/24`. Change: interrupts. */
  gateway: pulumi.Input<string>;
  /** Addresses handed out by DHCP; none without it. Change: live. */
  dhcp?: pulumi.Input<NetworkIpv6Dhcp>;
}

export interface NetworkDns {
  /** Whether libvirt answers DNS. Default: true. Change: interrupts. */
  enabled?: pulumi.Input<boolean>;
  /** Names by IPv4 or IPv6 address. Change: live. */
  hosts?: pulumi.Input<{ [key: string]: pulumi.Input<pulumi.Input<string>[]> }>;
  /** Servers that other names are asked of. Change: interrupts. */
  forwarders?: pulumi.Input<pulumi.Input<string>[]>;
}

/** Arguments of a {@link Network}. */
export interface NetworkArgs {
  /** The host that holds the network: a Host, or `{ uri }`. Change: replaces the resource. */
  host: HostReference;
  /** The network's name on the host. Default: the resource's name. Change: replaces the resource. */
  name?: pulumi.Input<string>;
  /** The network's UUID. Default: computed once from the owner token and the URN. Change: replaces the resource. */
  uuid?: pulumi.Input<string>;
  /** `nat` (guests reach out through the host), `route` (routed without translation), `isolated` (guests and host only), `bridge` (an existing bridge of the host), `hostdev` (each NIC is a free virtual function of a network card, SR-IOV). Change: interrupts. */
  mode: pulumi.Input<"nat" | "route" | "isolated" | "bridge" | "hostdev">;
  /** Name of the bridge: the one to use in mode `bridge`, the one to make otherwise. As an output it is the bridge's name also where libvirt chose it. Default: chosen by libvirt (`virbr0`…); must be given in mode `bridge`. Change: interrupts. */
  bridge?: pulumi.Input<string>;
  /** The network interface of the card whose virtual functions are given to guests, in mode `hostdev`, all that it has: `enp3s0`. Change: interrupts. */
  physicalFunction?: pulumi.Input<string>;
  /** The virtual functions that are given to guests, in mode `hostdev`, instead of all of a card's: some of the output `addresses` of VirtualFunctions. One that a PassthroughDevice claims is refused. Change: interrupts. */
  virtualFunctions?: pulumi.Input<pulumi.Input<string>[]>;
  /** IPv4 of the network. Change: interrupts. */
  ipv4?: pulumi.Input<NetworkIpv4>;
  /** IPv6 of the network. Change: interrupts. */
  ipv6?: pulumi.Input<NetworkIpv6>;
  /** DNS domain of the guests. Change: interrupts. */
  domain?: pulumi.Input<string>;
  /** The network's DNS. Change: interrupts. */
  dns?: pulumi.Input<NetworkDns>;
  /** MTU in bytes. Change: interrupts. */
  mtu?: pulumi.Input<number>;
  /** Whether the network is active, as it is defined and with all its guests linked: what somebody stopped or restarted under them is mended. Default: true. Change: interrupts. */
  running?: pulumi.Input<boolean>;
  /** Whether the network is started with the host. Default: true. Change: live. */
  autostart?: pulumi.Input<boolean>;
  /** Take over a network of this name that exists already. Default: false: an existing network is refused. Change: no effect on the host. */
  adopt?: pulumi.Input<boolean>;
  /** Whether destroying the resource deletes what was adopted, too. Without it an adopted network is left on the host as it is, and only the mark that says whose it is goes. Default: false. Change: no effect on the host. */
  deleteAdopted?: pulumi.Input<boolean>;
}

export interface PassthroughDevicePci {
  /** Its address, as `lspci -D` prints it: `0000:65:00.0`. Another slot, a new card or a firmware's update can give it to another device: vendor and product follow theirs. Change: live. */
  address?: pulumi.Input<string>;
  /** PCI vendor ID, four hexadecimal digits: `10de`. Goes with `product`. Change: live. */
  vendor?: pulumi.Input<string>;
  /** PCI device ID, four hexadecimal digits: `2684`. Goes with `vendor`. Change: live. */
  product?: pulumi.Input<string>;
  /** Which of several of this vendor and product it is, in the order of their addresses: 0 is the first. Change: live. */
  index?: pulumi.Input<number>;
  /** The name of the host's network interface whose card it is: `enp3s0`. It is gone while a guest has the card, and the claim remembers which card it was. Change: live. */
  interface?: pulumi.Input<string>;
  /** The card of which the device is a virtual function (SR-IOV), by its address or network interface: the output `address` of VirtualFunctions. Goes with `virtualFunction`. Change: live. */
  physicalFunction?: pulumi.Input<string>;
  /** The number of the virtual function: 0 is the first. Goes with `physicalFunction`. Change: live. */
  virtualFunction?: pulumi.Input<number>;
}

export interface PassthroughDeviceUsb {
  /** USB vendor ID, as `lsusb` prints it: `046d`. Goes with `product`. Change: live. */
  vendor?: pulumi.Input<string>;
  /** USB product ID: `c52b`. Goes with `vendor`. Change: live. */
  product?: pulumi.Input<string>;
  /** Serial number, of several of this vendor and product: the Host's output `devices` shows it. Only a shell on the host tells it (not over tls or tcp, nor in a session), and not every device has one. Change: live. */
  serial?: pulumi.Input<string>;
  /** Number of the bus. Goes with `port`. Change: live. */
  bus?: pulumi.Input<number>;
  /** The port that it is plugged into, and the ports of the hubs on the way there: of `1-1.2` (`/sys/bus/usb/devices`, `lsusb -t`) the part `1.2`. It means whatever is plugged in there. Goes with `bus`. Change: live. */
  port?: pulumi.Input<string>;
}

export interface PassthroughDeviceMdev {
  /** The id of its type, of those that the parent has (the Host's output `devices`): `nvidia-222`. Change: live. */
  type: pulumi.Input<string>;
  /** What it is made of: a PCI address (`0000:65:00.0`), or libvirt's name of the device (`mtty_mtty`). Change: live. */
  parent: pulumi.Input<string>;
  /** Defined on the host, and made again when that starts (libvirt 7.8). Otherwise the first `up` after that makes it again. Default: false. Change: live. */
  persistent?: pulumi.Input<boolean>;
}

/** Arguments of a {@link PassthroughDevice}. */
export interface PassthroughDeviceArgs {
  /** The host that has the device: a Host, or `{ uri }`. Change: replaces the resource. */
  host: HostReference;
  /** UUID of the claim that says on the host whose the device is. Default: computed once from the owner token and the URN. Change: replaces the resource. */
  uuid?: pulumi.Input<string>;
  /** Which PCI device it is: by `address`, by `vendor` and `product` (with `index` where there are several), by `interface`, or by `physicalFunction` and `virtualFunction`. No match, and several, are errors that list what is there. Change: live. */
  pci?: pulumi.Input<PassthroughDevicePci>;
  /** Which USB device it is, instead of `pci`: by `vendor` and `product` (with `serial` where there are several), by `bus` and `port`, or by both. No match, and several, are errors that list what is there. Change: live. */
  usb?: pulumi.Input<PassthroughDeviceUsb>;
  /** A mediated device (a vGPU), instead of `pci`: it is made of its parent, and removed with the resource, by `mdevctl` on the host. Its UUID is the claim's. Another type or parent makes it anew, which waits until no running guest has it. Change: live. */
  mdev?: pulumi.Input<PassthroughDeviceMdev>;
  /** Of a PCI device: claims all devices of its IOMMU group, which can only be passed on together: the others are bound to `vfio-pci` as long as the claim stands, so that nothing of the host uses them, and given back to their drivers with it. Without it a device whose group has others is refused. Default: false. Change: live. */
  wholeGroup?: pulumi.Input<boolean>;
  /** Claims it although the host itself seems to need it: a disk or USB stick that anything is mounted from, the network interface of the default route, the graphics card of its console. Default: false. Change: no effect on the host. */
  force?: pulumi.Input<boolean>;
}

export interface VirtualFunctionsPci {
  /** Its address, as `lspci -D` prints it: `0000:65:00.0`. Another slot, a new card or a firmware's update can give it to another device: vendor and product follow theirs. Change: live. */
  address?: pulumi.Input<string>;
  /** PCI vendor ID, four hexadecimal digits: `10de`. Goes with `product`. Change: live. */
  vendor?: pulumi.Input<string>;
  /** PCI device ID, four hexadecimal digits: `2684`. Goes with `vendor`. Change: live. */
  product?: pulumi.Input<string>;
  /** Which of several of this vendor and product it is, in the order of their addresses: 0 is the first. Change: live. */
  index?: pulumi.Input<number>;
  /** The name of the host's network interface whose card it is: `enp3s0`. It is gone while a guest has the card, and the claim remembers which card it was. Change: live. */
  interface?: pulumi.Input<string>;
}

export interface VirtualFunctionsFunction {
  /** Whether the guest may do what concerns the card as a whole: listen to everything (promiscuous mode, a bridge in the guest), and give the NIC another MAC address. Default: what the card begins with; `false` once it was stated and is no more. Change: live. */
  trust?: pulumi.Input<boolean>;
  /** Whether the card drops what the guest sends under another MAC address or VLAN than its own. A bridge in the guest needs `false`. Default: what the card begins with; `true` once it was stated and is no more. Change: live. */
  spoofCheck?: pulumi.Input<boolean>;
  /** The most that the guest may send, in Mbit/s; 0 for no limit. Some cards take it only with a link. Default: what the card begins with; 0 once it was stated and is no more. Change: live. */
  maxMbit?: pulumi.Input<number>;
}

/** Arguments of a {@link VirtualFunctions}. */
export interface VirtualFunctionsArgs {
  /** The host that has the device: a Host, or `{ uri }`. Change: replaces the resource. */
  host: HostReference;
  /** UUID of the claim that says on the host who divides the device. Default: computed once from the owner token and the URN. Change: replaces the resource. */
  uuid?: pulumi.Input<string>;
  /** Which PCI device it is, the physical function (PF): by `address`, by `vendor` and `product` (with `index` where there are several), or by `interface`. No match, and several, are errors that list what is there. Change: live. */
  pci: pulumi.Input<VirtualFunctionsPci>;
  /** How many virtual functions (VFs) it has. A change takes all of them away for a moment, and brings the new number: it is refused while one is in use, by whomever. Change: live. */
  count: pulumi.Input<number>;
  /** Brings the network interface of the physical function up, without which its virtual functions have no link. `false` leaves it as it is. Default: true. Change: live. */
  up?: pulumi.Input<boolean>;
  /** Whether the host brings all of this about by itself when it starts, before the next `up`: by a rule of udev, which goes with the resource. Default: false. Change: live. */
  persistent?: pulumi.Input<boolean>;
  /** Settings of virtual functions of a network card, by their number, of which 0 is the first. What is not stated is left as it is. Change: live. */
  functions?: pulumi.Input<{ [key: string]: pulumi.Input<VirtualFunctionsFunction> }>;
}

export interface GuestVcpus {
  /** vCPUs that the guest has. Change: live. */
  current: pulumi.Input<number>;
  /** vCPUs that it can be given while it runs. Change: with the next start. */
  max: pulumi.Input<number>;
}

export interface GuestMemoryHotplug {
  /** Number of memory devices that can be plugged. Change: with the next start. */
  slots: pulumi.Input<number>;
  /** Memory in MiB with all of them. Change: with the next start. */
  maxMiB: pulumi.Input<number>;
}

export interface GuestMemoryDevice {
  /** `dimm` comes and goes as a whole, and goes only if the guest lets go of all of it; `virtio-mem` (QEMU 6.0, libvirt 7.9) is resized by `requestedMiB`. Change: with the next start. */
  model: pulumi.Input<"dimm" | "virtio-mem">;
  /** Size in MiB; for `virtio-mem` the most that it can give. Change: with the next start. */
  sizeMiB: pulumi.Input<number>;
  /** What a `virtio-mem` device gives now, in MiB, a multiple of its block of 2 MiB. Default: `sizeMiB`. Change: live. */
  requestedMiB?: pulumi.Input<number>;
}

export interface GuestCpuTopology {
  /** CPU sockets. Change: with the next start. */
  sockets: pulumi.Input<number>;
  /** Cores in a socket. Change: with the next start. */
  cores: pulumi.Input<number>;
  /** Threads in a core. Change: with the next start. */
  threads: pulumi.Input<number>;
}

export interface GuestCpu {
  /** How the CPU is chosen. Change: with the next start. */
  mode: pulumi.Input<"host-model" | "host-passthrough" | "maximum" | "custom">;
  /** CPU model, with mode `custom`: `EPYC`, `Skylake-Server`… libvirt validates it. Change: with the next start. */
  model?: pulumi.Input<string>;
  /** Sockets, cores and threads; their product is the largest number of vCPUs. Change: with the next start. */
  topology?: pulumi.Input<GuestCpuTopology>;
  /** CPU features by name, with their policy. Change: with the next start. */
  features?: pulumi.Input<{ [key: string]: pulumi.Input<"force" | "require" | "optional" | "disable" | "forbid"> }>;
}

export interface GuestCputune {
  /** Weight among the guests of the host (cgroup CPU shares). Default: the host's own weight for a guest. Change: live. */
  shares?: pulumi.Input<number>;
  /** CPUs of the host on which a vCPU may run, by the number of the vCPU: `{ 0: "0-3" }`. Default: all CPUs. Change: live. */
  vcpuPins?: pulumi.Input<{ [key: string]: pulumi.Input<string> }>;
  /** CPUs of the host on which the rest of the guest's process may run. Default: all CPUs. Change: live. */
  emulatorPin?: pulumi.Input<string>;
}

export interface GuestBoot {
  /** Kernel image on the host. Change: with the next start. */
  kernel: pulumi.Input<string>;
  /** Initial RAM disk on the host. Change: with the next start. */
  initrd?: pulumi.Input<string>;
  /** Kernel command line. Change: with the next start. */
  commandLine?: pulumi.Input<string>;
}

export interface GuestDiskIotune {
  /** Bytes per second, read and written together. Change: live. */
  totalBytesSec?: pulumi.Input<number>;
  /** Bytes per second that are read. Change: live. */
  readBytesSec?: pulumi.Input<number>;
  /** Bytes per second that are written. Change: live. */
  writeBytesSec?: pulumi.Input<number>;
  /** I/O operations per second, reads and writes together. Change: live. */
  totalIopsSec?: pulumi.Input<number>;
  /** Reads per second. Change: live. */
  readIopsSec?: pulumi.Input<number>;
  /** Writes per second. Change: live. */
  writeIopsSec?: pulumi.Input<number>;
}

export interface GuestDisk {
  /** The Disk. The medium of a cdrom or floppy is changed and ejected while the guest runs. Change: with the next start. */
  disk?: DiskReference;
  /** A file or block device of the host, instead of `disk`. Neither of the two: a drive without a medium (cdrom, floppy). Change: with the next start. */
  path?: pulumi.Input<string>;
  /** What the guest sees. Default: `disk`. Change: with the next start. */
  device?: pulumi.Input<"disk" | "cdrom" | "floppy">;
  /** The bus: `virtio`, `scsi`, `sata`, `ide`, `usb`, `xen`, `fdc`. Default: `virtio` (Xen: `xen`); for a cdrom `sata` (Xen: `ide`; other architectures than x86: `scsi`). Change: with the next start. */
  bus?: pulumi.Input<string>;
  /** Logical device name, which fixes the order on the bus: `vda`. Default: the next free name of the bus, in the order of the program, recorded once; an adopted disk keeps its own. Change: with the next start. */
  target?: pulumi.Input<string>;
  /** Format of the image. Never probed: a guest can write what it likes into its disk. Default: the Disk's own, `raw` for a path. Change: with the next start. */
  format?: pulumi.Input<"raw" | "qcow2">;
  /** Cache mode of the host. Default: `none` on KVM, `writeback` under emulation, unset on Xen. Change: with the next start. */
  cache?: pulumi.Input<"none" | "writeback" | "writethrough" | "directsync" | "unsafe">;
  /** How the host does the I/O. Change: with the next start. */
  io?: pulumi.Input<"native" | "threads" | "io_uring">;
  /** Whether the guest's discards reach the image. Default: `unmap` on KVM and under emulation. Change: with the next start. */
  discard?: pulumi.Input<"unmap" | "ignore">;
  /** The guest cannot write. Default: false; true for a cdrom. Change: with the next start. */
  readOnly?: pulumi.Input<boolean>;
  /** Several guests may use the disk at once. Default: false. Change: with the next start. */
  shareable?: pulumi.Input<boolean>;
  /** Serial number that the guest sees. Default: the key (disks on KVM and under emulation). Change: with the next start. */
  serial?: pulumi.Input<string>;
  /** I/O limits of the disk. Change: live. */
  iotune?: pulumi.Input<GuestDiskIotune>;
  /** Place in the boot order, 1 first. Change: with the next start. */
  bootOrder?: pulumi.Input<number>;
}

export interface GuestNicBandwidthInbound {
  /** Average rate in kilobytes per second. Change: live. */
  averageKBs: pulumi.Input<number>;
  /** Largest rate in kilobytes per second, for a burst. Change: live. */
  peakKBs?: pulumi.Input<number>;
  /** Kilobytes that may pass at the largest rate. Change: live. */
  burstKB?: pulumi.Input<number>;
}

export interface GuestNicBandwidthOutbound {
  /** Average rate in kilobytes per second. Change: live. */
  averageKBs: pulumi.Input<number>;
  /** Largest rate in kilobytes per second, for a burst. Change: live. */
  peakKBs?: pulumi.Input<number>;
  /** Kilobytes that may pass at the largest rate. Change: live. */
  burstKB?: pulumi.Input<number>;
}

export interface GuestNicBandwidth {
  /** What the guest receives. Change: live. */
  inbound?: pulumi.Input<GuestNicBandwidthInbound>;
  /** What the guest sends. Change: live. */
  outbound?: pulumi.Input<GuestNicBandwidthOutbound>;
}

export interface GuestNic {
  /** A Network, or `{ name }` of one that is not managed here. Change: live. */
  network?: NetworkReference;
  /** An existing bridge of the host, instead of `network`. Change: live. */
  bridge?: pulumi.Input<string>;
  /** A virtual function of a network card of the host (SR-IOV), instead of `network`: a PassthroughDevice, or `{ host, address }` of one that is not managed here. The guest drives it itself; `mac` and `vlan` are set by the host, and the guest cannot change them. For any free one of a card's: a Network of mode `hostdev`. Change: live. */
  device?: PassthroughDeviceReference;
  /** User-mode networking: out through the host, nothing in. Needs no rights. Change: with the next start. */
  user?: pulumi.Input<true>;
  /** MAC address, in any spelling; kept as `52:54:00:12:34:56`. Default: computed once from the guest's UUID and the key (52:54:00:…). Change: with the next start. */
  mac?: pulumi.Input<string>;
  /** Model of the NIC, of those that libvirt documents. Another one that the host's QEMU has by raw XML: `at: "nics.KEY"`, `fragment: "<model type='…'/>"`. Default: `virtio`; `e1000` on Xen full virtualization, `netfront` on Xen PV and PVH. Change: with the next start. */
  model?: pulumi.Input<
    | "virtio"
    | "virtio-transitional"
    | "virtio-non-transitional"
    | "e1000"
    | "e1000e"
    | "igb"
    | "rtl8139"
    | "vmxnet3"
    | "ne2k_isa"
    | "ne2k_pci"
    | "pcnet"
    | "i82551"
    | "i82557b"
    | "i82559er"
    | "usb-net"
    | "spapr-vlan"
    | "lan9118"
    | "smc91c111"
    | "netfront"
  >;
  /** Whether the cable is plugged. Default: up. Change: live. */
  linkState?: pulumi.Input<"up" | "down">;
  /** VLAN tag of the NIC's traffic, on a network or bridge of the host's own (not NAT). Needs libvirt 11.0 (live from there on) and a Linux bridge with `vlan_filtering` 1: without that libvirt takes the tag, and nothing is separated. Or Open vSwitch, or a virtual function (`device`, or a Network of mode `hostdev`), whose card sees to it. Change: live. */
  vlan?: pulumi.Input<number>;
  /** Traffic shaping. Change: live. */
  bandwidth?: pulumi.Input<GuestNicBandwidth>;
  /** MTU in bytes that the guest is told. Change: with the next start. */
  mtu?: pulumi.Input<number>;
  /** Queues of a virtio NIC, at most one a vCPU. Change: with the next start. */
  queues?: pulumi.Input<number>;
  /** Place in the boot order, 1 first. Change: with the next start. */
  bootOrder?: pulumi.Input<number>;
}

export interface GuestPassthrough {
  /** The PassthroughDevice, or `{ host, address }` for one that is not managed here: `0000:65:00.0` (PCI), `046d:c52b` or `046d:c52b@001:004` (USB), or the UUID of a mediated device. libvirt takes it from the host's driver when the guest gets it, and gives it back afterwards. Change: live. */
  device: PassthroughDeviceReference;
  /** A file of the host with the device's option ROM, where its own cannot be read: for graphics cards that the host's firmware has used. Change: with the next start. */
  romFile?: pulumi.Input<string>;
  /** Key of the device of `passthrough` on whose slot of the guest this one is, as a further function of it (`multifunction`): the sound of a graphics card beside the card, where its driver looks for it. All of a slot come and go with a start of the guest. Not for USB devices. Default: a slot of its own. Change: with the next start. */
  onSlotOf?: pulumi.Input<string>;
}

export interface GuestConsole {
  /** File on the host that keeps what the console says. Change: with the next start. */
  logFile?: pulumi.Input<string>;
}

export interface GuestGraphics {
  /** Protocol; `none` for a guest without a screen. Change: with the next start. */
  type: pulumi.Input<"vnc" | "spice" | "none">;
  /** Address to listen on. Default: `127.0.0.1`. Change: with the next start. */
  listen?: pulumi.Input<string>;
  /** TCP port. Default: chosen by libvirt, from 5900 on. Change: with the next start. */
  port?: pulumi.Input<number>;
  /** Password; VNC knows at most 8 characters. Change: live. */
  password?: pulumi.Input<string>;
}

export interface GuestVideo {
  /** Model of the graphics card. Change: with the next start. */
  model: pulumi.Input<"virtio" | "vga" | "qxl" | "bochs" | "cirrus" | "none">;
  /** Video memory in MiB, for models that take it. Change: with the next start. */
  vramMiB?: pulumi.Input<number>;
}

export interface GuestChannel {
  /** Where the channel ends on the host. Default: `unix`. Change: with the next start. */
  type?: pulumi.Input<"unix" | "spicevmc">;
  /** Name that the guest sees: `org.example.channel.0`. Change: with the next start. */
  name: pulumi.Input<string>;
}

export interface GuestRng {
  /** Device of the host that random numbers are read from: `/dev/urandom`. Change: with the next start. */
  source: pulumi.Input<string>;
}

export interface GuestWatchdog {
  /** Model of the watchdog. Default: `i6300esb`. Change: with the next start. */
  model?: pulumi.Input<"i6300esb" | "ib700" | "diag288" | "itco">;
  /** What happens when the guest stops feeding it. Default: `reset`. Change: with the next start. */
  action?: pulumi.Input<"reset" | "shutdown" | "poweroff" | "pause" | "none" | "dump" | "inject-nmi">;
}

export interface GuestTpm {
  /** Model of the TPM. Default: `tpm-crb`. Change: with the next start. */
  model?: pulumi.Input<"tpm-crb" | "tpm-tis" | "tpm-spapr">;
  /** TPM version; emulated by swtpm on the host. Default: `2.0`. Change: with the next start. */
  version?: pulumi.Input<"1.2" | "2.0">;
}

export interface GuestClock {
  /** What the hardware clock says. Change: with the next start. */
  offset: pulumi.Input<"utc" | "localtime">;
}

export interface GuestXml {
  /** The parent element: a path of names below `<domain>` (`devices`, `cpu/numa`), or a device by its key, wherever it stands (`nics.lan`, `disks.root`, `passthrough.gpu`, `channels.…`, `memoryDevices.…`), and what is in it (`disks.root/source`). In `devices` the fragment is one more device. A path that several elements have is refused. Default: directly below `<domain>`. Change: with the next start. */
  at?: pulumi.Input<string>;
  /** One XML element. Where the typed fields write it as well, its words win and the rest stays; of elements that may stand several times (`<timer>`, `<cell>`, `<vcpupin>`…) the one with the same name or number is meant, else it is one more. Change: with the next start. */
  fragment: pulumi.Input<string>;
}

/** Arguments of a {@link Guest}. */
export interface GuestArgs {
  /** The host that runs the guest: a Host, or `{ uri }`. Change: replaces the resource. */
  host: HostReference;
  /** The guest's name on the host. A guest that is off is renamed; a running one must stop first. Default: the resource's name. Change: with the next start. */
  name?: pulumi.Input<string>;
  /** The guest's UUID; it is addressed by nothing else. Default: computed once from the owner token and the URN. Change: replaces the resource. */
  uuid?: pulumi.Input<string>;
  /** Short title, one line. Change: live. */
  title?: pulumi.Input<string>;
  /** Description for people. A new text of one line is `live`; one of several lines waits for the next start. Change: live. */
  description?: pulumi.Input<string>;
  /** Your own keys (any text) and values, kept in the guest's metadata on the host. Change: live. */
  metadata?: pulumi.Input<{ [key: string]: pulumi.Input<string> }>;
  /** `full`: an unmodified guest OS. `paravirtual` and `pvh` exist on Xen only. Default: `full`. Change: with the next start. */
  virtualization?: pulumi.Input<"full" | "paravirtual" | "pvh">;
  /** Family of the guest's operating system; it steers defaults (clock, hyperv, TPM). Default: `linux`. Change: with the next start. */
  os?: pulumi.Input<"linux" | "windows">;
  /** How the guest is run. Default: what the host can really do: `kvm`, `xen`, else `qemu` (emulation). Change: with the next start. */
  domainType?: pulumi.Input<"kvm" | "qemu" | "xen">;
  /** Architecture of the guest: `x86_64`, `aarch64`. Another one than the host's is emulated. Default: the host's. Change: with the next start. */
  architecture?: pulumi.Input<string>;
  /** Machine type: `q35`, `pc`… An alias stays what it was when the guest was made, across upgrades of the host. Default: `q35` on KVM and under emulation (`virt` on aarch64), `xenfv`, `xenpv` or `xenpvh` on Xen. Change: with the next start. */
  machine?: pulumi.Input<string>;
  /** `efi` is UEFI without, `efi-secure` with secure boot; libvirt picks the image that the host has. Default: `bios`; `efi` on aarch64, unless a kernel is given in `boot`. Change: with the next start. */
  firmware?: pulumi.Input<"bios" | "efi" | "efi-secure">;
  /** Number of vCPUs, or `{ current, max }` to leave room for more. Up to the number that the guest was started with room for, a change is live; taking away one that was plugged needs KVM and the guest's help; those it was started with stay until the next start. Change: live. */
  vcpus: pulumi.Input<number | GuestVcpus>;
  /** Memory in MiB. Up to what the guest was started with (`maxMemoryMiB`) the balloon follows while it runs; with `memoryHotplug` it is what the guest has without memory devices. Change: live. */
  memoryMiB: pulumi.Input<number>;
  /** Memory in MiB that the balloon can grow to. Default: `memoryMiB`. Change: with the next start. */
  maxMemoryMiB?: pulumi.Input<number>;
  /** Room for memory devices (formatdomain, `maxMemory`); the guest gets a NUMA node for it. Change: with the next start. */
  memoryHotplug?: pulumi.Input<GuestMemoryHotplug>;
  /** Memory plugged beside `memoryMiB`; needs `memoryHotplug`. Change: live. */
  memoryDevices?: pulumi.Input<{ [key: string]: pulumi.Input<GuestMemoryDevice> }>;
  /** The CPU that the guest sees. Default: `host-model` on KVM, `maximum` under emulation. Change: with the next start. */
  cpu?: pulumi.Input<GuestCpu>;
  /** Whether the guest's CPU does not say that it is one of KVM's (formatdomain, `kvm`, `hidden`), for drivers that refuse to work in a guest, such as older ones of graphics cards. Windows is shown another maker of its Hyper-V features as well. A guest that looks closely knows all the same; x86 only. Default: false. Change: with the next start. */
  hideHypervisor?: pulumi.Input<boolean>;
  /** CPU pinning and weight. Change: live. */
  cputune?: pulumi.Input<GuestCputune>;
  /** Program on the host that finds the kernel on the disk of a paravirtual guest: `pygrub`, or an absolute path (formatdomain, "Host bootloader"). Without it, `boot` gives the kernel. Default: `pygrub` for paravirtual guests without `boot`; none otherwise. Change: with the next start. */
  bootloader?: pulumi.Input<string>;
  /** Direct kernel boot. Change: with the next start. */
  boot?: pulumi.Input<GuestBoot>;
  /** Disks and drives. Disks on the buses `virtio`, `scsi` and `usb` come and go while the guest runs, as long as it has room. Change: live. */
  disks?: pulumi.Input<{ [key: string]: pulumi.Input<GuestDisk> }>;
  /** NICs, which come and go while the guest runs, as long as it has room. Change: live. */
  nics?: pulumi.Input<{ [key: string]: pulumi.Input<GuestNic> }>;
  /** Devices of the host that the guest has for itself. A guest with one can in general not be saved, snapshotted with its memory or migrated while it runs. Change: with the next start. */
  passthrough?: pulumi.Input<{ [key: string]: pulumi.Input<GuestPassthrough> }>;
  /** The serial console, which every guest has. Change: with the next start. */
  console?: pulumi.Input<GuestConsole>;
  /** The guest's screen. Its graphics card and tablet come and go with it, unless they are stated. Default: VNC on 127.0.0.1 (KVM, Xen full virtualization), else none. Change: with the next start. */
  graphics?: pulumi.Input<GuestGraphics>;
  /** The graphics card. Default: `virtio` on KVM, `vga` on Xen; none without graphics. Change: with the next start. */
  video?: pulumi.Input<GuestVideo>;
  /** A USB tablet, so that the pointer follows. Default: true with graphics. Change: with the next start. */
  tablet?: pulumi.Input<boolean>;
  /** virtio channels between guest and host. Change: live. */
  channels?: pulumi.Input<{ [key: string]: pulumi.Input<GuestChannel> }>;
  /** The channel of QEMU's guest agent. Default: true on KVM and under emulation. Change: with the next start. */
  agent?: pulumi.Input<boolean>;
  /** virtio random number generator, fed by a device of the host; `false` for none. Default: `/dev/urandom` on KVM and under emulation. Change: with the next start. */
  rng?: pulumi.Input<false | GuestRng>;
  /** A watchdog; `{}` for one with the defaults. Change: with the next start. */
  watchdog?: pulumi.Input<GuestWatchdog>;
  /** An emulated TPM; `{}` for one with the defaults. Default: none; `tpm-crb` 2.0 for Windows on KVM. Change: with the next start. */
  tpm?: pulumi.Input<GuestTpm>;
  /** The memory balloon. Default: true. Change: with the next start. */
  balloon?: pulumi.Input<boolean>;
  /** The clock. Default: `utc`; `localtime` for Windows. Change: with the next start. */
  clock?: pulumi.Input<GuestClock>;
  /** When the guest powers off. Default: `destroy`. Change: with the next start. */
  onPoweroff?: pulumi.Input<"destroy" | "restart" | "preserve">;
  /** When the guest reboots. Default: `restart`. Change: with the next start. */
  onReboot?: pulumi.Input<"destroy" | "restart" | "preserve">;
  /** When the guest crashes. Default: `destroy`. Change: with the next start. */
  onCrash?: pulumi.Input<"destroy" | "restart" | "preserve" | "coredump-destroy" | "coredump-restart">;
  /** PCIe root ports on `q35` and `virt` beside those that the guest's devices need when it is made: one for each device that may be plugged while it runs. A device that is plugged takes one, which is no difference; one that finds none waits for the next start. More of them come, and free ones go, with a start; a port that a device is on stays. Other machines need none. Default: 8. Change: with the next start. */
  spareRootPorts?: pulumi.Input<number>;
  /** Whether the guest is started with the host. Default: false. Change: live. */
  autostart?: pulumi.Input<boolean>;
  /** Whether the guest runs. `false` shuts it down, `true` starts it. Default: true. Change: stops or starts it. */
  running?: pulumi.Input<boolean>;
  /** What an update may do to a running guest: `never` leaves what needs a start waiting (output `pending`), `ifNeeded` shuts it down and starts it again. Default: `never`. Change: no effect on the host. */
  restart?: pulumi.Input<"never" | "ifNeeded">;
  /** Any text; a running guest that was started with another one, or with none, is shut down and started again, once, whatever `restart` says. A guest that is off is not started, and one that is just adopted goes on. Change: with the next start. */
  restartTrigger?: pulumi.Input<string>;
  /** Time a guest is given to shut down for a stop, a restart or a deletion, in seconds. It is asked again every five seconds; after that time it is an error, unless `forceOff` is true. Default: 120. Change: no effect on the host. */
  shutdownTimeoutSeconds?: pulumi.Input<number>;
  /** Whether a guest that does not shut down in time, or is paused, suspended or crashed and hears nothing, is switched off: for a stop, a restart and a deletion alike. Default: false. Change: no effect on the host. */
  forceOff?: pulumi.Input<boolean>;
  /** What every creation, and every update that leaves the guest running, waits for in the end. `address`: each NIC that is on a network whose DHCP libvirt serves, with its link up, has an address (IPv4 or IPv6) by its MAC address; then they stand in the output `addresses` of the same `up`. After `waitForTimeoutSeconds`, or where the guest goes off or is paused, that is an error; the guest is kept and runs on, and the next `up` waits again. Previews and refreshes never wait. After a start only what was given out since counts, except where leases never end (`expiry` 0) and where an `up` that was killed had started the guest: then an address of an earlier run counts as well. Refused where no NIC can ever have one. Default: `none`. Change: no effect on the host. */
  waitFor?: pulumi.Input<"none" | "address">;
  /** Time that `waitFor` waits at most, in seconds, counted from when all the rest is done. Default: 300. Change: no effect on the host. */
  waitForTimeoutSeconds?: pulumi.Input<number>;
  /** Whether a managed-save image may be dropped, with the memory of the guest in it. It resumes the guest with its old definition, so changes wait behind it. Default: false. Change: no effect on the host. */
  removeManagedSave?: pulumi.Input<boolean>;
  /** Take over a guest of this name that exists already. Default: false: an existing guest is refused. Change: no effect on the host. */
  adopt?: pulumi.Input<boolean>;
  /** Whether destroying the resource deletes what was adopted, too. Without it an adopted guest is left on the host as it is, and only the mark that says whose it is goes. Default: false. Change: no effect on the host. */
  deleteAdopted?: pulumi.Input<boolean>;
  /** What the typed fields do not cover: XML elements by a key of your choice, owned like any other input. Change: with the next start. */
  xml?: pulumi.Input<{ [key: string]: pulumi.Input<GuestXml> }>;
}

/** A VM Host Server that speaks libvirt. Nothing is changed on it; it is connected to, recognised and described. */
export class Host extends VirtResource {
  /** libvirt connection URI (libvirt.org/uri.html), for instance `qemu+ssh://root@kvm1.example.org/system`, `qemu:///session`, `xen:///system`, or an alias of libvirt.conf (`uri_aliases`). ssh uses your own configuration, agent and known_hosts. */
  declare readonly uri: pulumi.Output<output.Host["uri"]>;

  /** The host's UUID as libvirt knows it, pinned when it was first seen. */
  declare readonly hostUuid: pulumi.Output<output.Host["hostUuid"]>;

  /** What guests really run on: `kvm` only where it is usable, `qemu` for emulation. */
  declare readonly hypervisor: pulumi.Output<output.Host["hypervisor"]>;

  /** For instance `QEMU 7.2.22`. */
  declare readonly hypervisorVersion: pulumi.Output<output.Host["hypervisorVersion"]>;

  /** For instance `9.0.0`. */
  declare readonly libvirtVersion: pulumi.Output<output.Host["libvirtVersion"]>;

  /** The host's CPU: sockets, cores a socket, threads a core. */
  declare readonly cpu: pulumi.Output<output.Host["cpu"]>;

  /** The host's memory in MiB. */
  declare readonly memoryMiB: pulumi.Output<output.Host["memoryMiB"]>;

  /** Whether unmodified guests can run (HVM, or emulation). */
  declare readonly fullVirtualization: pulumi.Output<output.Host["fullVirtualization"]>;

  /** Whether paravirtual guests can run (Xen only). */
  declare readonly paravirtual: pulumi.Output<output.Host["paravirtual"]>;

  /** What speeds full virtualization up; `none`: guests are emulated. */
  declare readonly acceleration: pulumi.Output<output.Host["acceleration"]>;

  /** Whether the host has a working IOMMU, which PCI passthrough needs. */
  declare readonly iommu: pulumi.Output<output.Host["iommu"]>;

  /** Devices that could be passed on, bridges and hubs left out; `kind` is the input by which a PassthroughDevice takes it. Each has its address, a description with vendor and product, and the guests that run with it. PCI devices: driver, IOMMU group, NUMA node, network interfaces, virtual functions (how many it can have, and those that it has), and the physical function of a virtual one. USB devices: bus, port, and the serial number where there is a shell on the host. What mediated devices can be made of, a PCI device or another one (`mdev`): their types, and how many more of each there can be. */
  declare readonly devices: pulumi.Output<output.Host["devices"]>;

  /** Security drivers: `apparmor`, `selinux`, `dac`. */
  declare readonly securityDrivers: pulumi.Output<output.Host["securityDrivers"]>;

  /** Machine types for guests of the host's own architecture. */
  declare readonly machineTypes: pulumi.Output<output.Host["machineTypes"]>;

  /** Storage pools that are there and that no pulumi-virt resource made. */
  declare readonly pools: pulumi.Output<output.Host["pools"]>;

  /** Networks that are there and that no pulumi-virt resource made. */
  declare readonly networks: pulumi.Output<output.Host["networks"]>;

  /** On Xen: what its management domain (Dom0) has, the memory in MiB that is free for guests, the scheduler, the number of NUMA nodes, and what `xl info` calls virt_caps (`hvm_directio`: PCI passthrough), where there is a shell on the host. Dom0 itself is left alone. */
  declare readonly xen: pulumi.Output<output.Host["xen"]>;

  /** What a guest could not have on this host, why, and what to do about it; `npx pulumi-virt doctor URI` says the same and more. */
  declare readonly readiness: pulumi.Output<output.Host["readiness"]>;

  constructor(name: string, args: HostArgs, options?: pulumi.CustomResourceOptions) {
    super(name, "host", args, options);
  }
}

/** A storage pool (libvirt.org/formatstorage.html). What it holds is never touched. */
export class Pool extends VirtResource {
  /** The host that holds the pool: a Host, or `{ uri }`. */
  declare readonly host: pulumi.Output<output.Pool["host"]>;

  /** The pool's name on the host. */
  declare readonly name: pulumi.Output<output.Pool["name"]>;

  /** The pool's UUID. */
  declare readonly uuid: pulumi.Output<output.Pool["uuid"]>;

  /** `dir` (a folder), `fs` (a file system on a block device), `logical` (an LVM volume group), `netfs` (NFS or CIFS). */
  declare readonly type: pulumi.Output<output.Pool["type"]>;

  /** Where the volumes appear: the folder, or the mount point of `fs` and `netfs`. */
  declare readonly path: pulumi.Output<output.Pool["path"]>;

  /** Where the storage comes from: `devices` (fs, logical), `host` and `directory` (netfs), `name` (the volume group of `logical`), `format` (`ext4`, `nfs`…). */
  declare readonly source: pulumi.Output<output.Pool["source"]>;

  /** Whether the storage is made ready: the folder is created, for `logical` the volume group. Devices are never formatted over what they hold. */
  declare readonly build: pulumi.Output<output.Pool["build"]>;

  /** Whether the pool is active. A `dir` pool stops under running guests without harm; any other one is refused while guests run on its volumes. */
  declare readonly running: pulumi.Output<output.Pool["running"]>;

  /** Whether the pool is started with the host. */
  declare readonly autostart: pulumi.Output<output.Pool["autostart"]>;

  /** Take over a pool of this name that exists already. It is left defined and running on delete. */
  declare readonly adopt: pulumi.Output<output.Pool["adopt"]>;

  /** Whether destroying the resource deletes what was adopted, too. Without it an adopted pool is left on the host as it is, and only the mark that says whose it is goes. */
  declare readonly deleteAdopted: pulumi.Output<output.Pool["deleteAdopted"]>;

  /** Whether the pool is active now. */
  declare readonly active: pulumi.Output<output.Pool["active"]>;

  /** Size of the storage in GiB, 0 while it is not active. */
  declare readonly capacityGiB: pulumi.Output<output.Pool["capacityGiB"]>;

  constructor(name: string, args: PoolArgs, options?: pulumi.CustomResourceOptions) {
    super(name, "pool", args, options);
  }
}

/** A volume of a storage pool, with the data on it. It grows and never shrinks; what is in use is never deleted. */
export class Disk extends VirtResource {
  /** The pool that holds the disk: a Pool, or `{ host, name }` for one that is not managed here. */
  declare readonly pool: pulumi.Output<output.Disk["pool"]>;

  /** The volume's name in the pool. */
  declare readonly name: pulumi.Output<output.Disk["name"]>;

  /** UUID of the claim that says on the host whose the volume is. */
  declare readonly uuid: pulumi.Output<output.Disk["uuid"]>;

  /** Absolute path of the volume on the host. */
  declare readonly path: pulumi.Output<output.Disk["path"]>;

  /** `qcow2` (compat 1.1, sparse) or `raw` (sparse). Recorded here and never read from the image: a guest could write one. */
  declare readonly format: pulumi.Output<output.Disk["format"]>;

  /** Size that the guest sees, in GiB (fractions allowed; rounded up to 64 KiB). May grow, also under a running guest; never shrinks. */
  declare readonly sizeGiB: pulumi.Output<output.Disk["sizeGiB"]>;

  /** The disk beneath: this one holds only what differs from it. Seeds the disk once; a later change is told and touches nothing. */
  declare readonly backing: pulumi.Output<output.Disk["backing"]>;

  /** The image that fills the disk: a file on the machine that runs Pulumi (`path`), or from a server (`url`). A qcow2 image without a backing file, plain content where `format` is `raw`, or one of the two packed with gzip, xz, zstd or bzip2; qcow2 is converted where `format` is `raw`. Its first bytes are looked at before anything is made. Seeds the disk once; another source, and another content of the same file, are told later and touch nothing (see `onSourceChange`). */
  declare readonly source: pulumi.Output<output.Disk["source"]>;

  /** What another `source`, or another content of its file, does to a disk that was filled from one: `keep` tells it and touches nothing; `replace` deletes the disk with all data that came onto it since, and makes it anew. */
  declare readonly onSourceChange: pulumi.Output<output.Disk["onSourceChange"]>;

  /** What the disk was filled with: the stated digest of `source`, or a fingerprint of its URL, or of the file (its size and its two ends). */
  declare readonly seed: pulumi.Output<output.Disk["seed"]>;

  /** Take over a volume of this name that exists already, with its data. Said of a Disk that has been made, it takes over another file that somebody put in its place, such as a restored copy. */
  declare readonly adopt: pulumi.Output<output.Disk["adopt"]>;

  /** Whether destroying the resource deletes what was adopted, too. Without it an adopted disk is left on the host as it is, and only the mark that says whose it is goes. Another file in the place of the one that was made or taken over is left in any case. */
  declare readonly deleteAdopted: pulumi.Output<output.Disk["deleteAdopted"]>;

  /** Size that a guest sees, in GiB. */
  declare readonly capacityGiB: pulumi.Output<output.Disk["capacityGiB"]>;

  constructor(name: string, args: DiskArgs, options?: pulumi.CustomResourceOptions) {
    super(name, "disk", args, options);
  }
}

/** A virtual network of the host (libvirt.org/formatnetwork.html). */
export class Network extends VirtResource {
  /** The host that holds the network: a Host, or `{ uri }`. */
  declare readonly host: pulumi.Output<output.Network["host"]>;

  /** The network's name on the host. */
  declare readonly name: pulumi.Output<output.Network["name"]>;

  /** The network's UUID. */
  declare readonly uuid: pulumi.Output<output.Network["uuid"]>;

  /** `nat` (guests reach out through the host), `route` (routed without translation), `isolated` (guests and host only), `bridge` (an existing bridge of the host), `hostdev` (each NIC is a free virtual function of a network card, SR-IOV). */
  declare readonly mode: pulumi.Output<output.Network["mode"]>;

  /** Name of the bridge: the one to use in mode `bridge`, the one to make otherwise. As an output it is the bridge's name also where libvirt chose it. */
  declare readonly bridge: pulumi.Output<output.Network["bridge"]>;

  /** The network interface of the card whose virtual functions are given to guests, in mode `hostdev`, all that it has: `enp3s0`. */
  declare readonly physicalFunction: pulumi.Output<output.Network["physicalFunction"]>;

  /** The virtual functions that are given to guests, in mode `hostdev`, instead of all of a card's: some of the output `addresses` of VirtualFunctions. One that a PassthroughDevice claims is refused. */
  declare readonly virtualFunctions: pulumi.Output<output.Network["virtualFunctions"]>;

  /** IPv4 of the network. */
  declare readonly ipv4: pulumi.Output<output.Network["ipv4"]>;

  /** IPv6 of the network. */
  declare readonly ipv6: pulumi.Output<output.Network["ipv6"]>;

  /** DNS domain of the guests. */
  declare readonly domain: pulumi.Output<output.Network["domain"]>;

  /** The network's DNS. */
  declare readonly dns: pulumi.Output<output.Network["dns"]>;

  /** MTU in bytes. */
  declare readonly mtu: pulumi.Output<output.Network["mtu"]>;

  /** Whether the network is active, as it is defined and with all its guests linked: what somebody stopped or restarted under them is mended. */
  declare readonly running: pulumi.Output<output.Network["running"]>;

  /** Whether the network is started with the host. */
  declare readonly autostart: pulumi.Output<output.Network["autostart"]>;

  /** Take over a network of this name that exists already. */
  declare readonly adopt: pulumi.Output<output.Network["adopt"]>;

  /** Whether destroying the resource deletes what was adopted, too. Without it an adopted network is left on the host as it is, and only the mark that says whose it is goes. */
  declare readonly deleteAdopted: pulumi.Output<output.Network["deleteAdopted"]>;

  /** Whether the network is active now. */
  declare readonly active: pulumi.Output<output.Network["active"]>;

  constructor(name: string, args: NetworkArgs, options?: pulumi.CustomResourceOptions) {
    super(name, "network", args, options);
  }
}

/** A device of the host that belongs to one guest (libvirt.org/formatnode.html). It is claimed for this program, and given to a guest by the guest's `passthrough`. */
export class PassthroughDevice extends VirtResource {
  /** The host that has the device: a Host, or `{ uri }`. */
  declare readonly host: pulumi.Output<output.PassthroughDevice["host"]>;

  /** UUID of the claim that says on the host whose the device is. */
  declare readonly uuid: pulumi.Output<output.PassthroughDevice["uuid"]>;

  /** Which PCI device it is: by `address`, by `vendor` and `product` (with `index` where there are several), by `interface`, or by `physicalFunction` and `virtualFunction`. No match, and several, are errors that list what is there. */
  declare readonly pci: pulumi.Output<output.PassthroughDevice["pci"]>;

  /** Which USB device it is, instead of `pci`: by `vendor` and `product` (with `serial` where there are several), by `bus` and `port`, or by both. No match, and several, are errors that list what is there. */
  declare readonly usb: pulumi.Output<output.PassthroughDevice["usb"]>;

  /** A mediated device (a vGPU), instead of `pci`: it is made of its parent, and removed with the resource, by `mdevctl` on the host. Its UUID is the claim's. Another type or parent makes it anew, which waits until no running guest has it. */
  declare readonly mdev: pulumi.Output<output.PassthroughDevice["mdev"]>;

  /** Of a PCI device: claims all devices of its IOMMU group, which can only be passed on together: the others are bound to `vfio-pci` as long as the claim stands, so that nothing of the host uses them, and given back to their drivers with it. Without it a device whose group has others is refused. */
  declare readonly wholeGroup: pulumi.Output<output.PassthroughDevice["wholeGroup"]>;

  /** Claims it although the host itself seems to need it: a disk or USB stick that anything is mounted from, the network interface of the default route, the graphics card of its console. */
  declare readonly force: pulumi.Output<output.PassthroughDevice["force"]>;

  /** Where it is now: `0000:65:00.0`; of a USB device what it is, and its bus and number, `046d:c52b@001:004`; of a mediated device its UUID. */
  declare readonly address: pulumi.Output<output.PassthroughDevice["address"]>;

  /** What it is, in words: `VGA compatible controller: NVIDIA Corporation AD102 (10de:2684)`. */
  declare readonly description: pulumi.Output<output.PassthroughDevice["description"]>;

  /** The driver that has it now: the host's own, or `vfio-pci` while a guest has it. */
  declare readonly driver: pulumi.Output<output.PassthroughDevice["driver"]>;

  /** The number of its IOMMU group, where the host has an IOMMU. */
  declare readonly iommuGroup: pulumi.Output<output.PassthroughDevice["iommuGroup"]>;

  /** Addresses of the other devices of its IOMMU group, bridges left out; of a PCI device. */
  declare readonly groupMembers: pulumi.Output<output.PassthroughDevice["groupMembers"]>;

  /** The NUMA node that it is next to, where the firmware says. */
  declare readonly numaNode: pulumi.Output<output.PassthroughDevice["numaNode"]>;

  constructor(name: string, args: PassthroughDeviceArgs, options?: pulumi.CustomResourceOptions) {
    super(name, "passthroughDevice", args, options);
  }
}

/** The virtual functions (VFs) of a device of the host (SR-IOV): how many a physical function (PF) is divided into, each of which can be passed on to a guest of its own. */
export class VirtualFunctions extends VirtResource {
  /** The host that has the device: a Host, or `{ uri }`. */
  declare readonly host: pulumi.Output<output.VirtualFunctions["host"]>;

  /** UUID of the claim that says on the host who divides the device. */
  declare readonly uuid: pulumi.Output<output.VirtualFunctions["uuid"]>;

  /** Which PCI device it is, the physical function (PF): by `address`, by `vendor` and `product` (with `index` where there are several), or by `interface`. No match, and several, are errors that list what is there. */
  declare readonly pci: pulumi.Output<output.VirtualFunctions["pci"]>;

  /** How many virtual functions (VFs) it has. A change takes all of them away for a moment, and brings the new number: it is refused while one is in use, by whomever. */
  declare readonly count: pulumi.Output<output.VirtualFunctions["count"]>;

  /** Brings the network interface of the physical function up, without which its virtual functions have no link. `false` leaves it as it is. */
  declare readonly up: pulumi.Output<output.VirtualFunctions["up"]>;

  /** Whether the host brings all of this about by itself when it starts, before the next `up`: by a rule of udev, which goes with the resource. */
  declare readonly persistent: pulumi.Output<output.VirtualFunctions["persistent"]>;

  /** Settings of virtual functions of a network card, by their number, of which 0 is the first. What is not stated is left as it is. */
  declare readonly functions: pulumi.Output<output.VirtualFunctions["functions"]>;

  /** Where the physical function is now: `0000:03:00.0`. */
  declare readonly address: pulumi.Output<output.VirtualFunctions["address"]>;

  /** What it is, in words: `Ethernet controller: Intel Corporation 82576 Gigabit Network Connection (8086:10c9)`. */
  declare readonly description: pulumi.Output<output.VirtualFunctions["description"]>;

  /** The network interface of the physical function, where it has one: `enp3s0`. */
  declare readonly interface: pulumi.Output<output.VirtualFunctions["interface"]>;

  /** How many virtual functions it can have. */
  declare readonly maximum: pulumi.Output<output.VirtualFunctions["maximum"]>;

  /** Addresses of the virtual functions in the order of their number, from 0. */
  declare readonly addresses: pulumi.Output<output.VirtualFunctions["addresses"]>;

  constructor(name: string, args: VirtualFunctionsArgs, options?: pulumi.CustomResourceOptions) {
    super(name, "virtualFunctions", args, options);
  }
}

/** A VM Guest (libvirt.org/formatdomain.html). */
export class Guest extends VirtResource {
  /** The host that runs the guest: a Host, or `{ uri }`. */
  declare readonly host: pulumi.Output<output.Guest["host"]>;

  /** The guest's name on the host. A guest that is off is renamed; a running one must stop first. */
  declare readonly name: pulumi.Output<output.Guest["name"]>;

  /** The guest's UUID; it is addressed by nothing else. */
  declare readonly uuid: pulumi.Output<output.Guest["uuid"]>;

  /** Short title, one line. */
  declare readonly title: pulumi.Output<output.Guest["title"]>;

  /** Description for people. A new text of one line is `live`; one of several lines waits for the next start. */
  declare readonly description: pulumi.Output<output.Guest["description"]>;

  /** Your own keys (any text) and values, kept in the guest's metadata on the host. */
  declare readonly metadata: pulumi.Output<output.Guest["metadata"]>;

  /** `full`: an unmodified guest OS. `paravirtual` and `pvh` exist on Xen only. */
  declare readonly virtualization: pulumi.Output<output.Guest["virtualization"]>;

  /** Family of the guest's operating system; it steers defaults (clock, hyperv, TPM). */
  declare readonly os: pulumi.Output<output.Guest["os"]>;

  /** How the guest is run. */
  declare readonly domainType: pulumi.Output<output.Guest["domainType"]>;

  /** Architecture of the guest: `x86_64`, `aarch64`. Another one than the host's is emulated. */
  declare readonly architecture: pulumi.Output<output.Guest["architecture"]>;

  /** Machine type: `q35`, `pc`… An alias stays what it was when the guest was made, across upgrades of the host. */
  declare readonly machine: pulumi.Output<output.Guest["machine"]>;

  /** `efi` is UEFI without, `efi-secure` with secure boot; libvirt picks the image that the host has. */
  declare readonly firmware: pulumi.Output<output.Guest["firmware"]>;

  /** Number of vCPUs, or `{ current, max }` to leave room for more. Up to the number that the guest was started with room for, a change is live; taking away one that was plugged needs KVM and the guest's help; those it was started with stay until the next start. */
  declare readonly vcpus: pulumi.Output<output.Guest["vcpus"]>;

  /** Memory in MiB. Up to what the guest was started with (`maxMemoryMiB`) the balloon follows while it runs; with `memoryHotplug` it is what the guest has without memory devices. */
  declare readonly memoryMiB: pulumi.Output<output.Guest["memoryMiB"]>;

  /** Memory in MiB that the balloon can grow to. */
  declare readonly maxMemoryMiB: pulumi.Output<output.Guest["maxMemoryMiB"]>;

  /** Room for memory devices (formatdomain, `maxMemory`); the guest gets a NUMA node for it. */
  declare readonly memoryHotplug: pulumi.Output<output.Guest["memoryHotplug"]>;

  /** Memory plugged beside `memoryMiB`; needs `memoryHotplug`. */
  declare readonly memoryDevices: pulumi.Output<output.Guest["memoryDevices"]>;

  /** The CPU that the guest sees. */
  declare readonly cpu: pulumi.Output<output.Guest["cpu"]>;

  /** Whether the guest's CPU does not say that it is one of KVM's (formatdomain, `kvm`, `hidden`), for drivers that refuse to work in a guest, such as older ones of graphics cards. Windows is shown another maker of its Hyper-V features as well. A guest that looks closely knows all the same; x86 only. */
  declare readonly hideHypervisor: pulumi.Output<output.Guest["hideHypervisor"]>;

  /** CPU pinning and weight. */
  declare readonly cputune: pulumi.Output<output.Guest["cputune"]>;

  /** Program on the host that finds the kernel on the disk of a paravirtual guest: `pygrub`, or an absolute path (formatdomain, "Host bootloader"). Without it, `boot` gives the kernel. */
  declare readonly bootloader: pulumi.Output<output.Guest["bootloader"]>;

  /** Direct kernel boot. */
  declare readonly boot: pulumi.Output<output.Guest["boot"]>;

  /** Disks and drives. Disks on the buses `virtio`, `scsi` and `usb` come and go while the guest runs, as long as it has room. */
  declare readonly disks: pulumi.Output<output.Guest["disks"]>;

  /** NICs, which come and go while the guest runs, as long as it has room. */
  declare readonly nics: pulumi.Output<output.Guest["nics"]>;

  /** Devices of the host that the guest has for itself. A guest with one can in general not be saved, snapshotted with its memory or migrated while it runs. */
  declare readonly passthrough: pulumi.Output<output.Guest["passthrough"]>;

  /** The serial console, which every guest has. */
  declare readonly console: pulumi.Output<output.Guest["console"]>;

  /** The guest's screen. Its graphics card and tablet come and go with it, unless they are stated. */
  declare readonly graphics: pulumi.Output<output.Guest["graphics"]>;

  /** The graphics card. */
  declare readonly video: pulumi.Output<output.Guest["video"]>;

  /** A USB tablet, so that the pointer follows. */
  declare readonly tablet: pulumi.Output<output.Guest["tablet"]>;

  /** virtio channels between guest and host. */
  declare readonly channels: pulumi.Output<output.Guest["channels"]>;

  /** The channel of QEMU's guest agent. */
  declare readonly agent: pulumi.Output<output.Guest["agent"]>;

  /** virtio random number generator, fed by a device of the host; `false` for none. */
  declare readonly rng: pulumi.Output<output.Guest["rng"]>;

  /** A watchdog; `{}` for one with the defaults. */
  declare readonly watchdog: pulumi.Output<output.Guest["watchdog"]>;

  /** An emulated TPM; `{}` for one with the defaults. */
  declare readonly tpm: pulumi.Output<output.Guest["tpm"]>;

  /** The memory balloon. */
  declare readonly balloon: pulumi.Output<output.Guest["balloon"]>;

  /** The clock. */
  declare readonly clock: pulumi.Output<output.Guest["clock"]>;

  /** When the guest powers off. */
  declare readonly onPoweroff: pulumi.Output<output.Guest["onPoweroff"]>;

  /** When the guest reboots. */
  declare readonly onReboot: pulumi.Output<output.Guest["onReboot"]>;

  /** When the guest crashes. */
  declare readonly onCrash: pulumi.Output<output.Guest["onCrash"]>;

  /** PCIe root ports on `q35` and `virt` beside those that the guest's devices need when it is made: one for each device that may be plugged while it runs. A device that is plugged takes one, which is no difference; one that finds none waits for the next start. More of them come, and free ones go, with a start; a port that a device is on stays. Other machines need none. */
  declare readonly spareRootPorts: pulumi.Output<output.Guest["spareRootPorts"]>;

  /** Whether the guest is started with the host. */
  declare readonly autostart: pulumi.Output<output.Guest["autostart"]>;

  /** Whether the guest runs. `false` shuts it down, `true` starts it. */
  declare readonly running: pulumi.Output<output.Guest["running"]>;

  /** What an update may do to a running guest: `never` leaves what needs a start waiting (output `pending`), `ifNeeded` shuts it down and starts it again. */
  declare readonly restart: pulumi.Output<output.Guest["restart"]>;

  /** Any text; a running guest that was started with another one, or with none, is shut down and started again, once, whatever `restart` says. A guest that is off is not started, and one that is just adopted goes on. */
  declare readonly restartTrigger: pulumi.Output<output.Guest["restartTrigger"]>;

  /** Time a guest is given to shut down for a stop, a restart or a deletion, in seconds. It is asked again every five seconds; after that time it is an error, unless `forceOff` is true. */
  declare readonly shutdownTimeoutSeconds: pulumi.Output<output.Guest["shutdownTimeoutSeconds"]>;

  /** Whether a guest that does not shut down in time, or is paused, suspended or crashed and hears nothing, is switched off: for a stop, a restart and a deletion alike. */
  declare readonly forceOff: pulumi.Output<output.Guest["forceOff"]>;

  /** What every creation, and every update that leaves the guest running, waits for in the end. `address`: each NIC that is on a network whose DHCP libvirt serves, with its link up, has an address (IPv4 or IPv6) by its MAC address; then they stand in the output `addresses` of the same `up`. After `waitForTimeoutSeconds`, or where the guest goes off or is paused, that is an error; the guest is kept and runs on, and the next `up` waits again. Previews and refreshes never wait. After a start only what was given out since counts, except where leases never end (`expiry` 0) and where an `up` that was killed had started the guest: then an address of an earlier run counts as well. Refused where no NIC can ever have one. */
  declare readonly waitFor: pulumi.Output<output.Guest["waitFor"]>;

  /** Time that `waitFor` waits at most, in seconds, counted from when all the rest is done. */
  declare readonly waitForTimeoutSeconds: pulumi.Output<output.Guest["waitForTimeoutSeconds"]>;

  /** Whether a managed-save image may be dropped, with the memory of the guest in it. It resumes the guest with its old definition, so changes wait behind it. */
  declare readonly removeManagedSave: pulumi.Output<output.Guest["removeManagedSave"]>;

  /** Take over a guest of this name that exists already. */
  declare readonly adopt: pulumi.Output<output.Guest["adopt"]>;

  /** Whether destroying the resource deletes what was adopted, too. Without it an adopted guest is left on the host as it is, and only the mark that says whose it is goes. */
  declare readonly deleteAdopted: pulumi.Output<output.Guest["deleteAdopted"]>;

  /** What the typed fields do not cover: XML elements by a key of your choice, owned like any other input. */
  declare readonly xml: pulumi.Output<output.Guest["xml"]>;

  /** `running`, `paused`, `pmsuspended`, `in shutdown`, `crashed`, `shut off`, or `saved` (a managed-save image waits for the next start). */
  declare readonly state: pulumi.Output<output.Guest["state"]>;

  /** IP addresses by the key of the NIC (by its MAC address where the program has no such NIC), as far as the host's own DHCP server gave them out when it was looked at. With `waitFor: "address"` the `up` waits for them. */
  declare readonly addresses: pulumi.Output<output.Guest["addresses"]>;

  /** Input paths that the running guest does not have yet: they wait for its next start. */
  declare readonly pending: pulumi.Output<output.Guest["pending"]>;

  /** Why the guest can in general not be saved, snapshotted with its memory or migrated while it runs: a sentence for each device of the host that is in the way, by its input path. Of a running guest the device's driver on the host is asked: some can hand a device over. */
  declare readonly migrationBlockers: pulumi.Output<output.Guest["migrationBlockers"]>;

  /** Disks whose guest writes to an image above the Disk (an external snapshot), by key: the path of that image. It is never moved back. */
  declare readonly snapshots: pulumi.Output<output.Guest["snapshots"]>;

  constructor(name: string, args: GuestArgs, options?: pulumi.CustomResourceOptions) {
    super(name, "guest", args, options);
  }
}
