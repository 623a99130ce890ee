/** What virsh prints in columns, read without knowing how wide they are. Pure. Texts seen with virsh 9.0 and 11.3. */

/** One row of a table, by the name in it. */
export interface VolumeRow {
  readonly name: string;
  /** False where virsh could not write every character: the name is then as it is shown, `inv\xfflid`. */
  readonly exact: boolean;
}

/** virsh shows a byte that it cannot write as `\xff`, whatever it was. */
const unwritten = "\\xff";

/**
 * The rows of `vol-list`: a space, the name, at least three spaces, the path. Names may hold spaces, so the path decides:
 * in pools whose volumes have free names (folders, volume groups) it ends with the name.
 */
export function volumeRows(listing: string): VolumeRow[] {
  return listing
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line) => asShown(nameIn(line.slice(1))));
}

/** The rows of `secret-list`: UUID, usage type and usage, the last of which stands here as the name. */
export function secretRows(listing: string): (VolumeRow & { readonly uuid: string })[] {
  return listing.split("\n").flatMap((line) => {
    const row = /^ ?([0-9a-f-]{36}) +\S+ (.+)$/.exec(line);
    return row === null ? [] : [{ uuid: row[1] ?? "", ...asShown((row[2] ?? "").trimEnd()) }];
  });
}

/** One row of `net-dhcp-leases`. */
export interface LeaseRow {
  readonly mac: string;
  /** Without prefix length. */
  readonly address: string;
  /** When it ends, in virsh's local time; each renewal moves it. One that never ends has the beginning of 1970, in UTC. */
  readonly expiry: string;
}

/** The rows of `net-dhcp-leases`: expiry date and time, MAC address, protocol, address/prefix, and what guests call themselves. */
export function leaseRows(listing: string): LeaseRow[] {
  return [...listing.matchAll(/^ *(\S+ \S+) +([0-9a-f:]{17}) +ipv[46] +([0-9a-f.:]+)\//gim)].map(
    ([, expiry = "", mac = "", address = ""]) => ({ expiry, mac, address }),
  );
}

function asShown(text: string): VolumeRow {
  return text.includes(unwritten) ? { name: text, exact: false } : { name: plain(text), exact: true };
}

/** Whether this row may stand for the name: certainly where it is exact, perhaps where virsh could not write it. */
export function mayBeNamed({ name: shown, exact }: VolumeRow, name: string): boolean {
  if (exact) return shown === name;
  const bytes = (text: string): string => Buffer.from(text).toString("latin1");
  const parts = shown.split(unwritten).map((part) => bytes(plain(part)).replace(/[\\^$.*+?()[\]{}|]/g, "\\$&"));
  return new RegExp(`^${parts.join("[\\x80-\\xff]")}$`).test(bytes(name));
}

function nameIn(row: string): string {
  const cuts = [...row.matchAll(/ {3,}(?=\S)/g)].map(({ index, 0: gap }) => index + gap.length);
  const candidates = cuts.map((cut) => ({
    before: row.slice(0, cut).trimEnd(),
    last: row.slice(cut).split("/").at(-1),
  }));
  // The path keeps the spaces at the name's end, which the column hides.
  const named = candidates.find(({ before, last }) => last !== undefined && last !== "" && last.trimEnd() === before);
  return named?.last ?? candidates[0]?.before ?? row.trimEnd();
}

/** Control characters, and a backslash before an `x`, are shown as `\x09` and `\x5c`. */
function plain(shown: string): string {
  return shown.replace(/\\x([0-7][0-9a-f])/g, (_, code: string) => String.fromCharCode(parseInt(code, 16)));
}
