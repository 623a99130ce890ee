/**
 * libvirt's test driver (`test:///default`): a host in memory, on which programs can be tried. What it has no words for is
 * left out, or answered as by a host that has none of it. Pure. Tried with libvirt 9.0.
 */

import type { Command } from "./virsh";

const unknownOptions: Readonly<Record<string, readonly string[]>> = {
  "net-dumpxml": ["--inactive"],
  undefine: ["--nvram", "--keep-nvram"],
};

/** Ports and leases of networks, and the secrets that claim volumes: nobody else is there to claim one. */
const unknownCommands: readonly string[] = [
  "net-port-list",
  "net-dhcp-leases",
  "secret-list",
  "secret-define",
  "secret-undefine",
];

/** The command as the test driver takes it. */
export function forTestDriver(command: Command): Command {
  if (unknownCommands.includes(command.name)) return { name: "echo" };
  const dropped = unknownOptions[command.name];
  return dropped === undefined
    ? command
    : {
        ...command,
        arguments: command.arguments?.filter((word) => typeof word !== "string" || !dropped.includes(word)) ?? [],
      };
}
