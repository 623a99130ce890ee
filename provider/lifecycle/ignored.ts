/** What the option `ignoreChanges` leaves to the host: paths as Pulumi spells them, and whether an input path lies below. Pure. */

export type Ignored = (path: string) => boolean;

export const nothingIgnored: Ignored = () => false;

/**
 * `patterns`: Pulumi's property paths, `disks.root.cache`, `nics["my-nic"]`, `disks[*].cache` (pulumi.com, "Property
 * paths"). Input paths join their keys by dots alone, also where a key holds some.
 */
export function ignoring(patterns: unknown): Ignored {
  if (!Array.isArray(patterns) || patterns.length === 0) return nothingIgnored;
  const expressions = patterns.filter((each) => typeof each === "string").map(expressionOf);
  return (path) => expressions.some((expression) => expression.test(path));
}

const step = /\["((?:[^"\\]|\\.)*)"\]|\[(\d+|\*)\]|([^.[\]]+)/g;

function expressionOf(pattern: string): RegExp {
  const steps = [...pattern.matchAll(step)].map(([, quoted, index, name]) => {
    const key = quoted?.replace(/\\(.)/g, "$1") ?? index ?? name ?? "";
    return key === "*" && quoted === undefined ? ".+" : key.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
  });
  return new RegExp(`^${steps.join("\\.")}(\\.|$)`);
}
