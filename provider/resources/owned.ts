/** Which input paths belong to the user: those that are stated, with all above them (law 2). Pure. */

/** Tells whether a path is stated in one of the inputs; what was stated last time and is dropped now counts as well. */
export function ownedPaths(...inputs: (object | undefined)[]): (path: string) => boolean {
  const stated = new Set<string>();
  for (const each of inputs) if (each !== undefined) collect(each, "", stated);
  return (path) => stated.has(path);
}

function collect(value: unknown, path: string, stated: Set<string>): void {
  if (value === undefined || value === null) return;
  if (path !== "") stated.add(path);
  if (typeof value !== "object") return;
  for (const [key, inner] of Object.entries(value)) collect(inner, path === "" ? key : `${path}.${key}`, stated);
}

/** Whether it is the path itself, or one below it. */
export function isWithin(path: string, outer: string): boolean {
  return path === outer || path.startsWith(`${outer}.`);
}
