/** Xen by libvirt's libxl driver: full virtualization (HVM), paravirtual guests (PV), and PVH. */

import type { DriverWords } from "../libvirt/driver-words";
import { languageWith } from "../libvirt/language";
import type { GuestDefaults, Virtualization } from "./guest-defaults";
import { namesOnXen } from "./disk-names";
import { commonLiveChanges } from "./live-common";
import type { HypervisorProfile, LiveTraits } from "./profile";
import { xenRefusals } from "./xen-refusals";

const full: GuestDefaults = {
  domainType: "xen",
  osType: "hvm",
  machine: "xenfv",
  cpuMode: undefined,
  features: ["acpi", "apic", "pae"],
  bus: "xen",
  cdromBus: "ide",
  // Without a name every image is taken for raw, and a guest's first write destroys a qcow2 file's header.
  diskDrivers: { file: "qemu", block: "phy" },
  cache: undefined,
  discard: undefined,
  serialNumbers: false,
  // Then it has an emulated card until its own driver for the paravirtual one takes over, and more can be plugged.
  nicModel: undefined,
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
  bootloader: undefined,
  bootDevices: true,
  firmwareFeatures: false,
  firmware: undefined,
  acpiNeedsFirmware: false,
  vmport: false,
  hpet: false,
  hiddenBy: undefined,
  usb: true,
  keyboard: false,
};

const paravirtual: GuestDefaults = {
  ...full,
  osType: "xen",
  machine: "xenpv",
  features: [],
  cdromBus: "xen",
  usb: false,
  bootloader: "pygrub",
  bootDevices: false,
  serialPort: false,
  consoleTarget: "xen",
  graphics: "none",
  video: undefined,
};

const pvh: GuestDefaults = { ...paravirtual, osType: "xenpvh", machine: "xenpvh", bootloader: undefined };

const defaults: Readonly<Record<Virtualization, GuestDefaults>> = { full, paravirtual, pvh };

const startedForDevices = ["features", "xen", "passthrough"];

/**
 * vCPUs are told to the guest by xenstore: paravirtual kernels let go of any, and one of full virtualization of none. libvirt
 * takes that for done all the same, and such a guest does not come back from a save.
 */
const live = {
  hvm: {
    changes: commonLiveChanges,
    vcpusCanGo: "never",
    showsSlots: false,
    startedForDevices,
    devices: "xenFull",
  },
  linux: {
    changes: commonLiveChanges,
    vcpusCanGo: "all",
    showsSlots: false,
    startedForDevices,
    devices: "xenParavirtual",
  },
  xenpvh: {
    changes: commonLiveChanges,
    vcpusCanGo: "all",
    showsSlots: false,
    startedForDevices,
    devices: "xenPvh",
  },
} satisfies Record<string, LiveTraits>;

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
  hasControlDomain: true,
  identity: "machine",
  acceleration: "xen",
  runsAtHardwareSpeed: "fullVirtualization",
  listsAll: false,
  nativeFormat: undefined,
  // A paravirtual guest's type is read back by its other name.
  language: languageWith(
    ({ elements, attribute }, desired, actual) =>
      attribute === undefined && elements.join("/") === "domain/os/type" && desired === "xen" && actual === "linux",
  ),
  words,
  isOffBeforeItEnds: true,
  movesNics: false,
  silentBuses: new Set(),
  // Without VT-x or AMD-V it runs paravirtual guests at the most.
  usual: ["full", "paravirtual"],
  diskNames: namesOnXen,
  refusals: xenRefusals,
  defaults: ({ virtualization }) => defaults[virtualization],
  live: ({ osType }) => live[osType as keyof typeof live] ?? live.hvm,
  runsOnHostCpu: () => false,
  doubtAbout: () => undefined,
};
