/** What is known of a guest that is there, beside what is known of anything. */

import type { Element } from "../../reconcile/tree";
import type { Observed } from "../resource";

export interface ObservedGuest extends Observed {
  /**
   * What the host itself says, where devices go by the keys of now in `document` and `live`: the definition, and by the
   * alias of now the one that a running device has; `madeBy`: the inputs that the definition was made by, under those keys
   * too.
   */
  readonly asHeld?: {
    readonly document: Element;
    readonly aliases: ReadonlyMap<string, string>;
    readonly madeBy: object;
  };
  /**
   * By the key of a device, what lies beneath the image that it uses now, where somebody put that on top (an external
   * snapshot).
   */
  readonly backingChains?: ReadonlyMap<string, readonly string[]>;
  /** By the key of a disk whose input gives no name, the name that it has. */
  readonly names?: ReadonlyMap<string, string>;
  /** How many spare root ports of ours it had to get when it was last changed. */
  readonly spareRootPorts?: number;
}
