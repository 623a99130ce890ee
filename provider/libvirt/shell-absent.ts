/** Where there is no shell on a host, and why. Pure. */

import { isLocal, isSession, isTestDriver, parseUri } from "./uri";

/** Undefined where there should be one: for the machine's own daemon, and by ssh where the transport is ssh. */
export function reasonForNoShell(uri: string): string | undefined {
  if (isTestDriver(uri)) return "the host of libvirt's test driver is no machine";
  if (isSession(uri)) return "a user's session daemon says nothing of the machine, and that user may do nothing to it";
  if (isLocal(uri)) return undefined;
  const { transport = "tls" } = parseUri(uri) ?? {};
  switch (transport) {
    case "ssh":
      return undefined;
    case "libssh":
    case "libssh2":
      return `${transport} has a configuration of its own, so ssh may come out on another machine; with +ssh in the URI there is a shell`;
    case "tls":
    case "tcp":
      return `only libvirt is spoken over ${transport}; with +ssh in the URI there is a shell`;
    default:
      return `the transport ${transport} carries libvirt only; with +ssh in the URI there is a shell`;
  }
}
