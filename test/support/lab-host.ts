/** An emulated machine as the test's host (test/lab/emulated-host). Nothing but ssh leads there: paths are the host's. */

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { killDaemon, startDaemon } from "./daemon";
import { installGuestImage } from "./private-host";
import { feed, run } from "./run";
import type { TestHost } from "./test-host";

/** The folders below test/lab. */
export type LabKind = "kvm" | "xen";

/** What differs by kind: shell commands for the host. */
interface Lab {
  /** What `undefine` has to be told so that nothing of a guest is left. */
  readonly undefine: string;
  readonly killDaemon: string;
  startDaemon(environment?: string): string;
}

const labs: Readonly<Record<LabKind, Lab>> = {
  kvm: {
    undefine: "--nvram --managed-save --snapshots-metadata",
    killDaemon:
      // Without the sockets, which would start it again with the next connection.
      "systemctl kill --signal=KILL libvirtd; systemctl stop libvirtd.socket libvirtd-ro.socket libvirtd-admin.socket",
    startDaemon: (environment = "") =>
      `systemctl set-environment ${environment}; systemctl reset-failed libvirtd; systemctl start libvirtd
       systemctl unset-environment ${environment.replace(/=\S*/g, "")}; virsh -c qemu:///system uri`,
  },
  xen: {
    undefine: "--managed-save",
    killDaemon,
    startDaemon: (environment) => startDaemon("xen:///system", "/var/log/libvirt/libvirtd.log", environment),
  },
};

/** Dom0 is no test's. */
const sweep = ({ undefine }: Lab): string => `
  virsh -q list --all --uuid | grep -v -e '^00000000-' -e '^$' | while read -r guest; do
    virsh -q destroy $guest; virsh -q undefine $guest ${undefine}
  done
  virsh -q net-list --all --name | grep -vx -e default -e '' | while read -r network; do
    virsh -q net-destroy "$network"; virsh -q net-undefine "$network"
  done
  virsh -q pool-list --all --uuid | while read -r pool; do virsh -q pool-destroy $pool; virsh -q pool-undefine $pool; done
  virsh -q secret-list | awk 'NF {print $1}' | while read -r secret; do virsh -q secret-undefine $secret; done
  true`;

export interface LabHost extends TestHost {
  /** The socket on which QEMU hears of other hardware (lab-hardware.ts), where the kind has one. */
  readonly monitor: string;
}

/**
 * Boots one, or joins the one whose folder PULUMI_VIRT_LAB_KVM or PULUMI_VIRT_LAB_XEN names: test/lab/run starts one for all
 * test files. `stop` then leaves it running, without what this test put into `data`; guests, pools and networks are the
 * test's to remove.
 */
export function startLabHost(kind: LabKind): LabHost {
  const shared = process.env[`PULUMI_VIRT_LAB_${kind.toUpperCase()}`];
  const folder = shared ?? mkdtempSync("/var/tmp/pvl-");
  const script = join(__dirname, "../lab", kind, "host");
  // It must not outlive a test runner that is killed.
  process.env.LAB_HOST_OWNER ??= String(process.pid);
  const uri = run(script, "start", folder).trim();
  const enter = (...command: string[]): string => run(script, "enter", folder, ...command);
  // The machine is the tests' own: what one that failed left behind is not the next one's trouble.
  if (shared !== undefined) enter("sh", "-c", sweep(labs[kind]));
  const data = enter("mktemp", "--directory", "/srv/test-XXXXXX").trim();
  // As open as the one of a private host: guests run as libvirt-qemu.
  enter("chmod", "777", data);
  const write = (path: string, content: string | Buffer): void =>
    void feed(content, script, "enter", folder, "sh", "-c", 'cat >"$1" && chmod 644 "$1"', "write", path);
  return {
    uri,
    monitor: join(folder, "qmp"),
    data,
    virsh: (...args) => run("virsh", "-q", "-c", uri, ...args),
    enter,
    read: (path) => enter("cat", path),
    write,
    installGuestImage: () => {
      const local = mkdtempSync(join(tmpdir(), "pvi-"));
      installGuestImage(local);
      for (const file of ["kernel", "initrd"]) write(join(data, file), readFileSync(join(local, file)));
      rmSync(local, { recursive: true });
    },
    killDaemon: () => void enter("sh", "-c", labs[kind].killDaemon),
    startDaemon: (environment) => void enter("sh", "-c", labs[kind].startDaemon(environment)),
    stop: () => {
      if (shared === undefined) run(script, "remove", folder);
      else enter("rm", "-rf", data);
    },
  };
}
