/** A preview of a program without secrets, and without options for its resources. */

import { nothingIgnored } from "../../provider/lifecycle/ignored";
import type { Wanted } from "../../provider/lifecycle/lifecycle";

export const plainly: Omit<Wanted, "checked" | "recorded"> = {
  isSecret: () => false,
  ignored: nothingIgnored,
  replaces: () => false,
  isRetained: false,
  isFollowed: false,
};
