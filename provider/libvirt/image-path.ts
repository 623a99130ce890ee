/** Which file is meant where an image names another one: paths, `file:` and `json:` as QEMU reads them. Pure. */

import { posix } from "node:path";

/** The path in one spelling: no doubled, trailing or dotted parts. Symbolic links are another question. */
export function plainPath(path: string): string {
  return posix.normalize(path).replace(/(?<=.)\/+$/, "");
}

/** Absolute paths of the files that a source names; none where it lies on the network. `folder`: what is relative to it. */
export function filesOf(source: string, folder?: string): string[] {
  const named = source.startsWith("json:") ? inJson(source.slice("json:".length)) : [source];
  return named.flatMap((each) => {
    const path = each.replace(/^(file|host_device|host_cdrom):/, "");
    if (path.startsWith("/")) return [plainPath(path)];
    // `nbd:…`, `rbd:…`, `https://…`
    return folder === undefined || path === "" || /^[a-z][a-z0-9+_.-]*:/.test(path)
      ? []
      : [plainPath(`${folder}/${path}`)];
  });
}

/** Every `filename` of a block device description, nested or with dots in its keys. */
export function inJson(text: string): string[] {
  try {
    return fileNames(JSON.parse(text));
  } catch {
    return [];
  }
}

function fileNames(value: unknown): string[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    typeof inner === "string" ? (/(^|\.)filename$/.test(key) ? [inner] : []) : fileNames(inner),
  );
}
