/** Files for virsh that only we can read, and that are gone when the command is: XML, and what is read back. */

import { createHash } from "node:crypto";
import { readlinkSync } from "node:fs";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";

/** Process ids mean something within one process namespace of one machine, and /tmp may be shared by several. */
const namespace = createHash("sha256").update(`${hostname()} ${processNamespace()}`).digest("hex").slice(0, 8);
const prefix = `pulumi-virt-${namespace}-`;

export class PrivateFiles {
  private made: Promise<string> | undefined;
  private count = 0;

  async add(content: string): Promise<string> {
    const path = join(await this.folder(), `${(this.count += 1)}.xml`);
    await writeFile(path, content, { mode: 0o600 });
    return path;
  }

  /** The folder, made when it is first asked for (mode 0700). */
  folder(): Promise<string> {
    this.made ??= mkdtemp(join(tmpdir(), `${prefix}${process.pid}-`));
    return this.made;
  }

  async remove(): Promise<void> {
    if (this.made !== undefined) await rm(await this.made, { recursive: true, force: true });
  }
}

/** Removes what killed predecessors left: their files may hold secrets. */
export async function sweepPrivateFiles(): Promise<void> {
  const names = await readdir(tmpdir()).catch(() => []);
  const left = names.filter((name) => name.startsWith(prefix) && !isAlive(Number.parseInt(name.slice(prefix.length))));
  // Another user's are refused, and are that user's to remove.
  await Promise.allSettled(left.map((name) => rm(join(tmpdir(), name), { recursive: true, force: true })));
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
}

/** Linux tells its name; elsewhere there is one a machine. */
function processNamespace(): string {
  try {
    return readlinkSync("/proc/self/ns/pid");
  } catch {
    return "";
  }
}
