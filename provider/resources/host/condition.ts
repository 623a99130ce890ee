/** The state that a host is in right now: what this user may do there, what is free, what is there to be used. */

import { LibvirtError } from "../../libvirt/errors";
import { inventory, type ObjectListing } from "../../libvirt/inventory";
import type { Virsh } from "../../libvirt/virsh";

export interface Condition {
  /** Whether the connection may change anything; undefined where that does not show. */
  readonly mayChange: boolean | undefined;
  /** Undefined where the host does not say. */
  readonly memory: Room | undefined;
  /** Free pages of the big sizes, by their size in KiB. */
  readonly hugePages: readonly (readonly [sizeKiB: number, free: number])[];
  readonly pools: readonly (Room & { readonly name: string })[];
  readonly networks: readonly ObjectListing[];
}

export interface Room {
  readonly totalKiB: number;
  readonly freeKiB: number;
}

export async function conditionOf(virsh: Virsh): Promise<Condition> {
  const listed = inventory(virsh);
  const orNone = async (work: Promise<readonly ObjectListing[]>): Promise<readonly ObjectListing[]> =>
    work.catch((error: unknown) => {
      if (error instanceof LibvirtError && error.kind === "Unreachable") throw error;
      return [];
    });
  const [pools, networks, mayChange] = await Promise.all([
    orNone(listed.pools()),
    orNone(listed.networks()),
    mayDefine(virsh),
  ]);
  const active = pools.filter((pool) => pool.active);
  const [memory, pages, ...rooms] = (
    await virsh.runAll([
      { name: "nodememstats" },
      { name: "freepages", arguments: ["--all"] },
      ...active.map(({ name }) => ({ name: "pool-info", arguments: ["--bytes", "--pool", name] })),
    ])
  ).map((answer) => (answer.status === "fulfilled" ? answer.value : undefined));
  return {
    mayChange,
    memory: memory === undefined ? undefined : memoryIn(memory),
    hugePages: pages === undefined ? [] : hugePagesIn(pages),
    pools: active.flatMap(({ name }, index) => {
      const room = rooms[index] === undefined ? undefined : roomIn(rooms[index]);
      return room === undefined ? [] : [{ name, ...room }];
    }),
    networks,
  };
}

/**
 * Tried with a definition that no host takes: a connection that may only read (libvirt-sock-ro, an access driver) is
 * refused before it is looked at.
 */
async function mayDefine(virsh: Virsh): Promise<boolean | undefined> {
  try {
    await virsh.run("define", [{ xml: "<nothing/>" }]);
    return undefined;
  } catch (error) {
    if (!(error instanceof LibvirtError) || error.kind === "Unreachable") throw error;
    return error.kind !== "Denied";
  }
}

/** Of `nodememstats`. What the kernel caches it gives back to guests. */
export function memoryIn(text: string): Room | undefined {
  const kib = (key: string): number => Number(new RegExp(`^${key} *: *(\\d+) KiB`, "m").exec(text)?.[1] ?? 0);
  const totalKiB = kib("total");
  return totalKiB === 0 ? undefined : { totalKiB, freeKiB: kib("free") + kib("buffers") + kib("cached") };
}

/** Of `freepages --all`, which lists them for each NUMA node. */
export function hugePagesIn(text: string): (readonly [number, number])[] {
  const free = new Map<number, number>();
  for (const [, size = "", count = ""] of text.matchAll(/^(\d+)KiB: (\d+)$/gm)) {
    free.set(Number(size), (free.get(Number(size)) ?? 0) + Number(count));
  }
  return [...free].filter(([size, count]) => size >= 1024 && count > 0);
}

/** Of `pool-info --bytes`. */
export function roomIn(text: string): Room | undefined {
  const kib = (key: string): number | undefined => {
    const bytes = new RegExp(`^${key}: +(\\d+)$`, "m").exec(text)?.[1];
    return bytes === undefined ? undefined : Math.floor(Number(bytes) / 1024);
  };
  const [totalKiB, freeKiB] = [kib("Capacity"), kib("Available")];
  return totalKiB === undefined || freeKiB === undefined ? undefined : { totalKiB, freeKiB };
}
