/**
 * Whether a shell is on the machine of the daemon. A socket may lead elsewhere: in a container that has its host's, or into
 * namespaces that a daemon was started in.
 */

import { parametersOf } from "./uri";
import type { Virsh } from "./virsh";

export type MachineOfShell =
  | { readonly is: "same" }
  | { readonly is: "perhaps"; readonly why: string }
  | { readonly is: "another"; readonly why: string };

/** The shell's host name, then the daemons that it sees by their pid files and that see the same mounts. */
const look = `
uname -n
own=$(head -n 1 /proc/self/mountinfo 2>/dev/null) || exit 0
for daemon in libvirtd virtqemud virtxend; do
  pid=$(cat "/run/$daemon.pid" 2>/dev/null) || continue
  [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = "$daemon" ] || continue
  [ "$(head -n 1 "/proc/$pid/mountinfo" 2>/dev/null)" = "$own" ] && echo "$daemon"
done
exit 0`;

/** `run`: runs a command by the shell. */
export async function machineOfShell(
  virsh: Virsh,
  uri: string,
  run: (argv: readonly string[]) => Promise<string>,
): Promise<MachineOfShell> {
  const [said, hostname] = await Promise.all([run(["sh", "-c", look]), virsh.run("hostname").catch(() => undefined)]);
  return judge(said, hostname, parametersOf(uri).has("socket"));
}

/** `named`: the URI names the daemon's socket, which may be any. */
export function judge(said: string, hostname: string | undefined, named: boolean): MachineOfShell {
  const [own = "", ...daemons] = said.trim().split("\n");
  if (hostname !== undefined && short(hostname) !== short(own)) {
    const why = `the daemon's machine calls itself ${hostname}, and the shell's ${own}: the socket leads to another machine, as in a container that has its host's`;
    return { is: "another", why };
  }
  if (hostname !== undefined && daemons.length > 0 && !named) return { is: "same" };
  const why = named
    ? "the URI names a socket, which may lead to another machine than the shell's"
    : "no libvirt daemon is seen from the shell, so that it may be on another machine, as in a container that has its host's socket";
  return { is: "perhaps", why };
}

/** Which of the names of a machine carry a domain is a matter of its resolver. */
function short(name: string): string {
  return (name.trim().split(".")[0] ?? "").toLowerCase();
}
