/** A libvirt daemon of the test's own (scripts/private-host), and a look at it that does not go through our code. */

import { chmodSync, mkdtempSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { killDaemon, startDaemon } from "./daemon";
import { run } from "./run";
import type { TestHost } from "./test-host";

export { run };

const scripts = join(__dirname, "../../scripts");

export interface PrivateHost extends TestHost {
  /** Where the host lives on this machine. `data` lies below it, at the same path inside and outside. */
  readonly folder: string;
}

export function startPrivateHost(): PrivateHost {
  // Short, because the path of a Unix socket is; readable for the user that guests run as.
  const folder = mkdtempSync("/var/tmp/pvt-");
  const script = join(scripts, "private-host");
  const uri = run(script, "start", folder).trim();
  const enter = (...command: string[]): string => run(script, "enter", folder, ...command);
  const data = join(folder, "data");
  return {
    uri,
    folder,
    data,
    virsh: (...args) => run("virsh", "-q", "-c", uri, ...args),
    enter,
    read: (path) => enter("cat", path),
    write: (path, content) => {
      writeFileSync(path, content);
      chmodSync(path, 0o644);
    },
    installGuestImage: () => installGuestImage(data),
    killDaemon: () => void enter("sh", "-c", killDaemon),
    startDaemon: (environment) =>
      void enter("sh", "-c", startDaemon("qemu:///system", `${folder}/log/libvirtd.log`, environment)),
    stop: () => void run(script, "remove", folder),
  };
}

/** Kernel and initrd of the small Linux, put into a folder. */
export function installGuestImage(folder: string): void {
  run(join(scripts, "guest-image"), folder);
}
