/** What every kind of resource has to offer; the life cycle knows nothing else of it. */

import type { z } from "zod";
import type { KeyOrder } from "../../schema/order";
import type { HostReference } from "../../schema/references";
import type { HypervisorProfile } from "../hypervisors/profile";
import type { HostFacts } from "../libvirt/host-facts";
import type { Virsh } from "../libvirt/virsh";
import type { Desired, Settings } from "../reconcile/desired";
import type { Actual, Change, Plan, Splitter } from "../reconcile/plan";
import type { Element } from "../reconcile/tree";

/** What is known of a host without asking it: what it said of itself, and what its hypervisor is and can. */
export interface KnownHost {
  readonly facts: HostFacts;
  readonly profile: HypervisorProfile;
}

/** A live connection together with what is known of the host. */
export interface ConnectedHost extends KnownHost {
  readonly virsh: Virsh;
}

/** The run of an operation that somebody waits for. */
export interface Operation {
  /**
   * Says what is waited for, on the resource's own row. `often`: it is one of many, as how far something has come is, and
   * may be left out.
   */
  progress(text: string, often?: boolean): void;
  /** Aborted when nobody waits any more: what takes long is ended where it stands, and the next operation goes on from there. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Which creation the resource is recorded as, or will be: it stands in the mark, from before anything else is done.
   * Resources that older versions recorded have none (decisions/ownership.md).
   */
  readonly creation?: string | undefined;
}

/** Waits until what is as wanted is ready for use, too: `now` is what there is of it after all is done. */
export type Wait = (now: Observed, operation: Operation) => Promise<void>;

/** Whose resource it is: what the identity on the host is computed from, once. */
export interface Identity {
  /** The engine's URN; undefined where the program runs without an engine. */
  readonly urn: string | undefined;
  /** The resource's logical name in the program. */
  readonly resourceName: string;
  /** The keys of the program's maps as it wrote them, by the map's path (`disks`); a map that is not known is left out. */
  readonly order?: KeyOrder;
}

export interface Observed extends Actual {
  /** The id that Pulumi records: the UUID of a guest, network or pool, `POOL/VOLUME` for a disk. */
  readonly id: string;
  /**
   * Whose it is by the mark on the host. `unfinished`: ours, and its creation was cut short; `others`: another stack says
   * that it manages it; `foreign`: nobody does.
   */
  readonly ownership: "ours" | "unfinished" | "others" | "foreign";
  /** Whether it was there before us: what carries no mark of anybody was. */
  readonly adopted: boolean;
  /** Which creation it is of by its mark. */
  readonly creation: string | undefined;
  /** The inputs by which it was defined last, where its mark says so. */
  readonly applied?: object | undefined;
  /** The command by which a person takes the mark away, whoever's it is. */
  readonly release: string;
  /** What stands in no input (state, addresses), and what `create` settled on. Shown as outputs. */
  readonly facts: Readonly<Record<string, unknown>>;
}

/** What a change does to whom: law 6 of the design. `start` and `stop`: the program says so. */
export type ChangeClass = "live" | "nextStart" | "powerCycle" | "start" | "stop" | "interrupts" | "replace" | "refused";

/** Why the host would not carry out what is wanted, as far as it can tell now. */
export interface Objection {
  /** The input path: `disks.root.path`. */
  readonly path: string;
  /** The rest of the sentence; it never repeats a secret. */
  readonly reason: string;
  /**
   * Something else may mend it before its turn comes (a file that another resource puts there): a preview warns, and
   * `create` and `update` refuse.
   */
  readonly mayPass?: boolean;
  /** The host would take it, and it will hardly do what is wanted: it is said, and nothing is refused for it. */
  readonly onlyTold?: boolean;
  /** As the host is now, what is wanted would not start: it is only told, and nothing that is there is stopped for it. */
  readonly preventsStart?: boolean;
}

/** What only one resource of a program can have on a host (once.ts). */
export interface Once {
  /** The same for all that would be in each other's way. */
  readonly key: string;
  /** Of a subnet: those of one key are in each other's way only where they overlap. */
  readonly subnet?: string;
  /** Those that say the same here are not in each other's way. */
  readonly among?: "bases" | "sharers";
  readonly path: string;
  /** What it is, for people: `the name "web"`. */
  readonly what: string;
  /** Why two of them do not work, and what to do. */
  readonly why: string;
  /** Between two that do not run at the same time it is only told. */
  readonly atOnce: boolean;
}

/**
 * What becomes of an object on delete; `release`: only our mark goes; `another`: so it does, since somebody put what is
 * there in the place of ours; `leave`: not even the mark.
 */
export type Fate = "remove" | "release" | "another" | "leave";

export interface Impact {
  readonly class: ChangeClass;
  /** The rest of the sentence: "needs a start; restart is never". */
  readonly note?: string;
}

export interface Besides<Inputs> {
  readonly inputs: Inputs;
  readonly notCarriedOut: Readonly<Record<string, string>>;
}

export interface Resource<Inputs extends object> {
  readonly kind: string;
  readonly schema: z.ZodType<Inputs>;
  host(inputs: Inputs): HostReference;
  /**
   * Fills in what follows from the inputs alone (name, UUID, MAC, path): pure, offline, and stable: what `old` recorded
   * rules. Values may still be unknown in a preview; what depends on one is left out.
   */
  derive(inputs: Inputs, old: Partial<Inputs> | undefined, identity: Identity): Inputs;
  /**
   * What follows from files beside the program, on the machine that runs Pulumi: inputs that are recorded with the
   * resource, and what is told (by input path, as `untouched` does) of a file that is not what it was.
   */
  besides?(inputs: Inputs, old: Partial<Inputs> | undefined): Promise<Besides<Inputs>>;
  /** Rules that need more than one field or another resource. One sentence each; empty when all is well. */
  problems(inputs: Inputs, old: Partial<Inputs> | undefined): string[];
  /** The desired XML and settings, defaults of this host included, as far as they do not depend on what is there. Pure. */
  desired(inputs: Inputs, host: KnownHost, observed?: Observed): Desired;
  /**
   * What is there as inputs, as far as there are words for it: `desired` read the other way (decisions/inputs-of.md). Taken
   * over by them, nothing of it changes. What only another object knows (the host, whose disk an image is) is left out. Pure.
   */
  inputsOf(seen: Observed, host: KnownHost): Partial<Inputs>;
  /** Addresses that stand in several parts of the document, each in the one word that an input has for it. Pure. */
  wholes?(document: Element): readonly string[];
  /** The settings that it has, where they are judged by what is wanted; without it they are as observed. Pure. */
  settings?(inputs: Inputs, observed: Observed): Settings;
  /** Which differences from the live XML can be had at once; without it none can. Pure. */
  split?(inputs: Inputs, host: KnownHost, observed: Observed): Splitter;
  /** XML paths that have to be dropped when this input changes. */
  dependants(path: string): readonly string[];
  /**
   * What the host can refuse now, asked in previews and again before anything is touched. Inputs may hold unknown values
   * in a preview; nothing is said of those. Costs at most one listing beside what `observe` asks.
   */
  objections?(host: ConnectedHost, inputs: Inputs, observed: Observed | undefined): Promise<readonly Objection[]>;
  /**
   * What only one resource of a program can have, as the host knows it, where two may say it in different words. Asked in
   * previews; what cannot be told is left out.
   */
  once?(host: ConnectedHost, inputs: Inputs): Promise<readonly Once[]>;
  /** Where parts of it have keys in the program: what is known of them, read under the keys that they have now. Pure. */
  readonly underKeysOf?: {
    /** Earlier inputs. */
    inputs(inputs: Inputs, earlier: Inputs): Inputs;
    /** What is there; `recorded`: what it was made by, where it does not say so itself. */
    observed(inputs: Inputs, observed: Observed, recorded: Inputs | undefined): Observed;
  };
  /** How disruptive the change is to what is there. */
  impact(change: Change, inputs: Inputs, observed: Observed): Impact;
  /** What waits for a start of what runs, for the output of this name; only where something runs. Pure. */
  pending?(plan: Plan, observed: Observed): readonly string[];
  /** Changes of inputs that are not carried out, and why: they are told in the preview. By input path. */
  untouched?(inputs: Inputs, old: Partial<Inputs>): Readonly<Record<string, string>>;
  /**
   * What is there now; undefined only when a complete listing on a live connection does not have it. `recorded`: what was
   * applied last, where that is known and not the same.
   */
  observe(host: ConnectedHost, inputs: Inputs, recorded?: Inputs): Promise<Observed | undefined>;
  /**
   * What the program wants waited for after a creation or an update, if anything. Asked before anything is touched, since
   * what was there before tells nothing afterwards. Where the wait fails, what was done stays done.
   */
  waitFor?(host: ConnectedHost, inputs: Inputs, before: Observed | undefined): Promise<Wait | undefined>;
  /** Makes it where nothing is. Refuses, before anything is touched, what is not managed by us. */
  create(host: ConnectedHost, inputs: Inputs, operation: Operation): Promise<void>;
  /** Carries a plan out, and finishes what a killed predecessor began. May be called with nothing to change. */
  apply(host: ConnectedHost, inputs: Inputs, observed: Observed, plan: Plan, operation: Operation): Promise<void>;
  /**
   * Removes it, and only what is ours; refuses what is in use. What was adopted is left behind, and only our mark taken
   * away, unless the program says `deleteAdopted`. What a later creation has taken up is left as it is. Nothing to remove
   * is success.
   */
  remove(host: ConnectedHost, inputs: Inputs, operation: Operation): Promise<Fate>;
  /** Whether it is made on another host only after it is gone from the first: two of it would destroy each other's data. */
  readonly onOneHost?: true;
  /** Whether `update` may make it again when somebody removed it: not where data would be missing. */
  readonly recreatable: boolean;
}
