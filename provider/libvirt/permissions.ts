/** Who may use a file or a folder (POSIX, "File Access Permissions"). Pure. */

export interface Permissions {
  readonly uid: number;
  readonly gid: number;
  readonly mode: number;
}

export interface User {
  readonly uid: number;
  readonly gid: number;
}

/** The bits of one class, as in a digit of the mode. */
export const access = { readAndWrite: 0o6, pass: 0o1 } as const;

export function mayUse(
  { uid, gid, mode }: Permissions,
  user: User,
  groups: ReadonlySet<number>,
  bits: number,
): boolean {
  if (user.uid === 0) return true;
  // With an access control list the group's bits are its mask, and who is in it does not show.
  const granted = uid === user.uid ? mode >> 6 : groups.has(gid) ? mode >> 3 : mode;
  return (granted & bits) === bits;
}
