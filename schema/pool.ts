/** Pool: a storage pool (libvirt.org/formatstorage.html). */

import { z } from "zod";
import { fact, field } from "./field";
import { objectName } from "./names";
import { hostReference } from "./references";

export const poolTypes = ["dir", "fs", "logical", "netfs"] as const;

export const pool = z.strictObject({
  host: field(hostReference, { description: "The host that holds the pool: a Host, or `{ uri }`.", effect: "replace" }),
  name: field(objectName.optional(), {
    description: "The pool's name on the host.",
    effect: "replace",
    defaultsTo: "the resource's name",
    derived: true,
  }),
  uuid: field(z.uuid().optional(), {
    description: "The pool's UUID.",
    effect: "replace",
    defaultsTo: "computed once from the owner token and the URN",
    derived: true,
  }),
  type: field(z.enum(poolTypes), {
    description:
      "`dir` (a folder), `fs` (a file system on a block device), `logical` (an LVM volume group), `netfs` (NFS or CIFS).",
    effect: "replace",
  }),
  path: field(z.string().startsWith("/").optional(), {
    description: "Where the volumes appear: the folder, or the mount point of `fs` and `netfs`.",
    effect: "replace",
    defaultsTo: "`/dev/VOLUMEGROUP` for `logical`; must be given for the others",
    derived: true,
  }),
  source: field(
    z
      .strictObject({
        devices: field(z.array(z.string().startsWith("/")).min(1).optional(), {
          description:
            "Block devices of the host: the one that holds the file system (`fs`), those of the volume group (`logical`).",
          effect: "replace",
        }),
        host: field(z.string().min(1).optional(), {
          description: "Name or address of the NFS or CIFS server (`netfs`).",
          effect: "replace",
        }),
        directory: field(z.string().startsWith("/").optional(), {
          description: "The folder that the server exports (`netfs`).",
          effect: "replace",
        }),
        name: field(z.string().min(1).optional(), {
          description: "The volume group; must be given for `logical`.",
          effect: "replace",
        }),
        format: field(z.string().min(1).optional(), {
          description: "`ext4`, `xfs`… (`fs`), `nfs`, `cifs` (`netfs`), `lvm2` (`logical`).",
          effect: "replace",
          defaultsTo: "`auto` for `fs` and `netfs`",
        }),
      })
      .optional(),
    {
      description:
        "Where the storage comes from: `devices` (fs, logical), `host` and `directory` (netfs), `name` (the volume group of `logical`), `format` (`ext4`, `nfs`…).",
      effect: "replace",
    },
  ),
  build: field(z.boolean().optional(), {
    description:
      "Whether the storage is made ready: the folder is created, for `logical` the volume group. Devices are never formatted over what they hold.",
    effect: "none",
    defaultsTo: "true for `dir`, `fs` and `netfs` (only the folder), false for `logical`",
  }),
  running: field(z.boolean().optional(), {
    description:
      "Whether the pool is active. A `dir` pool stops under running guests without harm; any other one is refused while guests run on its volumes.",
    effect: "stop",
    defaultsTo: "true",
    derived: true,
  }),
  autostart: field(z.boolean().optional(), {
    description: "Whether the pool is started with the host.",
    effect: "live",
    defaultsTo: "true",
    derived: true,
  }),
  adopt: field(z.boolean().optional(), {
    description: "Take over a pool of this name that exists already. It is left defined and running on delete.",
    effect: "none",
    defaultsTo: "false: an existing pool is refused",
  }),
  deleteAdopted: field(z.boolean().optional(), {
    description:
      "Whether destroying the resource deletes what was adopted, too. Without it an adopted pool is left on the host as it is, and only the mark that says whose it is goes.",
    effect: "none",
    defaultsTo: "false",
  }),
});
export type PoolInputs = z.infer<typeof pool>;

/** What the host says of a Pool. */
export const poolOutputs = z.strictObject({
  active: fact(z.boolean(), "Whether the pool is active now."),
  capacityGiB: fact(z.number(), "Size of the storage in GiB, 0 while it is not active."),
});
