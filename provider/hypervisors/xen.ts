/** Xen by libvirt's libxl driver: full virtualization (HVM), paravirtual guests (PV), and PVH. */

import type { DriverWords } from "../libvirt/driver-words";
import { libvirtLanguage } from "../libvirt/language";
import type { GuestDefaults, Virtualization } from "./guest-defaults";
import { xenLiveChanges } from "./live-xen";
import type { HypervisorProfile } from "./profile";

const full: GuestDefaults = {
  domainType: "xen",
  osType: "hvm",
  machine: "xenfv",
  cpuMode: undefined,
  features: ["acpi", "apic", "pae"],
  bus: "xen",
  cdromBus: "ide",
  diskDriver: undefined,
  cache: undefined,
  discard: undefined,
  serialNumbers: false,
  nicModel: "e1000",
  rootPorts: false,
  serialPort: true,
  consoleTarget: "serial",
  graphics: "vnc",
  video: "vga",
  rng: undefined,
  agent: false,
  balloon: undefined,
  tpm: false,
  tpmModel: "tpm-tis",
  firmware: undefined,
  acpiNeedsFirmware: false,
  vmport: false,
  hpet: false,
  usb: true,
  keyboard: false,
};

const paravirtual: GuestDefaults = {
  ...full,
  osType: "xen",
  machine: "xenpv",
  features: [],
  usb: false,
  nicModel: undefined,
  serialPort: false,
  consoleTarget: "xen",
  graphics: "none",
  video: undefined,
};

const pvh: GuestDefaults = { ...paravirtual, osType: "xenpvh", machine: "xenpvh" };

const defaults: Readonly<Record<Virtualization, GuestDefaults>> = { full, paravirtual, pvh };

/** Seen with libvirt 9.0 and Xen 4.17, and in the table of functions of libvirt's src/libxl/libxl_driver.c. */
const words: DriverWords = {
  empty: new Set(["snapshot-list", "checkpoint-list"]),
  lacks: new Set(["domrename", "blockresize", "managedsave-dumpxml", "nodememstats", "freepages"]),
  withoutOptions: { undefine: ["--nvram", "--keep-nvram"] },
};

export const xen: HypervisorProfile = {
  name: "xen",
  inWords: "this Xen host",
  isMachine: true,
  // Xen uses the IOMMU by itself and hides it from the kernel of Dom0.
  guestsAreProcesses: false,
  identity: "machine",
  acceleration: "xen",
  runsAtHardwareSpeed: "fullVirtualization",
  listsAll: false,
  nativeFormat: undefined,
  language: libvirtLanguage,
  words,
  movesNics: false,
  silentBuses: new Set(),
  defaults: ({ virtualization }) => defaults[virtualization],
  live: () => ({ changes: xenLiveChanges, vcpusCanGo: true }),
  runsOnHostCpu: () => false,
  doubtAbout: () => undefined,
};
