/**
 * What a hypervisor is and can (decisions/hypervisors.md). Data and small pure functions: whoever works with a host is
 * handed its profile, and asks that instead of the hypervisor's name.
 */

import type { DriverWords } from "../libvirt/driver-words";
import type { LiveRules } from "../libvirt/live-change";
import type { Language } from "../reconcile/language";
import type { DiskNames } from "./disk-names";
import type { GuestDefaults, Virtualization } from "./guest-defaults";
import type { Refusal } from "./refusal";

export interface HypervisorProfile {
  /** As a Host shows it, and as libvirt calls the domain type of its ordinary guests. */
  readonly name: "kvm" | "qemu" | "xen" | "test";
  /** In sentences: `this Xen host`. */
  readonly inWords: string;
  /** Whether there is a machine behind it. Else it keeps what it is given, and nothing runs in its guests. */
  readonly isMachine: boolean;
  /**
   * Whether guests are processes of the host's own kernel, as a user of their own: then that kernel's IOMMU and security
   * driver, and the rights of its files, are what they have to do with.
   */
  readonly guestsAreProcesses: boolean;
  /** Whether the host's own kernel is a domain beside its guests (Xen's Dom0), and what it has is no part of theirs. */
  readonly hasControlDomain: boolean;
  /**
   * By what the host is known ever after: the UUID that libvirt tells, one of the machine itself where the driver tells
   * none, or, where each connection is a host of its own, the connection.
   */
  readonly identity: "host" | "machine" | "connection";
  /** What makes guests run at the speed of the hardware, as a Host shows it. */
  readonly acceleration: "kvm" | "xen" | "none";
  /** Whether they do, for who looks at a host; undefined where there is nothing to look at. */
  readonly runsAtHardwareSpeed: "yes" | "no" | "fullVirtualization" | undefined;
  /**
   * Whether what the host lists (capabilities, domain capabilities) is all that its guests can have. libxl lists less than
   * it takes.
   */
  readonly listsAll: boolean;
  /** What a definition can be turned into without a start, so that all is told that would be refused at one. */
  readonly nativeFormat: string | undefined;
  /** Its XML: libvirt's, with the spellings that only this hypervisor treats as one. */
  readonly language: Language;
  /** What its driver has words for: what it lacks is refused before anything is touched, and said in the preview. */
  readonly words: DriverWords;
  /**
   * Whether a guest is called shut off while it still has a domain: one that is being taken down, which takes seconds with a
   * QEMU of its own, or one that is kept.
   */
  readonly isOffBeforeItEnds: boolean;
  /** Whether a running guest's NIC can be given another source. */
  readonly movesNics: boolean;
  /** Buses of disks that are defined without a word, and that no guest has then. */
  readonly silentBuses: ReadonlySet<string>;
  /** How disks are named where the program gives no name. */
  readonly diskNames: DiskNames;
  /** What its guests cannot have, although libvirt would take it. */
  readonly refusals: readonly Refusal[];
  /** What a guest is where the program does not say: the first of these that the host offers. */
  readonly usual: readonly Virtualization[];
  /** What a guest gets where nothing is said; undefined where the hypervisor has no such guests. */
  defaults(guest: KindOfGuest): GuestDefaults | undefined;
  /** What running guests of this type can take at once: a host with KVM also emulates guests. */
  live(guest: TypeOfGuest): LiveTraits;
  /** Whether a guest of this type sees the host's own CPU, so that it cannot have what that one lacks. */
  runsOnHostCpu(domainType: string): boolean;
  /** Why a guest of this type, which the host offers, will hardly do; undefined where it will. */
  doubtAbout(domainType: string, hostArchitecture: string): string | undefined;
}

/** What running guests of one type can take at once, but for the rows and the needs of their devices. */
export interface LiveTraits extends Omit<LiveRules, "needs"> {
  /** By which of their tables devices come, go and change; undefined: none does. */
  readonly devices: LiveTable | undefined;
}

/** Types of guests by what a running one lets its devices do: each kind of device has rows for each of them that lets it. */
export type LiveTable = "qemu" | "xenFull" | "xenParavirtual" | "xenPvh";

export const nothingLive: LiveTraits = {
  changes: [],
  vcpusCanGo: "never",
  showsSlots: false,
  startedForDevices: undefined,
  devices: undefined,
};

/** As its XML says it. */
export interface TypeOfGuest {
  readonly domainType: string;
  /** `hvm`; on Xen `linux` or `xen` for paravirtual guests, and `xenpvh`. */
  readonly osType: string;
}

export interface KindOfGuest {
  readonly virtualization: Virtualization;
  /** The guest's, as libvirt names it: `x86_64`. */
  readonly architecture: string;
  /** The host's own. */
  readonly hostArchitecture: string;
}
