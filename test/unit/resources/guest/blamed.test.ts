import { LibvirtError } from "../../../../provider/libvirt/errors";
import { blamed } from "../../../../provider/resources/guest/blamed";
import type { GuestInputs } from "../../../../schema/guest";

const inputs = {
  host: { uri: "qemu:///system" },
  vcpus: 1,
  memoryMiB: 64,
  boot: { kernel: "/srv/vmlinuz" },
  disks: { root: { path: "/srv/root.img" }, data: { path: "/srv/root.img.data" } },
  nics: { lan: { network: { name: "lan" } }, out: { bridge: "br0" } },
} as GuestInputs;

const said = (reason: string): string => {
  const error = blamed(inputs, new LibvirtError("Refused", `qemu+ssh://br0/system refused "start": ${reason}`));
  return (error as Error).message;
};

it.each([
  ["Could not open '/srv/root.img': No such file or directory", /^disks\.root\.path: qemu/],
  ["Could not open '/srv/root.img.data': No such file or directory", /^disks\.data\.path: qemu/],
  [
    "Cannot access storage file '/srv/vmlinuz' (as uid:64055, gid:994): Permission denied",
    /^boot\.kernel: [^]*Hint: QEMU's user must be able to pass/,
  ],
  ["Cannot get interface MTU on 'br0': No such device", /^nics\.out\.bridge: /],
  ["Network not found: no network with matching name 'lan'", /^nics\.lan\.network: /],
  ["device ua-disk-root is not hot-pluggable", /^disks\.root: /],
])("%s is told with its field (8.34)", (reason, expected) => {
  expect(said(reason)).toMatch(expected);
});

it.each(["the island is not reachable", "Could not open '/srv/root.img2': No such file or directory"])(
  "%s names no field (8.34)",
  (reason) => {
    expect(said(reason)).toMatch(/^qemu\+ssh/);
  },
);
