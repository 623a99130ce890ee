/** A look at a host's storage, ordered by what is used: one walk over it answers for any number of volumes. */

import { posix } from "node:path";
import { plainPath } from "./image-path";
import { bothNames, realPath } from "./real-path";
import type { StorageLook } from "./storage-look";
import type { SeenVolume } from "./volume-listing";

interface Use {
  readonly what: string;
  /** The path of the user, where it is a volume itself. */
  readonly by?: string;
}

export class StorageIndex {
  private constructor(
    private readonly uri: string,
    private readonly byPath: ReadonlyMap<string, readonly Use[]>,
    private readonly byFingerprint: ReadonlyMap<string, readonly SeenVolume[]>,
    private readonly volumes: ReadonlyMap<string, readonly SeenVolume[]>,
  ) {}

  static async of(uri: string, { guests, pools, volumes }: StorageLook): Promise<StorageIndex> {
    const inPool = grouped(volumes, ({ pool, name }) => placeKey(pool, name));
    const folders = new Map(pools.map(({ name, folder }) => [name, folder]));
    const pathOf = (pool: string, volume: string): string =>
      inPool.get(placeKey(pool, volume))?.[0]?.path ?? plainPath(`${folders.get(pool) ?? ""}/${volume}`);
    const isPool = (name: string): boolean => folders.has(name);
    const uses: (readonly [string, Use])[] = [
      ...guests.flatMap(({ what, named }) => [
        ...named.paths.map((path) => [path, { what }] as const),
        ...named.volumes.map(({ pool, volume }) => [pathOf(pool, volume), { what }] as const),
      ]),
      ...pools.flatMap(({ name, source }) => source.paths.map((path) => [path, { what: `pool ${name}` }] as const)),
      ...volumes.flatMap(({ pool, name, path, backingFiles }) => {
        const what = isPool(pool) ? `disk ${name} in pool ${pool}` : `the image ${path}`;
        return backingFiles.map((file) => [file, { what, by: path }] as const);
      }),
    ];
    const names = await bothNames(
      uri,
      uses.map(([path]) => path),
    );
    const byPath = new Map<string, Use[]>();
    for (const [path, use] of uses) for (const name of names.get(path) ?? []) add(byPath, name, use);
    const printed = volumes.filter(({ fingerprint }) => fingerprint !== undefined);
    return new StorageIndex(
      uri,
      byPath,
      grouped(printed, ({ fingerprint }) => fingerprint ?? ""),
      grouped(volumes, ({ path }) => path),
    );
  }

  /** In words, each once. */
  async usersOf(file: string): Promise<readonly string[]> {
    return inWords(await this.usesOf(file));
  }

  /** The images that lie on it, in words. */
  async overlaysOn(file: string): Promise<readonly string[]> {
    return inWords((await this.usesOf(file)).filter(({ by }) => by !== undefined));
  }

  private async usesOf(file: string): Promise<readonly Use[]> {
    const names = await this.namesOf(file);
    const uses = [...names].flatMap((name) => this.byPath.get(name) ?? []);
    return uses.filter(({ by }) => by === undefined || !names.has(by));
  }

  /** Everything that the same file is called on the host, as far as anybody says. */
  async namesOf(file: string): Promise<ReadonlySet<string>> {
    const path = plainPath(file);
    const plain = [path, await realPath(this.uri, path)];
    // The same folder under another name, and so another pool's volume: same name, same moment of the last change.
    const otherPaths = plain
      .flatMap((name) => this.volumes.get(name) ?? [])
      .flatMap(({ fingerprint }) => this.byFingerprint.get(fingerprint ?? "") ?? [])
      .filter((twin) => posix.dirname(twin.path) !== posix.dirname(path));
    return new Set([...plain, ...otherPaths.map((twin) => twin.path)]);
  }
}

function inWords(uses: readonly Use[]): readonly string[] {
  return [...new Set(uses.map(({ what }) => what))].sort();
}

function placeKey(pool: string, name: string): string {
  return JSON.stringify([pool, name]);
}

function grouped<Item>(items: readonly Item[], key: (item: Item) => string): ReadonlyMap<string, readonly Item[]> {
  const groups = new Map<string, Item[]>();
  for (const item of items) add(groups, key(item), item);
  return groups;
}

function add<Item>(groups: Map<string, Item[]>, key: string, item: Item): void {
  const group = groups.get(key);
  if (group === undefined) groups.set(key, [item]);
  else group.push(item);
}
