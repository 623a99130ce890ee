/** Storage pools. What they hold is never touched: a pool is forgotten, and only an empty folder of ours is removed. */

import { pool as schema, type PoolInputs } from "../../../schema/pool";
import { unknown } from "../../../schema/unknown";
import { type Claim, claimOn, removeClaim, writeClaim } from "../../libvirt/claim";
import { LibvirtError } from "../../libvirt/errors";
import { inventory, type ObjectListing } from "../../libvirt/inventory";
import { poolNamed } from "../../libvirt/storage-look";
import { guestsRunningIn } from "../../libvirt/storage-users";
import type { Virsh } from "../../libvirt/virsh";
import { lane } from "../../libvirt/volume-listing";
import { parseXml, serializeXml } from "../../libvirt/xml";
import { instantiate } from "../../reconcile/desired";
import type { Change, Plan } from "../../reconcile/plan";
import { descend, textOf } from "../../reconcile/tree";
import { derivedUuid, ownerOf, uuidOf } from "../recorded-identity";
import { powerOf } from "../power-defaults";
import { alreadyExists, fateOf, isAnother, ownershipOf, wasAdopted } from "../ownership";
import { inputsOf } from "../reading/inputs-of";
import type { ConnectedHost, Fate, Identity, Impact, Observed, Operation, Resource } from "../resource";
import { claimPath } from "./claim-path";
import { objections, type ObservedPool, refuseWhileUsed } from "./holding";
import { problems } from "./problems";
import { toXml } from "./xml";

export const pool: Resource<PoolInputs> = {
  kind: "pool",
  schema,
  recreatable: true,
  host: (inputs) => inputs.host,
  derive,
  problems,
  desired: toXml,
  inputsOf: (seen, host) => inputsOf(pool, seen, host),
  dependants: () => [],
  objections,
  impact,
  observe,
  create,
  apply,
  remove,
};

function derive(inputs: PoolInputs, old: Partial<PoolInputs> | undefined, identity: Identity): PoolInputs {
  // An adopted one keeps the UUID that it has, also when the program no longer says that it was adopted.
  const keeps = inputs.adopt === true || (old !== undefined && old.uuid === undefined);
  const uuid = inputs.uuid ?? old?.uuid ?? (keeps ? undefined : derivedUuid(inputs.host, identity));
  const volumeGroup = inputs.source?.name;
  const derivedPath =
    inputs.type === "logical" && volumeGroup !== undefined && volumeGroup !== unknown
      ? `/dev/${volumeGroup}`
      : undefined;
  const path = inputs.path === undefined ? derivedPath : inputs.path.replace(/(?<=.)\/+$/, "");
  return {
    ...inputs,
    name: inputs.name ?? old?.name ?? identity.resourceName,
    ...(uuid === undefined ? {} : { uuid }),
    ...(path === undefined ? {} : { path }),
    ...powerOf(inputs, true, old),
  };
}

async function find(entries: readonly ObjectListing[], { uuid, name }: PoolInputs): Promise<ObjectListing | undefined> {
  return entries.find((entry) => (uuid === undefined ? entry.name === name : entry.uuid === uuid));
}

function impact({ path, to }: Change, inputs: PoolInputs, { recorded, guests }: ObservedPool): Impact {
  if (path === "running" && to === "false" && guests.length > 0) return stopUnder(guests, inputs);
  if (path === "running") return { class: to === "true" ? "start" : "stop" };
  if (path === "autostart") return { class: "live" };
  const field = path.split(".")[0] as keyof PoolInputs;
  const asked = JSON.stringify(inputs[field]) !== JSON.stringify(recorded[field]);
  return asked ? { class: "replace" } : { class: "refused", note: "a pool cannot change it" };
}

/** Stopping a folder does nothing to open files. A mount that is in use, or a volume group, cannot be let go. */
function stopUnder(guests: readonly string[], { type }: PoolInputs): Impact {
  return type === "dir"
    ? { class: "stop", note: `guests run on: ${guests.join(", ")}` }
    : { class: "refused", note: `guests run on its volumes: ${guests.join(", ")}` };
}

async function observe(
  { virsh }: ConnectedHost,
  inputs: PoolInputs,
  recorded: PoolInputs = inputs,
): Promise<ObservedPool | undefined> {
  const listed = await find(await inventory(virsh).pools(), inputs);
  if (listed === undefined) return undefined;
  const claim = await claimOn(virsh, claimPath(listed.uuid));
  const document = parseXml(
    await virsh.run("pool-dumpxml", [listed.uuid], { lane: lane(listed.name) }),
    `the XML of pool "${listed.name}"`,
  );
  const path = textOf(descend(document, "target", "path"));
  const gigabytes = (name: string): number =>
    Math.round((Number(textOf(descend(document, name))) / 2 ** 30) * 100) / 100;
  return {
    id: listed.uuid,
    document,
    settings: { autostart: listed.autostart, running: listed.active },
    ownership: ownership(claim, listed, inputs, recorded),
    adopted: isAdopted(claim, inputs, recorded),
    creation: claim?.creation,
    release: `virsh secret-undefine ${claim?.uuid ?? "UUID"}`,
    claim,
    recorded,
    listed,
    guests: await guestsRunningIn(virsh, listed.name, path),
    facts: {
      uuid: listed.uuid,
      path,
      active: listed.active,
      capacityGiB: gigabytes("capacity"),
    },
  };
}

/**
 * Pools keep no metadata: a claim says whose one is, as it does for volumes. Where there is none (older versions wrote
 * none, and a creation was cut short before it), the UUID, computed from owner and URN, is the mark of one that was not
 * adopted. One that is not active was cut short before its start, or stopped: both are mended alike.
 */
function ownership(
  claim: Claim | undefined,
  { active }: ObjectListing,
  inputs: PoolInputs,
  recorded: PoolInputs,
): Observed["ownership"] {
  if (claim === undefined && inputs.adopt === true) return "foreign";
  const is = claim === undefined ? "ours" : ownershipOf(claim, inputs.host, recorded.host);
  return is === "ours" && !active ? "unfinished" : is;
}

function isAdopted(claim: Claim | undefined, ...said: readonly PoolInputs[]): boolean {
  return claim === undefined ? said.some(({ adopt }) => adopt === true) : wasAdopted(claim, ...said);
}

async function claim(
  virsh: Virsh,
  uuid: string,
  inputs: PoolInputs,
  mark: Pick<Claim, "adopted" | "creation">,
): Promise<void> {
  const path = claimPath(uuid);
  await writeClaim(virsh, { ...mark, uuid: uuidOf(path), owner: ownerOf(inputs.host) ?? "", state: "finished", path });
}

async function create(host: ConnectedHost, inputs: PoolInputs, { creation }: Operation): Promise<void> {
  const { virsh } = host;
  const all = await inventory(virsh).pools({ fresh: true });
  if (all.some((each) => each.name === inputs.name)) throw alreadyExists("pool", inputs.name ?? "", inputs.host.uri);
  const uuid = inputs.uuid ?? "";
  await virsh.run("pool-define", ["--validate", { xml: serializeXml(instantiate(toXml(inputs).document)) }], {
    lane: "work",
  });
  inventory(virsh).forget();
  try {
    await claim(virsh, uuid, inputs, { adopted: false, creation });
    if (inputs.running ?? true) await ready(host, uuid, inputs);
    if (inputs.autostart ?? true) await virsh.run("pool-autostart", [uuid], { lane: "work" });
  } catch (error) {
    if (error instanceof LibvirtError && error.kind === "Unreachable") throw error;
    // Nothing is half-left. One that is active by now stays: it is recorded, or a second `up` of the same stack started it.
    const place = { lane: lane(inputs.name ?? "") } as const;
    const isGone = await virsh.run("pool-undefine", [uuid], place).then(
      () => true,
      () => false,
    );
    const standing = isGone ? await claimOn(virsh, claimPath(uuid)).catch(() => undefined) : undefined;
    if (standing !== undefined) await removeClaim(virsh, standing).catch(() => undefined);
    throw error;
  } finally {
    inventory(virsh).forget();
  }
}

/** Starts the pool as it is, and builds it only where that fails: what is there already is never built over. */
async function ready({ virsh }: ConnectedHost, uuid: string, inputs: PoolInputs): Promise<void> {
  const options = { lane: lane(inputs.name ?? ""), timeoutSeconds: 120 } as const;
  const build = inputs.build ?? inputs.type !== "logical";
  try {
    await virsh.run("pool-start", [uuid], options);
  } catch (error) {
    if (!build || !(error instanceof LibvirtError) || error.kind === "Unreachable") throw error;
    if (await isActive(virsh, { uuid })) return;
    try {
      // Without flags libvirt makes the folder (dir, fs, netfs) and refuses devices that hold something (logical).
      await virsh.run("pool-build", [uuid], options);
      await virsh.run("pool-start", [uuid], options);
    } catch (failure) {
      // A second `up` of the same stack may have been faster.
      if (!(await isActive(virsh, { uuid }))) throw failure;
    }
  }
}

async function apply(
  host: ConnectedHost,
  inputs: PoolInputs,
  observed: ObservedPool,
  plan: Plan,
  operation: Operation,
): Promise<void> {
  const { virsh } = host;
  const uuid = observed.id;
  if (plan.document !== observed.document) {
    throw new LibvirtError(
      "Unsupported",
      `Unable to change pool "${inputs.name}" on ${inputs.host.uri}: it differs in ${plan.changes.map(({ path }) => path).join(", ")}, which a pool cannot change. Nothing was changed.`,
      "State what the pool has, or make another one.",
    );
  }
  const { guests } = observed;
  if (plan.settings.running === false && guests.length > 0 && stopUnder(guests, inputs).class === "refused") {
    throw new LibvirtError(
      "InUse",
      `Unable to stop pool "${inputs.name}" on ${inputs.host.uri}: guests run on its volumes (${guests.join(", ")}). Nothing was changed.`,
      "Stop those guests first.",
    );
  }
  const mark = { adopted: observed.adopted, creation: operation.creation ?? observed.creation };
  if (observed.claim?.owner !== ownerOf(inputs.host) || observed.creation !== mark.creation) {
    await claim(virsh, uuid, inputs, mark);
  }
  if (plan.settings.running === true) await ready(host, uuid, inputs);
  if (plan.settings.running === false) await virsh.run("pool-destroy", [uuid], { lane: lane(inputs.name ?? "") });
  if (plan.settings.autostart !== undefined) {
    await virsh.run("pool-autostart", plan.settings.autostart === true ? [uuid] : ["--disable", uuid], {
      lane: "work",
    });
  }
  inventory(virsh).forget();
}

async function remove({ virsh }: ConnectedHost, inputs: PoolInputs, { creation }: Operation): Promise<Fate> {
  const listed = await find(await inventory(virsh).pools({ fresh: true }), inputs);
  if (listed === undefined) {
    await forgetClaim(virsh, inputs, creation);
    return "remove";
  }
  const standing = await claimOn(virsh, claimPath(listed.uuid));
  const adopted = isAdopted(standing, inputs);
  // One of an older version has no claim, and is known by its UUID.
  const mark = standing ?? { owner: ownerOf(inputs.host) ?? "", state: "finished" as const, adopted };
  const fate = fateOf(mark, inputs, inputs.host, { kind: "pool", name: listed.name }, creation);
  if (fate === "release" && standing !== undefined) await removeClaim(virsh, standing);
  if (fate !== "remove") return fate;
  await refuseWhileUsed(virsh, await poolNamed(virsh, listed), inputs);
  const options = { lane: lane(listed.name), timeoutSeconds: 60 } as const;
  if (await isActive(virsh, listed)) await virsh.run("pool-destroy", [listed.uuid], options);
  // rmdir: it removes an empty folder and nothing else. Volume groups and devices are not ours to wipe. A pool that is
  // not active may be one that a killed predecessor stopped.
  const removable = !adopted && inputs.type === "dir" && (inputs.build ?? true);
  if (removable) await virsh.run("pool-delete", [listed.uuid], options).catch(() => undefined);
  await virsh.run("pool-undefine", [listed.uuid], { lane: "work" });
  if (standing !== undefined) await removeClaim(virsh, standing);
  inventory(virsh).forget();
  return fate;
}

/** A predecessor may have died between the pool and its claim, or somebody undefined it. */
async function forgetClaim(virsh: Virsh, { uuid, host }: PoolInputs, creation: string | undefined): Promise<void> {
  const standing = uuid === undefined ? undefined : await claimOn(virsh, claimPath(uuid));
  if (standing === undefined || standing.owner !== ownerOf(host) || isAnother(standing.creation, creation)) return;
  await removeClaim(virsh, standing);
}

/** Looking into a pool whose folder is gone makes libvirt stop it. */
async function isActive(virsh: Virsh, { uuid }: Pick<ObjectListing, "uuid">): Promise<boolean> {
  return (await inventory(virsh).pools({ fresh: true })).some((each) => each.uuid === uuid && each.active);
}
