/** XML for virsh travels in files that only we can read, and that are gone when the command is, or when we are. */

import { constants } from "node:fs";
import { type FileHandle, mkdtemp, open, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Linux: a file without a name, which the kernel takes back with its last reader, however our process ends (open(2)). */
const nameless = process.platform === "linux" ? 0o20200000 | constants.O_RDWR : undefined;

export class PrivateFiles {
  private readonly handles: FileHandle[] = [];
  private folder: Promise<string> | undefined;
  private count = 0;

  /** Resolves to a path under which virsh reads the content. */
  async add(content: string): Promise<string> {
    const handle = nameless === undefined ? undefined : await open(tmpdir(), nameless, 0o600).catch(() => undefined);
    if (handle === undefined) return this.addNamed(content);
    this.handles.push(handle);
    await handle.writeFile(content);
    return `/proc/${process.pid}/fd/${handle.fd}`;
  }

  async remove(): Promise<void> {
    await Promise.all(this.handles.splice(0).map((handle) => handle.close()));
    if (this.folder !== undefined) await rm(await this.folder, { recursive: true, force: true });
  }

  /** Where the system or the file system knows no files without a name. */
  private async addNamed(content: string): Promise<string> {
    this.folder ??= mkdtemp(join(tmpdir(), "pulumi-virt-"));
    const path = join(await this.folder, `${(this.count += 1)}.xml`);
    await writeFile(path, content, { mode: 0o600 });
    return path;
  }
}
