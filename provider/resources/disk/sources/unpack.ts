/** Packed images, by the tool of their format, and images of another format, by qemu-img: on the machine that runs Pulumi. */

import { basename } from "node:path";
import { LibvirtError } from "../../../libvirt/errors";
import { runLong } from "../../../libvirt/process";
import type { Operation } from "../../resource";

/** `packer`: a format that is called as its tool is (image.ts), which writes what the file holds to its standard output. */
export async function unpack(packer: string, from: string, to: string, operation: Operation): Promise<void> {
  operation.progress(`unpacks ${basename(from)}`);
  const ended = await runLong(packer, ["-d", "-c", "--", from], { to, signal: operation.signal });
  refuse(`unpack ${from}`, packer, ended, operation);
}

/** The format that is read is the one that was looked up in the file's first bytes: QEMU does not guess. */
export async function convert(
  from: { readonly path: string; readonly format: string },
  to: { readonly path: string; readonly format: string },
  operation: Operation,
): Promise<void> {
  const args = ["convert", "-p", "-f", from.format, "-O", to.format, from.path, to.path];
  let said = "";
  const heard = (text: string): void => {
    const percent = /\((\d+)\.\d+\/100%\)/.exec(text)?.[1];
    if (percent === undefined || percent === said) return;
    said = percent;
    operation.progress(`converts ${basename(from.path)} to ${to.format}: ${percent} %`, true);
  };
  const ended = await runLong("qemu-img", args, { heard, signal: operation.signal });
  refuse(`convert ${from.path} to ${to.format}`, "qemu-img", ended, operation);
}

function refuse(
  what: string,
  command: string,
  { code, stderr }: { readonly code: number | undefined; readonly stderr: string },
  { signal }: Operation,
): void {
  if (signal?.aborted === true) throw new LibvirtError("Refused", `Interrupted: it was to ${what}.`, "Run this again.");
  if (code === 0) return;
  if (code === 127) {
    throw new LibvirtError(
      "Unsupported",
      `Unable to ${what}: the machine that runs Pulumi has no command "${command}".`,
      "Install it there, or bring the file in the form that the disk is to have.",
    );
  }
  throw new LibvirtError("InvalidInput", `Unable to ${what}: ${stderr.trim() || `${command} ended with code ${code}`}`);
}
