/** Disk: a volume of a storage pool, with the data on it (libvirt.org/formatstorage.html). */

import { z } from "zod";
import { fact, field } from "./field";
import { objectName } from "./names";
import { diskReference, poolReference } from "./references";

export const diskFormats = ["qcow2", "raw"] as const;

const digest = (digits: number): z.ZodString =>
  z.string().regex(new RegExp(`^[0-9a-f]{${digits}}$`), `must be ${digits} hexadecimal digits in lower case`);

const source = z.strictObject({
  path: field(z.string().min(1).optional(), {
    description: "Path of a file on the machine that runs Pulumi, relative to the program's folder.",
    effect: "none",
  }),
  url: field(
    z
      .string()
      .regex(/^(https?|file):\/\/\S+$/, "must be a URL that begins with https://, http:// or file://")
      .optional(),
    {
      description:
        "URL of a file: `https`, `http`, or `file` for one on the machine that runs Pulumi. That machine downloads it once and keeps it by its content (`~/.cache/pulumi-virt/images`).",
      effect: "none",
    },
  ),
  sha256: field(digest(64).optional(), {
    description:
      "SHA-256 digest of the file as it is published, packed ones as they are. Nothing is made of another one.",
    effect: "none",
  }),
  sha512: field(digest(128).optional(), {
    description: "SHA-512 digest of the file as it is published.",
    effect: "none",
  }),
  checksums: field(
    z
      .string()
      .regex(/^https?:\/\/\S+$/, "must be a URL that begins with https:// or http://")
      .optional(),
    {
      description:
        "URL of a list of digests (`SHA256SUMS`, `SHA512SUMS`) that names the file. It is read when the disk is made, so an image that was published since then under the same name passes: state the digest itself where it must not.",
      effect: "none",
    },
  ),
});

export const sourceChanges = ["keep", "replace"] as const;

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
  source: field(source.optional(), {
    description:
      "The image that fills the disk: a file on the machine that runs Pulumi (`path`), or from a server (`url`). A qcow2 image without a backing file, plain content where `format` is `raw`, or one of the two packed with gzip, xz, zstd or bzip2; qcow2 is converted where `format` is `raw`. Its first bytes are looked at before anything is made. Seeds the disk once; another source, and another content of the same file, are told later and touch nothing (see `onSourceChange`).",
    effect: "none",
  }),
  onSourceChange: field(z.enum(sourceChanges).optional(), {
    description:
      "What another `source`, or another content of its file, does to a disk that was filled from one: `keep` tells it and touches nothing; `replace` deletes the disk with all data that came onto it since, and makes it anew.",
    effect: "none",
    defaultsTo: "`keep`",
  }),
  seed: field(z.string().optional(), {
    description:
      "What the disk was filled with: the stated digest of `source`, or a fingerprint of its URL, or of the file (its size and its two ends).",
    effect: "replace",
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
