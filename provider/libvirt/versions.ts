/** Versions of libvirt, here and on the host. Pure. */

import { LibvirtError } from "./errors";

export interface Versions {
  /** Of the virsh and its library on the machine that runs Pulumi: `9.0.0`. */
  readonly client: string;
  /** Of the daemon on the host. */
  readonly daemon: string;
  /** `QEMU 7.2.22` */
  readonly hypervisor: string;
}

/** `net-define --validate`, without which libvirt drops what it does not know in silence. */
const oldest = "7.7.0";

/** What `virsh version --daemon` prints. */
export function versionsIn(text: string): Versions {
  const told = (label: string): string | undefined => new RegExp(`^${label}: (.+)$`, "m").exec(text)?.[1]?.trim();
  // Not "Using library" for both: that is the library of the virsh that runs here.
  return {
    client: told("Using library")?.replace("libvirt ", "") ?? "0.0.0",
    daemon: told("Running against daemon") ?? "0.0.0",
    hypervisor: told("Running hypervisor") ?? "unknown",
  };
}

/** "9.0.0" as libvirt counts it. */
export function versionNumber(version: string): number {
  const [major = 0, minor = 0, release = 0] = version.split(".").map(Number);
  return major * 1_000_000 + minor * 1_000 + release;
}

export function refuseOldVersions({ client, daemon }: Versions, uri: string): void {
  const isOld = (version: string): boolean => versionNumber(version) < versionNumber(oldest);
  if (!isOld(client) && !isOld(daemon)) return;
  const [version, where, what] = isOld(daemon)
    ? [daemon, `on ${uri}`, "Upgrade libvirt on the host"]
    : [client, "on the machine that runs Pulumi", "Upgrade virsh there (Debian: libvirt-clients)"];
  throw new LibvirtError(
    "Unsupported",
    `libvirt ${version} ${where} is too old: pulumi-virt needs ${oldest.replace(/\.0$/, "")} or later on both sides, so that nothing that libvirt does not know is dropped in silence. Nothing was touched.`,
    `${what}: Debian 12, Ubuntu 22.04, RHEL 9 and SLES 15 SP4 have a newer one.`,
  );
}
