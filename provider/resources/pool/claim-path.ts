/** What stands for a pool among the claims: no path of a volume, which all are absolute. */
export function claimPath(uuid: string): string {
  return `pool/${uuid}`;
}
