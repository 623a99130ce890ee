/**
 * What a driver of libvirt has no words for. It is not asked for that: an option is left out, and a command is answered as
 * by a host that has none of it, or refused here. Pure.
 */

import { LibvirtError } from "./errors";
import type { Command } from "./virsh";

export interface DriverWords {
  /** Commands about what no host of this driver has: their answer is empty. */
  readonly empty: ReadonlySet<string>;
  /** Commands that do something which the driver cannot, or tell what it cannot see. */
  readonly lacks: ReadonlySet<string>;
  /** Options that are left out, by their command. */
  readonly withoutOptions: Readonly<Record<string, readonly string[]>>;
}

export const allWords: DriverWords = { empty: new Set(), lacks: new Set(), withoutOptions: {} };

/** The command as the driver takes it. Throws `Unsupported` for one that it lacks. */
export function inWordsOf({ empty, lacks, withoutOptions }: DriverWords, command: Command, uri: string): Command {
  const { name } = command;
  if (lacks.has(name)) {
    throw new LibvirtError(
      "Unsupported",
      `${uri} refused "${name}": libvirt's driver of this hypervisor cannot do that.`,
    );
  }
  // virsh's own command, which asks no host.
  if (empty.has(name)) return { name: "echo" };
  const dropped = withoutOptions[name];
  return dropped === undefined
    ? command
    : {
        ...command,
        arguments: command.arguments?.filter((word) => typeof word !== "string" || !dropped.includes(word)) ?? [],
      };
}
