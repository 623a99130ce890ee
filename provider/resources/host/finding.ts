/** What was found of a host, one thing at a time: the same for the output `readiness` and for `pulumi-virt doctor`. */

export interface Finding {
  /** What it is about: `PCI passthrough`. */
  readonly subject: string;
  /** `missing`: a guest cannot have it here. `warning`: it can, but not as one would like. */
  readonly verdict: "ok" | "warning" | "missing" | "not known";
  /** What there is, or why not. */
  readonly says: string;
  /** What to do about it. */
  readonly help?: string;
  /** As long as it is so, no guest can be run here by this user. */
  readonly fatal?: true;
}
