/**
 * QEMU's emulation, where the host has no KVM or none that guests can run on. Sources of the defaults:
 * libvirt.org/formatdomain.html; SUSE's Virtualization Guide.
 */

import { allWords } from "../libvirt/driver-words";
import { languageWith } from "../libvirt/language";
import { kindsAt } from "../libvirt/places";
import { onArchitecture } from "./architectures";
import { namesOnQemu } from "./disk-names";
import type { GuestDefaults } from "./guest-defaults";
import { qemuLiveChanges } from "./live-qemu";
import { type HypervisorProfile, type LiveTraits, nothingLive } from "./profile";

/** qemu64, QEMU's own default, is below what current distributions ask for (x86-64-v2): `maximum` is not. */
export const emulated: GuestDefaults = {
  domainType: "qemu",
  osType: "hvm",
  machine: "q35",
  cpuMode: "maximum",
  features: ["acpi", "apic"],
  bus: "virtio",
  cdromBus: "sata",
  diskDrivers: { file: "qemu", block: "qemu" },
  cache: "writeback",
  discard: "unmap",
  serialNumbers: true,
  nicModel: "virtio",
  rootPorts: true,
  serialPort: true,
  consoleTarget: "serial",
  graphics: "none",
  video: undefined,
  rng: "/dev/urandom",
  agent: true,
  balloon: "virtio",
  tpm: false,
  tpmModel: "tpm-crb",
  bootloader: undefined,
  bootDevices: true,
  firmwareFeatures: true,
  firmware: undefined,
  acpiNeedsFirmware: false,
  vmport: false,
  hpet: false,
  hiddenBy: "kvm",
  usb: true,
  keyboard: false,
};

/**
 * Under emulation QEMU never finishes taking a vCPU away: the guest lets go of the CPU, libvirt gives up after five seconds,
 * and refuses every later change of the number (QEMU 7.2).
 */
const live: Readonly<Record<string, LiveTraits>> = {
  kvm: {
    changes: qemuLiveChanges,
    vcpusCanGo: "plugged",
    showsSlots: true,
    startedForDevices: undefined,
    devices: "qemu",
  },
  qemu: {
    changes: qemuLiveChanges,
    vcpusCanGo: "never",
    showsSlots: true,
    startedForDevices: undefined,
    devices: "qemu",
  },
};

/** Machines whose short names are not how their full ones begin (`pc-q35-9.0`). */
const machineFamilies: Readonly<Record<string, string>> = { pc: "pc-i440fx-", q35: "pc-q35-" };

/** A short name is stored as the newest version at the time; a host upgrade must not move the hardware. */
const language = languageWith(
  (place, desired, actual) =>
    kindsAt(place).includes("machine") && actual.startsWith(machineFamilies[desired] ?? `${desired}-`),
);

export const qemu: HypervisorProfile = {
  name: "qemu",
  inWords: "KVM and QEMU",
  isMachine: true,
  guestsAreProcesses: true,
  hasControlDomain: false,
  identity: "host",
  acceleration: "none",
  runsAtHardwareSpeed: "no",
  listsAll: true,
  nativeFormat: "qemu-argv",
  language,
  words: allWords,
  isOffBeforeItEnds: false,
  movesNics: true,
  silentBuses: new Set(["xen", "uml"]),
  usual: ["full"],
  diskNames: namesOnQemu,
  refusals: [{ path: "bootloader", reason: "only paravirtual guests of Xen have one. Leave it out." }],
  defaults: ({ virtualization, architecture }) =>
    virtualization === "full" ? onArchitecture(emulated, architecture, { aarch64: "maximum" }) : undefined,
  live: ({ domainType }) => live[domainType] ?? nothingLive,
  runsOnHostCpu: (domainType) => domainType === "kvm",
  doubtAbout: (domainType, hostArchitecture) =>
    domainType === "kvm" && hostArchitecture === "x86_64"
      ? 'the host offers KVM, but its CPU shows neither vmx nor svm: ordinary guests hang on it. Leave domainType out, or say "qemu" (emulation).'
      : undefined,
};
