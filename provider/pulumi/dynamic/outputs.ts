/** Generated from schema/ by `npm run generate`: change the schema, not this file. */

/** Where a host is. */
export interface HostReference {
  uri: string;
  id?: string;
}

/** Where a pool is. */
export interface PoolReference {
  host: HostReference;
  name: string;
  type?: string;
  path?: string;
  id?: string;
}

/** Where a disk is: the name of its pool, its own, and its path on the host. */
export interface DiskReference {
  host: HostReference;
  pool: string;
  name: string;
  path?: string;
  format?: string;
  sizeGiB?: number;
  id?: string;
}

/** Which network it is. */
export interface NetworkReference {
  host?: HostReference;
  name: string;
  id?: string;
}

/** Which device it is. */
export interface PassthroughDeviceReference {
  host?: HostReference;
  address: string;
  pci?: DeviceWords;
  usb?: DeviceWords;
  mdev?: DeviceWords;
  uuid?: string;
  id?: string;
}

/** How a program found it. */
export interface DeviceWords {
  [key: string]: string | number | boolean;
}

export interface HostCpu {
  architecture: string;
  model: string;
  vendor: string;
  sockets: number;
  cores: number;
  threads: number;
}

export interface HostDevicesVirtualFunctions {
  most: number;
  addresses: string[];
}

export interface HostDevicesMdevTypes {
  id: string;
  name?: string;
  available: number;
}

export interface HostDevices {
  kind: "pci" | "usb" | "mdev";
  address: string;
  description: string;
  driver?: string;
  iommuGroup?: number;
  numaNode?: number;
  interfaces?: string[];
  virtualFunctions?: HostDevicesVirtualFunctions;
  physicalFunction?: string;
  bus?: number;
  port?: string;
  serial?: string;
  mdevTypes?: HostDevicesMdevTypes[];
  usedBy?: string[];
}

export interface HostXenDom0 {
  vcpus?: number;
  memoryMiB?: number;
}

export interface HostXen {
  dom0: HostXenDom0;
  memoryFreeMiB?: number;
  scheduler?: string;
  numaNodes: number;
  capabilities?: string[];
}

export interface HostReadiness {
  missing: string;
  why: string;
  help?: string;
}

/** A VM Host Server that speaks libvirt. Nothing is changed on it; it is connected to, recognised and described. */
export interface Host {
  /** libvirt connection URI (libvirt.org/uri.html), for instance `qemu+ssh://root@kvm1.example.org/system`, `qemu:///session`, `xen:///system`, or an alias of libvirt.conf (`uri_aliases`). ssh uses your own configuration, agent and known_hosts. */
  uri: string;
  /** The host's UUID as libvirt knows it, pinned when it was first seen. */
  hostUuid: string;
  /** What guests really run on: `kvm` only where it is usable, `qemu` for emulation. */
  hypervisor: "kvm" | "qemu" | "xen" | "test";
  /** For instance `QEMU 7.2.22`. */
  hypervisorVersion: string;
  /** For instance `9.0.0`. */
  libvirtVersion: string;
  /** The host's CPU: sockets, cores a socket, threads a core. */
  cpu: HostCpu;
  /** The host's memory in MiB. */
  memoryMiB: number;
  /** Whether unmodified guests can run (HVM, or emulation). */
  fullVirtualization: boolean;
  /** Whether paravirtual guests can run (Xen only). */
  paravirtual: boolean;
  /** What speeds full virtualization up; `none`: guests are emulated. */
  acceleration: "kvm" | "xen" | "none";
  /** Whether the host has a working IOMMU, which PCI passthrough needs. */
  iommu: boolean;
  /** Devices that could be passed on, bridges and hubs left out; `kind` is the input by which a PassthroughDevice takes it. Each has its address, a description with vendor and product, and the guests that run with it. PCI devices: driver, IOMMU group, NUMA node, network interfaces, virtual functions (how many it can have, and those that it has), and the physical function of a virtual one. USB devices: bus, port, and the serial number where there is a shell on the host. What mediated devices can be made of, a PCI device or another one (`mdev`): their types, and how many more of each there can be. */
  devices: HostDevices[];
  /** Security drivers: `apparmor`, `selinux`, `dac`. */
  securityDrivers: string[];
  /** Machine types for guests of the host's own architecture. */
  machineTypes: string[];
  /** Storage pools that are there and that no pulumi-virt resource made. */
  pools: string[];
  /** Networks that are there and that no pulumi-virt resource made. */
  networks: string[];
  /** On Xen: what its management domain (Dom0) has, the memory in MiB that is free for guests, the scheduler, the number of NUMA nodes, and what `xl info` calls virt_caps (`hvm_directio`: PCI passthrough), where there is a shell on the host. Dom0 itself is left alone. */
  xen?: HostXen;
  /** What a guest could not have on this host, why, and what to do about it; `npx pulumi-virt doctor URI` says the same and more. */
  readiness: HostReadiness[];
}

export interface PoolSource {
  /** Block devices of the host: the one that holds the file system (`fs`), those of the volume group (`logical`). */
  devices?: string[];
  /** Name or address of the NFS or CIFS server (`netfs`). */
  host?: string;
  /** The folder that the server exports (`netfs`). */
  directory?: string;
  /** The volume group; must be given for `logical`. */
  name?: string;
  /** `ext4`, `xfs`… (`fs`), `nfs`, `cifs` (`netfs`), `lvm2` (`logical`). */
  format?: string;
}

/** A storage pool (libvirt.org/formatstorage.html). What it holds is never touched. */
export interface Pool {
  /** The host that holds the pool: a Host, or `{ uri }`. */
  host: HostReference;
  /** The pool's name on the host. */
  name: string;
  /** The pool's UUID. */
  uuid: string;
  /** `dir` (a folder), `fs` (a file system on a block device), `logical` (an LVM volume group), `netfs` (NFS or CIFS). */
  type: "dir" | "fs" | "logical" | "netfs";
  /** Where the volumes appear: the folder, or the mount point of `fs` and `netfs`. */
  path: string;
  /** Where the storage comes from: `devices` (fs, logical), `host` and `directory` (netfs), `name` (the volume group of `logical`), `format` (`ext4`, `nfs`…). */
  source?: PoolSource;
  /** Whether the storage is made ready: the folder is created, for `logical` the volume group. Devices are never formatted over what they hold. */
  build?: boolean;
  /** Whether the pool is active. A `dir` pool stops under running guests without harm; any other one is refused while guests run on its volumes. */
  running: boolean;
  /** Whether the pool is started with the host. */
  autostart: boolean;
  /** Take over a pool of this name that exists already. It is left defined and running on delete. */
  adopt?: boolean;
  /** Whether destroying the resource deletes what was adopted, too. Without it an adopted pool is left on the host as it is, and only the mark that says whose it is goes. */
  deleteAdopted?: boolean;
  /** Whether the pool is active now. */
  active: boolean;
  /** Size of the storage in GiB, 0 while it is not active. */
  capacityGiB: number;
}

export interface DiskSource {
  /** Path of a file on the machine that runs Pulumi, relative to the program's folder. */
  path?: string;
  /** URL of a file: `https`, `http`, or `file` for one on the machine that runs Pulumi. That machine downloads it once and keeps it by its content (`~/.cache/pulumi-virt/images`). */
  url?: string;
  /** SHA-256 digest of the file as it is published, packed ones as they are. Nothing is made of another one. */
  sha256?: string;
  /** SHA-512 digest of the file as it is published. */
  sha512?: string;
  /** URL of a list of digests (`SHA256SUMS`, `SHA512SUMS`) that names the file. It is read when the disk is made, so an image that was published since then under the same name passes: state the digest itself where it must not. */
  checksums?: string;
}

/** A volume of a storage pool, with the data on it. It grows and never shrinks; what is in use is never deleted. */
export interface Disk {
  /** The pool that holds the disk: a Pool, or `{ host, name }` for one that is not managed here. */
  pool: PoolReference;
  /** The volume's name in the pool. */
  name: string;
  /** UUID of the claim that says on the host whose the volume is. */
  uuid: string;
  /** Absolute path of the volume on the host. */
  path: string;
  /** `qcow2` (compat 1.1, sparse) or `raw` (sparse). Recorded here and never read from the image: a guest could write one. */
  format: "qcow2" | "raw";
  /** Size that the guest sees, in GiB (fractions allowed; rounded up to 64 KiB). May grow, also under a running guest; never shrinks. */
  sizeGiB?: number;
  /** The disk beneath: this one holds only what differs from it. Seeds the disk once; a later change is told and touches nothing. */
  backing?: DiskReference;
  /** The image that fills the disk: a file on the machine that runs Pulumi (`path`), or from a server (`url`). A qcow2 image without a backing file, plain content where `format` is `raw`, or one of the two packed with gzip, xz, zstd or bzip2; qcow2 is converted where `format` is `raw`. Its first bytes are looked at before anything is made. Seeds the disk once; another source, and another content of the same file, are told later and touch nothing (see `onSourceChange`). */
  source?: DiskSource;
  /** What another `source`, or another content of its file, does to a disk that was filled from one: `keep` tells it and touches nothing; `replace` deletes the disk with all data that came onto it since, and makes it anew. */
  onSourceChange?: "keep" | "replace";
  /** What the disk was filled with: the stated digest of `source`, or a fingerprint of its URL, or of the file (its size and its two ends). */
  seed: string;
  /** Take over a volume of this name that exists already, with its data. Said of a Disk that has been made, it takes over another file that somebody put in its place, such as a restored copy. */
  adopt?: boolean;
  /** Whether destroying the resource deletes what was adopted, too. Without it an adopted disk is left on the host as it is, and only the mark that says whose it is goes. Another file in the place of the one that was made or taken over is left in any case. */
  deleteAdopted?: boolean;
  /** Size that a guest sees, in GiB. */
  capacityGiB: number;
}

export interface NetworkIpv4DhcpReservation {
  /** MAC address of the NIC; must be given in `ipv4`. DHCPv6 does not see it. */
  mac?: string;
  /** The address it always gets. */
  ip: string;
  /** Host name handed out with it; in `ipv6` it must be given, and is the name by which the client calls itself. */
  hostname?: string;
}

export interface NetworkIpv4Dhcp {
  /** First address of the range. */
  from: string;
  /** Last address of the range. */
  to: string;
  /** Fixed addresses, by a key of your choice. */
  reservations?: { [key: string]: NetworkIpv4DhcpReservation };
}

export interface NetworkIpv4 {
  /** The host's own address in the network, with the prefix length: `10.20.0.1/24`. */
  gateway: string;
  /** Addresses handed out by DHCP; none without it. */
  dhcp?: NetworkIpv4Dhcp;
}

export interface NetworkIpv6DhcpReservation {
  /** MAC address of the NIC; must be given in `ipv4`. DHCPv6 does not see it. */
  mac?: string;
  /** The address it always gets. */
  ip: string;
  /** Host name handed out with it; in `ipv6` it must be given, and is the name by which the client calls itself. */
  hostname?: string;
}

export interface NetworkIpv6Dhcp {
  /** First address of the range. */
  from: string;
  /** Last address of the range. */
  to: string;
  /** Fixed addresses, by a key of your choice. */
  reservations?: { [key: string]: NetworkIpv6DhcpReservation };
}

export interface NetworkIpv6 {
  /** The host's own address in the network, with the prefix length: `10.20.0.1/24`. */
  gateway: string;
  /** Addresses handed out by DHCP; none without it. */
  dhcp?: NetworkIpv6Dhcp;
}

export interface NetworkDns {
  /** Whether libvirt answers DNS. */
  enabled?: boolean;
  /** Names by IPv4 or IPv6 address. */
  hosts?: { [key: string]: string[] };
  /** Servers that other names are asked of. */
  forwarders?: string[];
}

/** A virtual network of the host (libvirt.org/formatnetwork.html). */
export interface Network {
  /** The host that holds the network: a Host, or `{ uri }`. */
  host: HostReference;
  /** The network's name on the host. */
  name: string;
  /** The network's UUID. */
  uuid: string;
  /** `nat` (guests reach out through the host), `route` (routed without translation), `isolated` (guests and host only), `bridge` (an existing bridge of the host), `hostdev` (each NIC is a free virtual function of a network card, SR-IOV). */
  mode: "nat" | "route" | "isolated" | "bridge" | "hostdev";
  /** Name of the bridge: the one to use in mode `bridge`, the one to make otherwise. As an output it is the bridge's name also where libvirt chose it. */
  bridge: string;
  /** The network interface of the card whose virtual functions are given to guests, in mode `hostdev`, all that it has: `enp3s0`. */
  physicalFunction?: string;
  /** The virtual functions that are given to guests, in mode `hostdev`, instead of all of a card's: some of the output `addresses` of VirtualFunctions. One that a PassthroughDevice claims is refused. */
  virtualFunctions?: string[];
  /** IPv4 of the network. */
  ipv4?: NetworkIpv4;
  /** IPv6 of the network. */
  ipv6?: NetworkIpv6;
  /** DNS domain of the guests. */
  domain?: string;
  /** The network's DNS. */
  dns?: NetworkDns;
  /** MTU in bytes. */
  mtu?: number;
  /** Whether the network is active, as it is defined and with all its guests linked: what somebody stopped or restarted under them is mended. */
  running: boolean;
  /** Whether the network is started with the host. */
  autostart: boolean;
  /** Take over a network of this name that exists already. */
  adopt?: boolean;
  /** Whether destroying the resource deletes what was adopted, too. Without it an adopted network is left on the host as it is, and only the mark that says whose it is goes. */
  deleteAdopted?: boolean;
  /** Whether the network is active now. */
  active: boolean;
}

export interface PassthroughDevicePci {
  /** Its address, as `lspci -D` prints it: `0000:65:00.0`. Another slot, a new card or a firmware's update can give it to another device: vendor and product follow theirs. */
  address?: string;
  /** PCI vendor ID, four hexadecimal digits: `10de`. Goes with `product`. */
  vendor?: string;
  /** PCI device ID, four hexadecimal digits: `2684`. Goes with `vendor`. */
  product?: string;
  /** Which of several of this vendor and product it is, in the order of their addresses: 0 is the first. */
  index?: number;
  /** The name of the host's network interface whose card it is: `enp3s0`. It is gone while a guest has the card, and the claim remembers which card it was. */
  interface?: string;
  /** The card of which the device is a virtual function (SR-IOV), by its address or network interface: the output `address` of VirtualFunctions. Goes with `virtualFunction`. */
  physicalFunction?: string;
  /** The number of the virtual function: 0 is the first. Goes with `physicalFunction`. */
  virtualFunction?: number;
}

export interface PassthroughDeviceUsb {
  /** USB vendor ID, as `lsusb` prints it: `046d`. Goes with `product`. */
  vendor?: string;
  /** USB product ID: `c52b`. Goes with `vendor`. */
  product?: string;
  /** Serial number, of several of this vendor and product: the Host's output `devices` shows it. Only a shell on the host tells it (not over tls or tcp, nor in a session), and not every device has one. */
  serial?: string;
  /** Number of the bus. Goes with `port`. */
  bus?: number;
  /** The port that it is plugged into, and the ports of the hubs on the way there: of `1-1.2` (`/sys/bus/usb/devices`, `lsusb -t`) the part `1.2`. It means whatever is plugged in there. Goes with `bus`. */
  port?: string;
}

export interface PassthroughDeviceMdev {
  /** The id of its type, of those that the parent has (the Host's output `devices`): `nvidia-222`. */
  type: string;
  /** What it is made of: a PCI address (`0000:65:00.0`), or libvirt's name of the device (`mtty_mtty`). */
  parent: string;
  /** Defined on the host, and made again when that starts (libvirt 7.8). Otherwise the first `up` after that makes it again. */
  persistent?: boolean;
}

/** A device of the host that belongs to one guest (libvirt.org/formatnode.html). It is claimed for this program, and given to a guest by the guest's `passthrough`. */
export interface PassthroughDevice {
  /** The host that has the device: a Host, or `{ uri }`. */
  host: HostReference;
  /** UUID of the claim that says on the host whose the device is. */
  uuid: string;
  /** Which PCI device it is: by `address`, by `vendor` and `product` (with `index` where there are several), by `interface`, or by `physicalFunction` and `virtualFunction`. No match, and several, are errors that list what is there. */
  pci?: PassthroughDevicePci;
  /** Which USB device it is, instead of `pci`: by `vendor` and `product` (with `serial` where there are several), by `bus` and `port`, or by both. No match, and several, are errors that list what is there. */
  usb?: PassthroughDeviceUsb;
  /** A mediated device (a vGPU), instead of `pci`: it is made of its parent, and removed with the resource, by `mdevctl` on the host. Its UUID is the claim's. Another type or parent makes it anew, which waits until no running guest has it. */
  mdev?: PassthroughDeviceMdev;
  /** Of a PCI device: claims all devices of its IOMMU group, which can only be passed on together: the others are bound to `vfio-pci` as long as the claim stands, so that nothing of the host uses them, and given back to their drivers with it. Without it a device whose group has others is refused. */
  wholeGroup?: boolean;
  /** Claims it although the host itself seems to need it: a disk or USB stick that anything is mounted from, the network interface of the default route, the graphics card of its console. */
  force?: boolean;
  /** Where it is now: `0000:65:00.0`; of a USB device what it is, and its bus and number, `046d:c52b@001:004`; of a mediated device its UUID. */
  address: string;
  /** What it is, in words: `VGA compatible controller: NVIDIA Corporation AD102 (10de:2684)`. */
  description: string;
  /** The driver that has it now: the host's own, or `vfio-pci` while a guest has it. */
  driver?: string;
  /** The number of its IOMMU group, where the host has an IOMMU. */
  iommuGroup?: number;
  /** Addresses of the other devices of its IOMMU group, bridges left out; of a PCI device. */
  groupMembers?: string[];
  /** The NUMA node that it is next to, where the firmware says. */
  numaNode?: number;
}

export interface VirtualFunctionsPci {
  /** Its address, as `lspci -D` prints it: `0000:65:00.0`. Another slot, a new card or a firmware's update can give it to another device: vendor and product follow theirs. */
  address?: string;
  /** PCI vendor ID, four hexadecimal digits: `10de`. Goes with `product`. */
  vendor?: string;
  /** PCI device ID, four hexadecimal digits: `2684`. Goes with `vendor`. */
  product?: string;
  /** Which of several of this vendor and product it is, in the order of their addresses: 0 is the first. */
  index?: number;
  /** The name of the host's network interface whose card it is: `enp3s0`. It is gone while a guest has the card, and the claim remembers which card it was. */
  interface?: string;
}

export interface VirtualFunctionsFunction {
  /** Whether the guest may do what concerns the card as a whole: listen to everything (promiscuous mode, a bridge in the guest), and give the NIC another MAC address. */
  trust?: boolean;
  /** Whether the card drops what the guest sends under another MAC address or VLAN than its own. A bridge in the guest needs `false`. */
  spoofCheck?: boolean;
  /** The most that the guest may send, in Mbit/s; 0 for no limit. Some cards take it only with a link. */
  maxMbit?: number;
}

/** The virtual functions (VFs) of a device of the host (SR-IOV): how many a physical function (PF) is divided into, each of which can be passed on to a guest of its own. */
export interface VirtualFunctions {
  /** The host that has the device: a Host, or `{ uri }`. */
  host: HostReference;
  /** UUID of the claim that says on the host who divides the device. */
  uuid: string;
  /** Which PCI device it is, the physical function (PF): by `address`, by `vendor` and `product` (with `index` where there are several), or by `interface`. No match, and several, are errors that list what is there. */
  pci: VirtualFunctionsPci;
  /** How many virtual functions (VFs) it has. A change takes all of them away for a moment, and brings the new number: it is refused while one is in use, by whomever. */
  count: number;
  /** Brings the network interface of the physical function up, without which its virtual functions have no link. `false` leaves it as it is. */
  up: boolean;
  /** Whether the host brings all of this about by itself when it starts, before the next `up`: by a rule of udev, which goes with the resource. */
  persistent: boolean;
  /** Settings of virtual functions of a network card, by their number, of which 0 is the first. What is not stated is left as it is. */
  functions?: { [key: string]: VirtualFunctionsFunction };
  /** Where the physical function is now: `0000:03:00.0`. */
  address: string;
  /** What it is, in words: `Ethernet controller: Intel Corporation 82576 Gigabit Network Connection (8086:10c9)`. */
  description: string;
  /** The network interface of the physical function, where it has one: `enp3s0`. */
  interface?: string;
  /** How many virtual functions it can have. */
  maximum: number;
  /** Addresses of the virtual functions in the order of their number, from 0. */
  addresses: string[];
}

export interface GuestVcpus {
  /** vCPUs that the guest has. */
  current: number;
  /** vCPUs that it can be given while it runs. */
  max: number;
}

export interface GuestMemoryHotplug {
  /** Number of memory devices that can be plugged. */
  slots: number;
  /** Memory in MiB with all of them. */
  maxMiB: number;
}

export interface GuestMemoryDevice {
  /** `dimm` comes and goes as a whole, and goes only if the guest lets go of all of it; `virtio-mem` (QEMU 6.0, libvirt 7.9) is resized by `requestedMiB`. */
  model: "dimm" | "virtio-mem";
  /** Size in MiB; for `virtio-mem` the most that it can give. */
  sizeMiB: number;
  /** What a `virtio-mem` device gives now, in MiB, a multiple of its block of 2 MiB. */
  requestedMiB?: number;
}

export interface GuestCpuTopology {
  /** CPU sockets. */
  sockets: number;
  /** Cores in a socket. */
  cores: number;
  /** Threads in a core. */
  threads: number;
}

export interface GuestCpu {
  /** How the CPU is chosen. */
  mode: "host-model" | "host-passthrough" | "maximum" | "custom";
  /** CPU model, with mode `custom`: `EPYC`, `Skylake-Server`… libvirt validates it. */
  model?: string;
  /** Sockets, cores and threads; their product is the largest number of vCPUs. */
  topology?: GuestCpuTopology;
  /** CPU features by name, with their policy. */
  features?: { [key: string]: "force" | "require" | "optional" | "disable" | "forbid" };
}

export interface GuestCputune {
  /** Weight among the guests of the host (cgroup CPU shares). */
  shares?: number;
  /** CPUs of the host on which a vCPU may run, by the number of the vCPU: `{ 0: "0-3" }`. */
  vcpuPins?: { [key: string]: string };
  /** CPUs of the host on which the rest of the guest's process may run. */
  emulatorPin?: string;
}

export interface GuestBoot {
  /** Kernel image on the host. */
  kernel: string;
  /** Initial RAM disk on the host. */
  initrd?: string;
  /** Kernel command line. */
  commandLine?: string;
}

export interface GuestDiskIotune {
  /** Bytes per second, read and written together. */
  totalBytesSec?: number;
  /** Bytes per second that are read. */
  readBytesSec?: number;
  /** Bytes per second that are written. */
  writeBytesSec?: number;
  /** I/O operations per second, reads and writes together. */
  totalIopsSec?: number;
  /** Reads per second. */
  readIopsSec?: number;
  /** Writes per second. */
  writeIopsSec?: number;
}

export interface GuestDisk {
  /** The Disk. The medium of a cdrom or floppy is changed and ejected while the guest runs. */
  disk?: DiskReference;
  /** A file or block device of the host, instead of `disk`. Neither of the two: a drive without a medium (cdrom, floppy). */
  path?: string;
  /** What the guest sees. */
  device?: "disk" | "cdrom" | "floppy";
  /** The bus: `virtio`, `scsi`, `sata`, `ide`, `usb`, `xen`, `fdc`. */
  bus?: string;
  /** Logical device name, which fixes the order on the bus: `vda`. */
  target: string;
  /** Format of the image. Never probed: a guest can write what it likes into its disk. */
  format?: "raw" | "qcow2";
  /** Cache mode of the host. */
  cache?: "none" | "writeback" | "writethrough" | "directsync" | "unsafe";
  /** How the host does the I/O. */
  io?: "native" | "threads" | "io_uring";
  /** Whether the guest's discards reach the image. */
  discard?: "unmap" | "ignore";
  /** The guest cannot write. */
  readOnly?: boolean;
  /** Several guests may use the disk at once. */
  shareable?: boolean;
  /** Serial number that the guest sees. */
  serial?: string;
  /** I/O limits of the disk. */
  iotune?: GuestDiskIotune;
  /** Place in the boot order, 1 first. */
  bootOrder?: number;
}

export interface GuestNicBandwidthInbound {
  /** Average rate in kilobytes per second. */
  averageKBs: number;
  /** Largest rate in kilobytes per second, for a burst. */
  peakKBs?: number;
  /** Kilobytes that may pass at the largest rate. */
  burstKB?: number;
}

export interface GuestNicBandwidthOutbound {
  /** Average rate in kilobytes per second. */
  averageKBs: number;
  /** Largest rate in kilobytes per second, for a burst. */
  peakKBs?: number;
  /** Kilobytes that may pass at the largest rate. */
  burstKB?: number;
}

export interface GuestNicBandwidth {
  /** What the guest receives. */
  inbound?: GuestNicBandwidthInbound;
  /** What the guest sends. */
  outbound?: GuestNicBandwidthOutbound;
}

export interface GuestNic {
  /** A Network, or `{ name }` of one that is not managed here. */
  network?: NetworkReference;
  /** An existing bridge of the host, instead of `network`. */
  bridge?: string;
  /** A virtual function of a network card of the host (SR-IOV), instead of `network`: a PassthroughDevice, or `{ host, address }` of one that is not managed here. The guest drives it itself; `mac` and `vlan` are set by the host, and the guest cannot change them. For any free one of a card's: a Network of mode `hostdev`. */
  device?: PassthroughDeviceReference;
  /** User-mode networking: out through the host, nothing in. Needs no rights. */
  user?: true;
  /** MAC address, in any spelling; kept as `52:54:00:12:34:56`. */
  mac: string;
  /** Model of the NIC, of those that libvirt documents. Another one that the host's QEMU has by raw XML: `at: "nics.KEY"`, `fragment: "<model type='…'/>"`. */
  model?:
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
    | "netfront";
  /** Whether the cable is plugged. */
  linkState?: "up" | "down";
  /** VLAN tag of the NIC's traffic, on a network or bridge of the host's own (not NAT). Needs libvirt 11.0 (live from there on) and a Linux bridge with `vlan_filtering` 1: without that libvirt takes the tag, and nothing is separated. Or Open vSwitch, or a virtual function (`device`, or a Network of mode `hostdev`), whose card sees to it. */
  vlan?: number;
  /** Traffic shaping. */
  bandwidth?: GuestNicBandwidth;
  /** MTU in bytes that the guest is told. */
  mtu?: number;
  /** Queues of a virtio NIC, at most one a vCPU. */
  queues?: number;
  /** Place in the boot order, 1 first. */
  bootOrder?: number;
}

export interface GuestPassthrough {
  /** The PassthroughDevice, or `{ host, address }` for one that is not managed here: `0000:65:00.0` (PCI), `046d:c52b` or `046d:c52b@001:004` (USB), or the UUID of a mediated device. libvirt takes it from the host's driver when the guest gets it, and gives it back afterwards. */
  device: PassthroughDeviceReference;
  /** A file of the host with the device's option ROM, where its own cannot be read: for graphics cards that the host's firmware has used. */
  romFile?: string;
  /** Key of the device of `passthrough` on whose slot of the guest this one is, as a further function of it (`multifunction`): the sound of a graphics card beside the card, where its driver looks for it. All of a slot come and go with a start of the guest. Not for USB devices. */
  onSlotOf?: string;
}

export interface GuestConsole {
  /** File on the host that keeps what the console says. */
  logFile?: string;
}

export interface GuestGraphics {
  /** Protocol; `none` for a guest without a screen. */
  type: "vnc" | "spice" | "none";
  /** Address to listen on. */
  listen?: string;
  /** TCP port. */
  port?: number;
  /** Password; VNC knows at most 8 characters. */
  password?: string;
}

export interface GuestVideo {
  /** Model of the graphics card. */
  model: "virtio" | "vga" | "qxl" | "bochs" | "cirrus" | "none";
  /** Video memory in MiB, for models that take it. */
  vramMiB?: number;
}

export interface GuestChannel {
  /** Where the channel ends on the host. */
  type?: "unix" | "spicevmc";
  /** Name that the guest sees: `org.example.channel.0`. */
  name: string;
}

export interface GuestRng {
  /** Device of the host that random numbers are read from: `/dev/urandom`. */
  source: string;
}

export interface GuestWatchdog {
  /** Model of the watchdog. */
  model?: "i6300esb" | "ib700" | "diag288" | "itco";
  /** What happens when the guest stops feeding it. */
  action?: "reset" | "shutdown" | "poweroff" | "pause" | "none" | "dump" | "inject-nmi";
}

export interface GuestTpm {
  /** Model of the TPM. */
  model?: "tpm-crb" | "tpm-tis" | "tpm-spapr";
  /** TPM version; emulated by swtpm on the host. */
  version?: "1.2" | "2.0";
}

export interface GuestClock {
  /** What the hardware clock says. */
  offset: "utc" | "localtime";
}

export interface GuestXml {
  /** The parent element: a path of names below `<domain>` (`devices`, `cpu/numa`), or a device by its key, wherever it stands (`nics.lan`, `disks.root`, `passthrough.gpu`, `channels.…`, `memoryDevices.…`), and what is in it (`disks.root/source`). In `devices` the fragment is one more device. A path that several elements have is refused. */
  at?: string;
  /** One XML element. Where the typed fields write it as well, its words win and the rest stays; of elements that may stand several times (`<timer>`, `<cell>`, `<vcpupin>`…) the one with the same name or number is meant, else it is one more. */
  fragment: string;
}

/** A VM Guest (libvirt.org/formatdomain.html). */
export interface Guest {
  /** The host that runs the guest: a Host, or `{ uri }`. */
  host: HostReference;
  /** The guest's name on the host. A guest that is off is renamed; a running one must stop first. */
  name: string;
  /** The guest's UUID; it is addressed by nothing else. */
  uuid: string;
  /** Short title, one line. */
  title?: string;
  /** Description for people. A new text of one line is `live`; one of several lines waits for the next start. */
  description?: string;
  /** Your own keys (any text) and values, kept in the guest's metadata on the host. */
  metadata?: { [key: string]: string };
  /** `full`: an unmodified guest OS. `paravirtual` and `pvh` exist on Xen only. */
  virtualization?: "full" | "paravirtual" | "pvh";
  /** Family of the guest's operating system; it steers defaults (clock, hyperv, TPM). */
  os?: "linux" | "windows";
  /** How the guest is run. */
  domainType?: "kvm" | "qemu" | "xen";
  /** Architecture of the guest: `x86_64`, `aarch64`. Another one than the host's is emulated. */
  architecture?: string;
  /** Machine type: `q35`, `pc`… An alias stays what it was when the guest was made, across upgrades of the host. */
  machine?: string;
  /** `efi` is UEFI without, `efi-secure` with secure boot; libvirt picks the image that the host has. */
  firmware?: "bios" | "efi" | "efi-secure";
  /** Number of vCPUs, or `{ current, max }` to leave room for more. Up to the number that the guest was started with room for, a change is live; taking away one that was plugged needs KVM and the guest's help; those it was started with stay until the next start. */
  vcpus: number | GuestVcpus;
  /** Memory in MiB. Up to what the guest was started with (`maxMemoryMiB`) the balloon follows while it runs; with `memoryHotplug` it is what the guest has without memory devices. */
  memoryMiB: number;
  /** Memory in MiB that the balloon can grow to. */
  maxMemoryMiB?: number;
  /** Room for memory devices (formatdomain, `maxMemory`); the guest gets a NUMA node for it. */
  memoryHotplug?: GuestMemoryHotplug;
  /** Memory plugged beside `memoryMiB`; needs `memoryHotplug`. */
  memoryDevices?: { [key: string]: GuestMemoryDevice };
  /** The CPU that the guest sees. */
  cpu?: GuestCpu;
  /** Whether the guest's CPU does not say that it is one of KVM's (formatdomain, `kvm`, `hidden`), for drivers that refuse to work in a guest, such as older ones of graphics cards. Windows is shown another maker of its Hyper-V features as well. A guest that looks closely knows all the same; x86 only. */
  hideHypervisor?: boolean;
  /** CPU pinning and weight. */
  cputune?: GuestCputune;
  /** Program on the host that finds the kernel on the disk of a paravirtual guest: `pygrub`, or an absolute path (formatdomain, "Host bootloader"). Without it, `boot` gives the kernel. */
  bootloader?: string;
  /** Direct kernel boot. */
  boot?: GuestBoot;
  /** Disks and drives. Disks on the buses `virtio`, `scsi` and `usb` come and go while the guest runs, as long as it has room. */
  disks?: { [key: string]: GuestDisk };
  /** NICs, which come and go while the guest runs, as long as it has room. */
  nics?: { [key: string]: GuestNic };
  /** Devices of the host that the guest has for itself. A guest with one can in general not be saved, snapshotted with its memory or migrated while it runs. */
  passthrough?: { [key: string]: GuestPassthrough };
  /** The serial console, which every guest has. */
  console?: GuestConsole;
  /** The guest's screen. Its graphics card and tablet come and go with it, unless they are stated. */
  graphics?: GuestGraphics;
  /** The graphics card. */
  video?: GuestVideo;
  /** A USB tablet, so that the pointer follows. */
  tablet?: boolean;
  /** virtio channels between guest and host. */
  channels?: { [key: string]: GuestChannel };
  /** The channel of QEMU's guest agent. */
  agent?: boolean;
  /** virtio random number generator, fed by a device of the host; `false` for none. */
  rng?: false | GuestRng;
  /** A watchdog; `{}` for one with the defaults. */
  watchdog?: GuestWatchdog;
  /** An emulated TPM; `{}` for one with the defaults. */
  tpm?: GuestTpm;
  /** The memory balloon. */
  balloon?: boolean;
  /** The clock. */
  clock?: GuestClock;
  /** When the guest powers off. */
  onPoweroff?: "destroy" | "restart" | "preserve";
  /** When the guest reboots. */
  onReboot?: "destroy" | "restart" | "preserve";
  /** When the guest crashes. */
  onCrash?: "destroy" | "restart" | "preserve" | "coredump-destroy" | "coredump-restart";
  /** PCIe root ports on `q35` and `virt` beside those that the guest's devices need when it is made: one for each device that may be plugged while it runs. A device that is plugged takes one, which is no difference; one that finds none waits for the next start. More of them come, and free ones go, with a start; a port that a device is on stays. Other machines need none. */
  spareRootPorts?: number;
  /** Whether the guest is started with the host. */
  autostart: boolean;
  /** Whether the guest runs. `false` shuts it down, `true` starts it. */
  running: boolean;
  /** What an update may do to a running guest: `never` leaves what needs a start waiting (output `pending`), `ifNeeded` shuts it down and starts it again. */
  restart?: "never" | "ifNeeded";
  /** Any text; a running guest that was started with another one, or with none, is shut down and started again, once, whatever `restart` says. A guest that is off is not started, and one that is just adopted goes on. */
  restartTrigger?: string;
  /** Time a guest is given to shut down for a stop, a restart or a deletion, in seconds. It is asked again every five seconds; after that time it is an error, unless `forceOff` is true. */
  shutdownTimeoutSeconds?: number;
  /** Whether a guest that does not shut down in time, or is paused, suspended or crashed and hears nothing, is switched off: for a stop, a restart and a deletion alike. */
  forceOff?: boolean;
  /** What every creation, and every update that leaves the guest running, waits for in the end. `address`: each NIC that is on a network whose DHCP libvirt serves, with its link up, has an address (IPv4 or IPv6) by its MAC address; then they stand in the output `addresses` of the same `up`. After `waitForTimeoutSeconds`, or where the guest goes off or is paused, that is an error; the guest is kept and runs on, and the next `up` waits again. Previews and refreshes never wait. After a start only what was given out since counts, except where leases never end (`expiry` 0) and where an `up` that was killed had started the guest: then an address of an earlier run counts as well. Refused where no NIC can ever have one. */
  waitFor?: "none" | "address";
  /** Time that `waitFor` waits at most, in seconds, counted from when all the rest is done. */
  waitForTimeoutSeconds?: number;
  /** Whether a managed-save image may be dropped, with the memory of the guest in it. It resumes the guest with its old definition, so changes wait behind it. */
  removeManagedSave?: boolean;
  /** Take over a guest of this name that exists already. */
  adopt?: boolean;
  /** Whether destroying the resource deletes what was adopted, too. Without it an adopted guest is left on the host as it is, and only the mark that says whose it is goes. */
  deleteAdopted?: boolean;
  /** What the typed fields do not cover: XML elements by a key of your choice, owned like any other input. */
  xml?: { [key: string]: GuestXml };
  /** `running`, `paused`, `pmsuspended`, `in shutdown`, `crashed`, `shut off`, or `saved` (a managed-save image waits for the next start). */
  state: string;
  /** IP addresses by the key of the NIC (by its MAC address where the program has no such NIC), as far as the host's own DHCP server gave them out when it was looked at. With `waitFor: "address"` the `up` waits for them. */
  addresses: { [key: string]: string[] | undefined };
  /** Input paths that the running guest does not have yet: they wait for its next start. */
  pending: string[];
  /** Why the guest can in general not be saved, snapshotted with its memory or migrated while it runs: a sentence for each device of the host that is in the way, by its input path. Of a running guest the device's driver on the host is asked: some can hand a device over. */
  migrationBlockers: string[];
  /** Disks whose guest writes to an image above the Disk (an external snapshot), by key: the path of that image. It is never moved back. */
  snapshots: { [key: string]: string };
}
