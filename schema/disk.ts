/** Disk: a volume of a storage pool, with the data on it (libvirt.org/formatstorage.html). */

import { z } from "zod";
import { fact, field } from "./field";
import { objectName } from "./names";
import { diskReference, poolReference } from "./references";

export const diskFormats = ["qcow2", "raw"] as const;

const seed = z.strictObject({
  path: field(z.string().min(1), {
    description: "Path of the file on the machine that runs Pulumi, relative to the program's folder.",
    effect: "none",
  }),
});

export const disk = z.strictObject({
  pool: field(poolReference, {
    description: "The pool that holds the disk: a Pool, or `{ host, name }` for one that is not managed here.",
    effect: "replace",
  }),
  name: field(objectName.optional(), {
    description: "The volume's name in the pool.",
    effect: "replace",
    defaultsTo: "the resource's name, with the ending `.qcow2` or `.img` in pools of files",
    derived: true,
  }),
  uuid: field(z.uuid().optional(), {
    description: "UUID of the claim that says on the host whose the volume is.",
    effect: "replace",
    defaultsTo: "computed once from the owner token and the URN",
    derived: true,
  }),
  path: field(z.string().startsWith("/").optional(), {
    description: "Absolute path of the volume on the host.",
    effect: "replace",
    defaultsTo: "the pool's path and the name",
    derived: true,
  }),
  format: field(z.enum(diskFormats).optional(), {
    description:
      "`qcow2` (compat 1.1, sparse) or `raw` (sparse). Recorded here and never read from the image: a guest could write one.",
    effect: "replace",
    defaultsTo: "`qcow2` in pools of files, `raw` in logical pools",
    derived: true,
  }),
  sizeGiB: field(z.number().positive().optional(), {
    description:
      "Size that the guest sees, in GiB (fractions allowed; rounded up to 64 KiB). May grow, also under a running guest; never shrinks.",
    effect: "live",
    defaultsTo: "the size of `backing` or `source`; must be given for a blank disk",
  }),
  backing: field(diskReference.optional(), {
    description:
      "The disk beneath: this one holds only what differs from it. Seeds the disk once; a later change is told and touches nothing.",
    effect: "none",
  }),
  source: field(seed.optional(), {
    description:
      "A file on the machine that runs Pulumi whose content fills the disk: a qcow2 image without a backing file where `format` is `qcow2`, plain content where it is `raw`. Its first bytes are looked at before anything is made. Seeds the disk once; another path, and another content of the same file, are told later and touch nothing.",
    effect: "none",
  }),
  seed: field(z.string().optional(), {
    description:
      "Fingerprint of the content of `source` that filled the disk (its size and its two ends): another content of the same file is told, and touches nothing.",
    effect: "none",
    defaultsTo: "computed when the disk is made",
    derived: true,
  }),
  adopt: field(z.boolean().optional(), {
    description:
      "Take over a volume of this name that exists already, with its data. Said of a Disk that has been made, it takes over another file that somebody put in its place, such as a restored copy.",
    effect: "none",
    defaultsTo: "false: an existing volume is refused",
  }),
  deleteAdopted: field(z.boolean().optional(), {
    description:
      "Whether destroying the resource deletes what was adopted, too. Without it an adopted disk is left on the host as it is, and only the mark that says whose it is goes. Another file in the place of the one that was made or taken over is left in any case.",
    effect: "none",
    defaultsTo: "false",
  }),
});
export type DiskInputs = z.infer<typeof disk>;

/** What the host says of a Disk. */
export const diskOutputs = z.strictObject({
  capacityGiB: fact(z.number(), "Size that a guest sees, in GiB."),
});
