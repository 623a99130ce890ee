import { leaseRows, mayBeNamed, volumeRows } from "../../../provider/libvirt/tables";

/** What virsh 9.0 printed for a folder with these files (a UTF-8 locale; glibc 2.36 knows neither of the last two). */
const folder = String.raw`
  lead                 /srv/pool/ lead
 --all                 /srv/pool/--all
 a  b                  /srv/pool/a  b
 back\slash            /srv/pool/back\slash
 br-ü                  /srv/pool/br-ü
 three   of   them     /srv/pool/three   of   them
 trail                 /srv/pool/trail${" "}
 x\x5cx41y             /srv/pool/x\x5cx41y
 tab\x09ulator         /srv/pool/tab\x09ulator
 日本語                /srv/pool/日本語
 inv\xfflid            /srv/pool/inv\xfflid
 new\xff\xff\xff\xff   /srv/pool/new\xff\xff\xff\xff
`;

describe("volumes are read by their names, whatever those hold (8.2)", () => {
  it("in folders", () => {
    expect(volumeRows(folder)).toEqual([
      ...[" lead", "--all", "a  b", "back\\slash", "br-ü", "three   of   them", "trail ", "x\\x41y", "tab\tulator"].map(
        (name) => ({ name, exact: true }),
      ),
      { name: "日本語", exact: true },
      { name: "inv\\xfflid", exact: false },
      { name: "new\\xff\\xff\\xff\\xff", exact: false },
    ]);
  });

  it.each([
    [" unit:0:0:1   /dev/disk/by-path/ip-192.0.2.1:3260-iscsi-iqn.2026-01.org.example:disk-lun-1", "unit:0:0:1"],
    [" sda1   /dev/sda1", "sda1"],
    [" dm-0   /dev/mapper/mpatha", "dm-0"],
    [" image   rbd/image", "image"],
    [" image.qcow2   gluster://host/volume/image.qcow2", "image.qcow2"],
    [" root   /dev/group/root", "root"],
    [" spaced out   /srv/a pool   with spaces/spaced out", "spaced out"],
  ])("in other pools: %j", (line, name) => expect(volumeRows(line)).toEqual([{ name, exact: true }]));

  it("a name that virsh could not write may be the one that is looked for, and others are not", () => {
    const [row] = volumeRows(" new\\xff\\xff\\xff\\xff   /srv/pool/new\\xff\\xff\\xff\\xff");
    const is = (name: string): boolean => row !== undefined && mayBeNamed(row, name);
    expect([is("new\u{1fae9}"), is("newüü")]).toEqual([true, true]);
    expect([is("new"), is("newabcd"), is("old\u{1fae9}"), is("new\u{1fae9}.qcow2")]).toEqual(Array(4).fill(false));
  });

  it("no row of another name stands for one", () => {
    const rows = volumeRows(folder);
    expect(rows.some((row) => mayBeNamed(row, "trail"))).toBe(false);
    expect(rows.some((row) => mayBeNamed(row, "trail "))).toBe(true);
    expect(rows.some((row) => mayBeNamed(row, "x\\xff"))).toBe(false);
  });
});

/** What virsh 9.0 printed for a guest with a lease of an hour and one without an end, beside others. */
const leases = `
 Expiry Time           MAC address         Protocol   IP address           Hostname   Client ID or DUID
------------------------------------------------------------------------------------------------------------------------
 2026-11-26 07:44:22   52:54:00:aa:bb:01   ipv4       10.51.0.160/24       -          01:52:54:00:aa:bb:01
 1970-01-01 00:00:00   52:54:00:aa:bb:02   ipv4       10.52.0.160/24       web        01:52:54:00:aa:bb:02
 2026-11-26 07:50:01   52:54:00:aa:bb:02   ipv6       fd00:52::1f0/64      web        00:01:00:01:30:aa:52:54:00:aa:bb:02
`;

it("leases are read with their expiry, by which a renewal is told from what was given before (8.30)", () => {
  expect(leaseRows(leases)).toEqual([
    { expiry: "2026-11-26 07:44:22", mac: "52:54:00:aa:bb:01", address: "10.51.0.160" },
    { expiry: "1970-01-01 00:00:00", mac: "52:54:00:aa:bb:02", address: "10.52.0.160" },
    { expiry: "2026-11-26 07:50:01", mac: "52:54:00:aa:bb:02", address: "fd00:52::1f0" },
  ]);
});
