/** Which parts of a map only got another key. Pure. */

/**
 * By the earlier key, the one of now, for all that is the same under another one. Keys that both have stay where they mean
 * the same; else the earlier part is free to be known under a new key, and its own key is a new one then.
 */
export function renames<Earlier, Now>(
  earlier: ReadonlyMap<string, Earlier>,
  now: ReadonlyMap<string, Now>,
  /** Best first: each a way to know that the two are the same part. */
  ways: readonly ((one: Earlier, other: Now) => boolean)[],
): ReadonlyMap<string, string> {
  const isSame = (one: Earlier, other: Now): boolean => ways.some((way) => way(one, other));
  const free = new Map(
    [...earlier].filter(([key, one]) => {
      const other = now.get(key);
      return other === undefined || !isSame(one, other);
    }),
  );
  const found = new Map<string, string>();
  const isTaken = (key: string): boolean => (earlier.has(key) && !found.has(key)) || [...found.values()].includes(key);
  // A part that moves leaves its own key to another one.
  let before: number;
  do {
    before = found.size;
    for (const way of ways) {
      for (const [key, part] of now) {
        if (isTaken(key)) continue;
        const [same] = [...free].find(([, one]) => way(one, part)) ?? [];
        if (same === undefined) continue;
        found.set(same, key);
        free.delete(same);
      }
    }
  } while (found.size > before);
  return found;
}
