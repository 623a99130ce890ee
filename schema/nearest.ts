/** The name that somebody probably meant. */

/** The candidate with the fewest slips of the finger from `given`, if it is near enough to be meant. */
export function nearest(given: string, candidates: readonly string[]): string | undefined {
  const wanted = given.toLowerCase();
  const ranked = candidates
    .map((candidate) => ({ candidate, slips: slips(wanted, candidate.toLowerCase()) }))
    .sort((one, other) => one.slips - other.slips);
  const best = ranked[0];
  if (best === undefined) return undefined;
  if (best.slips <= Math.max(1, Math.floor(wanted.length / 3))) return best.candidate;
  // `memory` for `memoryMiB`, `size` for `sizeGiB`.
  return candidates.find((candidate) => wanted.length >= 3 && candidate.toLowerCase().startsWith(wanted));
}

/** Edit distance with transpositions (optimal string alignment). */
function slips(one: string, other: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let row = 1; row <= one.length; row += 1) {
    const next = [row];
    for (let column = 1; column <= other.length; column += 1) {
      const same = one[row - 1] === other[column - 1];
      let cost = Math.min(
        (last[column] ?? 0) + 1,
        (next[column - 1] ?? 0) + 1,
        (last[column - 1] ?? 0) + (same ? 0 : 1),
      );
      const swapped = row > 1 && column > 1 && one[row - 1] === other[column - 2] && one[row - 2] === other[column - 1];
      if (swapped) cost = Math.min(cost, (beforeLast[column - 2] ?? 0) + 1);
      next.push(cost);
    }
    beforeLast = last;
    last = next;
  }
  return last[other.length] ?? 0;
}
