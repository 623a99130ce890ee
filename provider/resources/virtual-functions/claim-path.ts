/** What stands for a device that is divided among the claims: no path of a volume, which all are absolute. */
export function claimPath(address: string): string {
  return `${claimPrefix}${address}`;
}

export const claimPrefix = "vf/";
