/** One argument as its reader takes it apart again: virsh's own parser (virsh(1), "NOTES"), or a shell on the host. Pure. */

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

/** One word as a POSIX shell reads it back; where none is in between, words need no quotes. */
export function shellWord(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
