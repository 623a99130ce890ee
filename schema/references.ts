/** How one resource names another: always an object of plain values, never a live connection. */

import { z } from "zod";
import { connectionUri, deviceAddress } from "./names";

/** `{ uri }` is enough; a Host resource adds its id, which holds the owner token. */
export const hostReference = z.strictObject({ uri: connectionUri, id: z.string().optional() });
export type HostReference = z.infer<typeof hostReference>;

export const poolReference = z.strictObject({
  host: hostReference,
  /** The pool's name on the host. */
  name: z.string().min(1),
  /** libvirt's pool type (`dir`), where it is known. */
  type: z.string().optional(),
  /** Where the volumes appear on the host: a folder, or `/dev/VG`. */
  path: z.string().optional(),
  id: z.string().optional(),
});
export type PoolReference = z.infer<typeof poolReference>;

export const diskReference = z.strictObject({
  host: hostReference,
  pool: z.string().min(1),
  name: z.string().min(1),
  /** Absolute path of the volume on the host. */
  path: z.string().optional(),
  format: z.string().optional(),
  sizeGiB: z.number().optional(),
  id: z.string().optional(),
});
export type DiskReference = z.infer<typeof diskReference>;

export const networkReference = z.strictObject({
  host: hostReference.optional(),
  name: z.string().min(1),
  id: z.string().optional(),
});
export type NetworkReference = z.infer<typeof networkReference>;

const words = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional();

export const passthroughDeviceReference = z.strictObject({
  /** Left out, it is the guest's own. */
  host: hostReference.optional(),
  /** `0000:65:00.0`, `046d:c52b@001:004`, or the UUID of a mediated device. */
  address: deviceAddress,
  /** How a program found it, one of the three: by this it is known before the host has said where it is. */
  pci: words,
  usb: words,
  mdev: words,
  /** Of the claim: two mediated devices may be asked for in the same words. */
  uuid: z.string().optional(),
  id: z.string().optional(),
});
export type PassthroughDeviceReference = z.infer<typeof passthroughDeviceReference>;
