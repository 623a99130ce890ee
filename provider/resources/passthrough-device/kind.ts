/** What a kind of device of the host is to a claim. One module beside this file says it for each, and `kinds.ts` lists them. */

import type { PassthroughDeviceInputs } from "../../../schema/passthrough-device";
import type { Claim } from "../../libvirt/claim";
import type { DeviceUser } from "../../libvirt/device-users";
import type { NodeDevice } from "../../libvirt/node-device";
import type { Settings } from "../../reconcile/desired";
import type { Change, Plan } from "../../reconcile/plan";
import type { ConnectedHost, Impact, Objection, Observed } from "../resource";
import type { Kind } from "./claim-path";
import type { Definition } from "./mediated";
import type { Serials } from "./usb-serials";

export interface ObservedClaim extends Observed {
  readonly claim: Claim;
  /** The place that the claim is on, without its kind. */
  readonly claimed: string;
  /** What the host has. Which of it is meant, and what goes with that, follows from the inputs. */
  readonly devices: readonly NodeDevice[];
  /** What the claim was made or moved for. */
  readonly sought: PassthroughDeviceInputs;
  readonly beside: Beside;
}

/** What is known of a host beside its devices, where a kind asks for it. */
export interface Beside {
  /** Of USB devices. */
  readonly serials?: Serials;
  /** Of the mediated device. */
  readonly definition?: Definition;
}

export type There = Pick<ObservedClaim, "claim" | "claimed" | "devices" | "sought" | "beside">;

/** How a claim says what it is on; `take` follows when that is written: whoever comes after us knows what to undo. */
export interface Taking {
  readonly parts: Pick<Claim, "path" | "stamp" | "drivers">;
  take(this: void): Promise<void>;
}

/** One that is to be claimed, or goes with one that is. */
export interface Wanted {
  /** Its place, as claims and the host's own needs have it. */
  readonly place: string;
  /** What it is, as a claim on it would say. */
  readonly stamp?: string;
  isHeldBy(this: void, claim: Claim): boolean;
  isUsedBy(this: void, user: DeviceUser): boolean;
}

/** A device, or a sentence that says why there is none. */
export type Named = { readonly device: NodeDevice; readonly wanted: Wanted } | { readonly none: string };

/** Of a resource that says by this input which device it claims. */
export type InputsOf<Of extends Kind> = PassthroughDeviceInputs & {
  readonly [Name in Of]: NonNullable<PassthroughDeviceInputs[Name]>;
};

export interface ClaimedKind<Inputs extends PassthroughDeviceInputs = PassthroughDeviceInputs> {
  /** The input that says which device it is, and what its claims begin with. */
  readonly kind: Kind;
  /** The rules that need no host: sentences. */
  problems(inputs: Inputs): string[];
  look?(host: ConnectedHost, inputs: Inputs, devices: readonly NodeDevice[]): Promise<Beside>;
  /** What is wanted, by input path, as far as it can be told. Pure. */
  desired(inputs: Inputs, there: There | undefined): Settings;
  /** What there is of it, judged by what is wanted. Pure. */
  settings(inputs: Inputs, there: There): Settings;
  facts(inputs: Inputs, there: There): ObservedClaim["facts"];
  impact(change: Change): Impact;
  objections(host: ConnectedHost, inputs: Inputs, observed: ObservedClaim | undefined): Promise<readonly Objection[]>;
  /** Before the claim is written anew: gives back what is wanted no more. */
  letGo?(host: ConnectedHost, inputs: Inputs, observed: ObservedClaim, plan: Plan): Promise<void>;
  /** Where there is no claim yet. Throws where the device is not there. */
  claim(host: ConnectedHost, inputs: Inputs): Promise<Taking>;
  /** Where there is one, after `letGo`. */
  renew(host: ConnectedHost, inputs: Inputs, observed: ObservedClaim, plan: Plan): Promise<Taking>;
  /** At the end of the claim. Refuses where a guest has the device. */
  giveBack(host: ConnectedHost, claim: Claim): Promise<void>;
  /** What the words mean of what is there; undefined where nothing does, or they may mean another one by now. */
  sought?(host: ConnectedHost, inputs: Inputs, devices: readonly NodeDevice[]): Promise<Wanted | undefined>;
  /** What a guest names by this address. Pure. */
  named(address: string, devices: readonly NodeDevice[]): Named;
  /** Why a device that nobody claims cannot be given to a guest all the same. */
  objectionsToUnclaimed(
    host: ConnectedHost,
    device: NodeDevice,
    devices: readonly NodeDevice[],
    users: readonly DeviceUser[],
  ): Promise<readonly Objection[]>;
}
