/**
 * Complete listings of a host: the only place where absence is concluded (decisions/absence.md). Callers that ask at the
 * same time share one listing, and never one that began before they asked, unless a recent one is good enough for them.
 */

import type { NodeDevice } from "./node-device";
import { nodeDevices } from "./node-devices";
import { secretRows } from "./tables";
import type { Virsh } from "./virsh";
import { LibvirtError } from "./errors";
import { type GuestState, stateOfActive } from "./states";

export interface GuestListing {
  readonly uuid: string;
  readonly name: string;
  readonly state: GuestState;
  /** Has a running QEMU or Xen domain, in whichever state (paused and crashed ones among them). */
  readonly active: boolean;
  readonly autostart: boolean;
}

export interface ObjectListing {
  readonly uuid: string;
  readonly name: string;
  readonly active: boolean;
  readonly autostart: boolean;
}

export interface SecretListing {
  readonly uuid: string;
  /** What it is for, in the secret's own words (a path, a name), as far as virsh can write it. */
  readonly name: string;
  readonly exact: boolean;
}

export interface Inventory {
  guests(options?: ListingOptions): Promise<readonly GuestListing[]>;
  networks(options?: ListingOptions): Promise<readonly ObjectListing[]>;
  pools(options?: ListingOptions): Promise<readonly ObjectListing[]>;
  secrets(options?: ListingOptions): Promise<readonly SecretListing[]>;
  /** Those that guests can have (PCI, USB, mediated ones and what these are made of), and network interfaces. */
  devices(options?: ListingOptions): Promise<readonly NodeDevice[]>;
  /** What we have changed ourselves must be listed anew. */
  forget(): void;
}

export interface ListingOptions {
  /** A listing that began after this call; without it, one of the last two seconds will do. */
  readonly fresh?: boolean;
}

/** How long a listing serves readers: refreshes and previews ask for one guest after the other. */
const recentMilliseconds = 2_000;

const inventories = new WeakMap<Virsh, Inventory>();

export function inventory(virsh: Virsh): Inventory {
  const known = inventories.get(virsh);
  if (known !== undefined) return known;
  const guests = new Listing(virsh, listGuests);
  const networks = new Listing(virsh, (host) => listObjects(host, "net-list"));
  const pools = new Listing(virsh, (host) => listPools(host));
  const secrets = new Listing(virsh, listSecrets);
  const devices = new Listing(virsh, nodeDevices);
  const made: Inventory = {
    guests: (options) => guests.get(options),
    networks: (options) => networks.get(options),
    pools: (options) => pools.get(options),
    secrets: (options) => secrets.get(options),
    devices: (options) => devices.get(options),
    forget: () => [guests, networks, pools, secrets, devices].forEach((listing) => listing.forget()),
  };
  inventories.set(virsh, made);
  return made;
}

class Listing<Entry> {
  private recent:
    { readonly entries: Promise<readonly Entry[]>; readonly at: number; readonly generation: number } | undefined;
  private underWay: Promise<unknown> = Promise.resolve();
  private next: Promise<readonly Entry[]> | undefined;

  constructor(
    private readonly virsh: Virsh,
    private readonly list: (virsh: Virsh) => Promise<readonly Entry[]>,
  ) {}

  get({ fresh = false }: ListingOptions = {}): Promise<readonly Entry[]> {
    const { recent } = this;
    const usable =
      !fresh &&
      recent !== undefined &&
      recent.generation === this.virsh.generation &&
      Date.now() - recent.at < recentMilliseconds;
    return usable ? recent.entries : this.begin();
  }

  forget(): void {
    this.recent = undefined;
  }

  /** All who ask while one listing is under way wait for the one after it. */
  private begin(): Promise<readonly Entry[]> {
    this.next ??= this.underWay.then(() => {
      this.next = undefined;
      const entries = this.list(this.virsh);
      this.recent = { entries, at: Date.now(), generation: this.virsh.generation };
      this.underWay = entries.catch(() => (this.recent = undefined));
      return entries;
    });
    return this.next;
  }
}

/** Xen's own domain, Dom0, which is the host and no guest (libvirt gives this UUID to nothing else). */
export const controlDomainUuid = "00000000-0000-0000-0000-000000000000";

async function listGuests(virsh: Virsh): Promise<readonly GuestListing[]> {
  const [all, active, paused, other, autostart, saved, off] = await answers(virsh, [
    ["list", "--all", "--uuid", "--name"],
    ["list", "--uuid"],
    ["list", "--uuid", "--state-paused"],
    ["list", "--all", "--uuid", "--state-other"],
    ["list", "--all", "--uuid", "--autostart"],
    ["list", "--all", "--uuid", "--with-managed-save"],
    ["list", "--all", "--uuid", "--state-shutoff"],
  ]);
  const [isActive, isPaused, starts, isSaved, isOff] = [active, paused, autostart, saved, off].map(
    (text) => new Set(lines(text ?? "")),
  ) as [Set<string>, Set<string>, Set<string>, Set<string>, Set<string>];
  // On Xen one that crashed and is kept, or is being taken down, is active and shut off at once.
  const both = [...isActive].filter((uuid) => isOff.has(uuid));
  const others = await statesOf(virsh, [...lines(other ?? ""), ...both]);
  const stateOf = (uuid: string): GuestState => {
    if (isPaused.has(uuid)) return "paused";
    if (isActive.has(uuid)) return others.get(uuid) ?? "running";
    return isSaved.has(uuid) ? "saved" : "shut off";
  };
  return named(all ?? "")
    .filter(({ uuid }) => uuid !== controlDomainUuid)
    .map(({ uuid, name }) => ({
      uuid,
      name,
      state: stateOf(uuid),
      active: isActive.has(uuid),
      autostart: starts.has(uuid),
    }));
}

/** Listings tell running, paused and shut off apart; the rest is asked for one by one. */
async function statesOf(virsh: Virsh, uuids: readonly string[]): Promise<ReadonlyMap<string, GuestState>> {
  const states = await answers(
    virsh,
    uuids.map((uuid) => ["domstate", uuid, "--reason"]),
    true,
  );
  return new Map(
    uuids.flatMap((uuid, index) => {
      const said = states[index];
      if (said === undefined) return [];
      return [[uuid, stateOfActive(said)] as const];
    }),
  );
}

async function listObjects(virsh: Virsh, command: "net-list" | "pool-list"): Promise<readonly ObjectListing[]> {
  const [all, active, autostart] = await answers(virsh, [
    [command, "--all", "--uuid"],
    [command, "--uuid"],
    [command, "--all", "--autostart", "--uuid"],
  ]);
  const uuids = lines(all ?? "");
  // net-list of 9.0 gives UUIDs or names, not both, and pool-list fills names up with spaces; whatever vanished between the two questions is not there.
  const toName = command === "net-list" ? "net-name" : "pool-name";
  const names = await answers(
    virsh,
    uuids.map((uuid) => [toName, uuid]),
    true,
  );
  const [isActive, starts] = [new Set(lines(active ?? "")), new Set(lines(autostart ?? ""))];
  return uuids.flatMap((uuid, index) => {
    const name = names[index];
    return name === undefined ? [] : [{ uuid, name, active: isActive.has(uuid), autostart: starts.has(uuid) }];
  });
}

/** `pool-list` asks pool after pool, and fails where one without a definition goes away meanwhile. */
async function listPools(virsh: Virsh, attempts = 5): Promise<readonly ObjectListing[]> {
  try {
    return await listObjects(virsh, "pool-list");
  } catch (error) {
    if (attempts <= 1 || !(error instanceof LibvirtError) || error.kind === "Unreachable") throw error;
    return listPools(virsh, attempts - 1);
  }
}

async function listSecrets(virsh: Virsh): Promise<readonly SecretListing[]> {
  const [all] = await answers(virsh, [["secret-list"]]);
  return secretRows(all ?? "");
}

async function answers(
  virsh: Virsh,
  commands: readonly (readonly string[])[],
  mayFail = false,
): Promise<(string | undefined)[]> {
  const results = await virsh.runAll(commands.map(([name = "", ...words]) => ({ name, arguments: words })));
  return results.map((result) => {
    if (result.status === "fulfilled") return result.value;
    const lost = !(result.reason instanceof LibvirtError) || result.reason.kind === "Unreachable";
    if (lost || !mayFail) throw result.reason;
    return undefined;
  });
}

function lines(text: string): string[] {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
}

/** Lines of a UUID, a space and a name, which may itself hold spaces, also at its ends. */
function named(text: string): { uuid: string; name: string }[] {
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => ({ uuid: line.slice(0, 36), name: line.slice(37) }));
}
