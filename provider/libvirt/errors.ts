/** virsh's prose as typed errors, in one place. What matters is decided by listings and states, never by this table. */

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
  | "Bug";

/** An error that says what, where, why, and what next. */
export class LibvirtError extends Error {
  constructor(
    readonly kind: ErrorKind,
    message: string,
    readonly hint?: string,
  ) {
    super(hint === undefined ? message : `${message}\nHint: ${hint}`);
    this.name = "LibvirtError";
  }
}
