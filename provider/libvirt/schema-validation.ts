/** libvirt's own RNG schemas, where they lie on this machine and xmllint is there to read them. */

import { existsSync } from "node:fs";
import type { Element } from "../reconcile/tree";
import { PrivateFiles } from "./private-files";
import { outputOf } from "./process";
import { serializeXml } from "./xml";

const folders = ["/usr/share", "/usr/local/share", "/opt/homebrew/share"].map((share) => `${share}/libvirt/schemas`);

/** Whether each of the domain documents is as the schema says, in one process; undefined where that cannot be told here. */
export async function validDomains(documents: readonly Element[]): Promise<readonly boolean[] | undefined> {
  const schema = folders.map((folder) => `${folder}/domain.rng`).find((path) => existsSync(path));
  if (schema === undefined || documents.length === 0) return undefined;
  const files = new PrivateFiles();
  try {
    const paths = await Promise.all(documents.map((document) => files.add(serializeXml(document))));
    const said = await outputOf("xmllint", ["--noout", "--nonet", "--relaxng", schema, ...paths], 30);
    const lines = new Set((said ?? "").split("\n"));
    const verdicts = paths.map((path) => {
      if (lines.has(`${path} validates`)) return true;
      return lines.has(`${path} fails to validate`) ? false : undefined;
    });
    return verdicts.every((verdict) => verdict !== undefined) ? verdicts : undefined;
  } finally {
    await files.remove();
  }
}
