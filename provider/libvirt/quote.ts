/** One argument as virsh's own parser reads it back (virsh(1), "NOTES": words, quotes and backslashes as in a shell). */

import { LibvirtError } from "./errors";

/** Anything that would end the line or reach the terminal: the second half would be a command of its own. */
const control = /[\u0000-\u001f\u007f]/;

export function quote(argument: string | number): string {
  const text = String(argument);
  if (control.test(text)) {
    throw new LibvirtError(
      "InvalidInput",
      `Unable to pass ${JSON.stringify(text.slice(0, 60))} to the host: it contains a line break or another control character.`,
      "Remove the control character.",
    );
  }
  // Single quotes hold everything but themselves; libvirt 9.0's parser knows no escape inside them.
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
