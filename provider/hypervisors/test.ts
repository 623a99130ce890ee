/** libvirt's test driver (`test:///default`): a host in memory that keeps what it is given, on which programs can be tried. */

import type { DriverWords } from "../libvirt/driver-words";
import { libvirtLanguage } from "../libvirt/language";
import { namesOnQemu } from "./disk-names";
import type { GuestDefaults } from "./guest-defaults";
import { type HypervisorProfile, nothingLive } from "./profile";
import { emulated } from "./qemu";

const inMemory: GuestDefaults = {
  ...emulated,
  domainType: "test",
  machine: undefined,
  cpuMode: undefined,
  diskDrivers: undefined,
  rootPorts: false,
};

/** Tried with libvirt 9.0. Ports and leases of networks, and the secrets that claim volumes: nobody else is there to claim one. */
const words: DriverWords = {
  empty: new Set(["net-port-list", "net-dhcp-leases", "secret-list", "secret-define", "secret-undefine"]),
  lacks: new Set(["managedsave-dumpxml", "nodememstats"]),
  withoutOptions: { "net-dumpxml": ["--inactive"], undefine: ["--nvram", "--keep-nvram"] },
};

export const test: HypervisorProfile = {
  name: "test",
  inWords: "libvirt's test driver",
  isMachine: false,
  guestsAreProcesses: false,
  hasControlDomain: false,
  identity: "connection",
  acceleration: "none",
  runsAtHardwareSpeed: undefined,
  listsAll: false,
  nativeFormat: undefined,
  language: libvirtLanguage,
  words,
  isOffBeforeItEnds: false,
  movesNics: false,
  silentBuses: new Set(),
  usual: ["full"],
  diskNames: namesOnQemu,
  refusals: [],
  defaults: ({ virtualization }) => (virtualization === "full" ? inMemory : undefined),
  live: () => nothingLive,
  runsOnHostCpu: () => false,
  doubtAbout: () => undefined,
};
