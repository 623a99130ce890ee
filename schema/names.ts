/** What may be a name on a host. */

import { z } from "zod";

const control = /[\u0000-\u001f\u007f]/;

/**
 * Names become file names (`/etc/libvirt/qemu/NAME.xml`, logs, sockets), so they have to fit one: no `/`, not `.` or
 * `..`, and room for endings within the 255 bytes of ext4 and XFS.
 */
export const objectName = z
  .string()
  .min(1)
  .refine((name) => !control.test(name), "must not contain a line break or another control character")
  .refine((name) => !name.includes("/"), "must not contain a slash: libvirt names files after it")
  .refine((name) => name !== "." && name !== "..", "must not be . or ..")
  .refine((name) => name.trim() === name, "must not begin or end with white space")
  .refine((name) => Buffer.byteLength(name) <= 200, "is too long: at most 200 bytes, since files are named after it");

/** XML holds no control characters, and libvirt writes a carriage return so that it is read as a line break. */
export const text = z
  .string()
  .regex(/^[^\u0000-\u0008\u000b-\u001f]*$/, "must not contain control characters; a line break is \\n alone");

export const oneLine = z
  .string()
  .regex(/^[^\u0000-\u0008\u000a-\u001f]*$/, "must be one line, without control characters");

/**
 * libvirt.org/uri.html: `driver[+transport]://…`, or an alias of the user's libvirt.conf. The id of a Host holds no secret
 * URI (provider/resources/recorded-identity.ts), so such an id alone does not lead to its host.
 */
export const connectionUri = z
  .string()
  .refine(
    (uri) => uri !== "" && !uri.includes("***"),
    "is missing or without its password, as in the id of a Host whose URI is secret: give the Host itself (host: kvm1), not its id",
  )
  .refine(
    (uri) => /^[A-Za-z0-9_-]*$|^[a-z][a-z0-9]*(\+[a-z0-9]+)?:\S*$/i.test(uri),
    "must be a libvirt URI, for instance qemu+ssh://root@kvm1.example.org/system or qemu:///session, or an alias of libvirt.conf (letters, digits, - and _)",
  );

const key = (why = ""): z.ZodString =>
  z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,60}$/, `keys may hold the letters a to z and A to Z, digits, - and _ (at most 60)${why}`);

/** Keys of a program's own choice, which stand in paths and messages. */
export const entryKey = key();

/** Keys that identify devices and go into `<alias name='ua-KIND-KEY'/>`, where libvirt 9.0 keeps only these letters. */
export const deviceKey = key(", since libvirt's aliases hold no others");

/** As lspci prints it, in lower case; the domain may be left out. Intel's volume management has domains of five digits. */
export const pciAddress = z
  .string()
  .regex(
    /^([0-9a-f]{4,8}:)?[0-9a-f]{2}:[0-1][0-9a-f]\.[0-7]$/,
    "must be an address as lspci prints it, in lower case: 0000:65:00.0",
  );

/** A device of a host as a guest names it: as lspci and lsusb print it, or the UUID of a mediated device. */
export const deviceAddress = z
  .string()
  .regex(
    /^(([0-9a-f]{4,8}:)?[0-9a-f]{2}:[0-1][0-9a-f]\.[0-7]|(?=.)([0-9a-f]{4}:[0-9a-f]{4})?(@[0-9]{1,3}:[0-9]{1,3})?|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$/,
    "must be the address of a device in lower case: 0000:65:00.0 (PCI), 046d:c52b or 046d:c52b@001:004 (USB: vendor and product, bus and number), or the UUID of a mediated device",
  );

/** In colons or dashes, in capitals or not. Cards and clients have addresses of their own, so none of a group's. */
export const macAddress = z
  .string()
  .regex(/^[0-9a-f][02468ace]([:-][0-9a-f]{2}){5}$/i, "must be a unicast MAC address such as 52:54:00:12:34:56");
