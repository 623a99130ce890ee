/** A libvirt daemon of the test's own (scripts/private-host), and a look at it that does not go through our code. */

import { execFileSync } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { join } from "node:path";

const scripts = join(__dirname, "../../scripts");

export interface PrivateHost {
  readonly uri: string;
  readonly folder: string;
  /** A folder that guests and the test may both use, at the same path inside and outside. */
  readonly data: string;
  /** What plain virsh says; throws where it fails. */
  virsh(...args: string[]): string;
  /** Runs a command inside, as root. */
  enter(...command: string[]): string;
  /** Kills the daemon as nothing may: its guests, files and sockets stay behind. */
  killDaemon(): void;
  /** Starts it again, and waits until it answers. The environment says in which language: `LANGUAGE=de`. */
  startDaemon(environment?: string): void;
  stop(): void;
}

export function startPrivateHost(): PrivateHost {
  // Short, because the path of a Unix socket is; readable for the user that guests run as.
  const folder = mkdtempSync("/var/tmp/pvt-");
  const script = join(scripts, "private-host");
  const uri = run(script, "start", folder).trim();
  const enter = (...command: string[]): string => run(script, "enter", folder, ...command);
  return {
    uri,
    folder,
    data: join(folder, "data"),
    virsh: (...args) => run("virsh", "-q", "-c", uri, ...args),
    enter,
    killDaemon: () =>
      void enter(
        "sh",
        "-c",
        "kill -KILL $(cat /run/libvirtd.pid); while pgrep -x libvirtd; do sleep 0.1; done; rm -f /run/libvirtd.pid",
      ),
    startDaemon: (environment = "") =>
      void enter(
        "sh",
        "-c",
        `${environment} libvirtd --daemon --pid-file /run/libvirtd.pid
         for i in $(seq 100); do virsh -c qemu:///system uri >/dev/null 2>&1 && exit 0; sleep 0.1; done
         tail -n 20 '${folder}/log/libvirtd.log' >&2; exit 1`,
      ),
    stop: () => void run(script, "remove", folder),
  };
}

/** Kernel and initrd of the small Linux, put into a folder. */
export function installGuestImage(folder: string): void {
  run(join(scripts, "guest-image"), folder);
}

export function run(command: string, ...args: string[]): string {
  return execFileSync(command, args, {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, LC_ALL: "C" },
  });
}
