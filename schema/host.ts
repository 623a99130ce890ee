/** Host: a VM Host Server that speaks libvirt. */

import { z } from "zod";
import { field } from "./field";

export const host = z.strictObject({
  uri: field(z.string().min(1), {
    description:
      "libvirt connection URI (libvirt.org/uri.html), for instance `qemu+ssh://root@kvm1.example.org/system`, `qemu:///session`, `xen:///system`. ssh uses your own configuration, agent and known_hosts.",
    effect: "none",
  }),
});
export type HostInputs = z.infer<typeof host>;
