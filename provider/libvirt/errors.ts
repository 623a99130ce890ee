/** Errors that say what, where, why, and what next. */

import { withoutPasswords } from "./uri";

export type ErrorKind =
  | "AlreadyExists"
  | "InUse"
  | "InvalidXml"
  | "InvalidInput"
  | "Unreachable"
  | "Denied"
  | "Unsupported"
  | "Unsafe"
  | "NoSpace"
  | "Refused"
  | "Gone"
  /** It can be neither seen nor said to be gone: the pool that would show it is not active. */
  | "OutOfSight"
  | "Bug";

/** An error that says what, where, why, and what next. */
export class LibvirtError extends Error {
  readonly hint?: string;

  /** The one place where passwords are taken out of URIs: a sentence may name a host by its URI as it is. */
  constructor(
    readonly kind: ErrorKind,
    message: string,
    hint?: string,
  ) {
    super(withoutPasswords(hint === undefined ? message : `${message}\nHint: ${hint}`));
    this.name = "LibvirtError";
    if (hint !== undefined) this.hint = withoutPasswords(hint);
  }
}

/** What the host gave as its reason, for a sentence of our own around it. */
export function reasonOf(error: Error): string {
  return (error.message.split("\nHint: ")[0] ?? "").replace(/^\S+ refused "[^"]*": /, "").replace(/\.$/, "");
}
