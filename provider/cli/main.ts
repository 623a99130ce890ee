#!/usr/bin/env node
/** The command `pulumi-virt`: its subcommands, and what their exit codes mean. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { CommanderError, InvalidArgumentError, program } from "commander";
import { connectionUri } from "../../schema/names";
import { wordsOf } from "../hypervisors/profile-of";
import { Hosts } from "../libvirt/connection";
import { doctor, type DoctorOptions } from "./doctor";

/** 0: all is well, or only warnings. 1: guests cannot be run there. 2: the command was written wrongly. */
const wrongUsage = 2;

const { version } = JSON.parse(readFileSync(join(__dirname, "../../../package.json"), "utf8")) as { version: string };

const hosts = new Hosts(wordsOf);

program
  .name("pulumi-virt")
  .description("Commands beside the Pulumi provider for hosts that speak libvirt.")
  .version(version)
  .exitOverride()
  .showHelpAfterError("(--help says more)");

program
  .command("doctor")
  .summary("says what a host lacks before the first guest")
  .description(
    "Says what a host lacks before the first `pulumi up`, and what to do about it. It changes nothing there.",
  )
  .argument("<uri>", "libvirt connection URI, or an alias of libvirt.conf: qemu+ssh://root@kvm1/system", connection)
  .option("--folder <path>", "where images of guests are to be kept", absolutePath, "/var/lib/libvirt/images")
  .option("--json", "print the findings as JSON")
  .addHelpText(
    "after",
    "\nExit codes: 0 guests can be run there, with or without warnings; 1 they cannot; 2 the command was written wrongly.",
  )
  .action(async (uri: string, options: DoctorOptions) => {
    process.exitCode = (await doctor(hosts, uri, options)) ? 0 : 1;
  });

void main();

async function main(): Promise<void> {
  try {
    await program.parseAsync();
  } catch (error) {
    // commander has said it by now; help and version that were asked for end this way, too.
    if (!(error instanceof CommanderError)) throw error;
    process.exitCode = error.exitCode === 0 ? 0 : wrongUsage;
  } finally {
    await hosts.close();
  }
}

function connection(text: string): string {
  const { success, error } = connectionUri.safeParse(text);
  if (success) return text;
  throw new InvalidArgumentError(`It ${error.issues[0]?.message ?? "is no URI"}.`);
}

function absolutePath(text: string): string {
  if (/^\/[^\u0000-\u001f\u007f]*$/.test(text)) return text;
  throw new InvalidArgumentError("It must be an absolute path on the host.");
}
