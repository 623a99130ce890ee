/** What tests ask of a libvirt host, whatever it is: a daemon in namespaces of this machine, or a machine of its own. */

import { startLabHost } from "./lab-host";
import { startPrivateHost } from "./private-host";

export interface TestHost {
  readonly uri: string;
  /** A folder on the host for guests and the test, empty in the beginning. */
  readonly data: string;
  /** What plain virsh says; throws where it fails. */
  virsh(...args: string[]): string;
  /** Runs a command on the host, as root. */
  enter(...command: string[]): string;
  /** Reads a file on the host, as root. */
  read(path: string): string;
  /** Writes a file on the host, readable for all. */
  write(path: string, content: string | Buffer): void;
  /** Puts kernel and initrd of the small Linux into `data`. */
  installGuestImage(): void;
  /** Kills the daemon as nothing may: its guests, files and sockets stay behind. */
  killDaemon(): void;
  /** Starts it again, and waits until it answers. The environment says in which language: `LANGUAGE=de`. */
  startDaemon(environment?: string): void;
  stop(): void;
}

/** Whether tests run on an emulated machine, which has KVM and a newer libvirt, and takes its time. */
export const inLab = process.env.PULUMI_VIRT_TEST_HOST?.startsWith("lab:") === true;

/** The host that PULUMI_VIRT_TEST_HOST names: `private`, which is the default, or `lab:kvm` or `lab:xen`. */
export function startTestHost(): TestHost {
  const choice = process.env.PULUMI_VIRT_TEST_HOST ?? "private";
  switch (choice) {
    case "private":
      return startPrivateHost();
    case "lab:kvm":
      return startLabHost("kvm");
    case "lab:xen":
      return startLabHost("xen");
    default:
      throw new Error(`PULUMI_VIRT_TEST_HOST is "${choice}"; there are private, lab:kvm and lab:xen`);
  }
}
