/** Errors as the engine prints them. */

import type { Values } from "../../lifecycle/lifecycle";
import { withoutPasswords } from "../../libvirt/uri";

/** An error as the engine prints it: one message, no stack. */
class UserError extends Error {
  constructor(cause: unknown) {
    super(withoutPasswords(cause instanceof Error ? cause.message : String(cause)));
    // Bugs keep their place in the code: nobody can mend "undefined is not a function" without it.
    this.stack = isOurs(cause) || !(cause instanceof Error) ? "" : withoutPasswords(cause.stack ?? "");
  }

  override toString(): string {
    return this.message.split("\n")[0] ?? "";
  }
}

/** Made or changed, but not as wanted: the engine keeps what is there and calls `update` next time. */
export class Incomplete extends UserError {
  readonly reasons: string[];

  constructor(
    cause: unknown,
    readonly id: string,
    readonly properties: Values,
  ) {
    super(cause);
    this.reasons = [this.message];
  }
}

function isOurs(error: unknown): boolean {
  return error instanceof Error && error.name === "LibvirtError";
}

export async function withUserErrors<Result>(action: () => Promise<Result>): Promise<Result> {
  try {
    return await action();
  } catch (error) {
    throw error instanceof UserError ? error : new UserError(error);
  }
}
