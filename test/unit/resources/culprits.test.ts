import { toXml } from "../../../provider/resources/guest/xml";
import { LibvirtError } from "../../../provider/libvirt/errors";
import { culpritsIn, withFields } from "../../../provider/resources/culprits";
import { qemu } from "../../../provider/hypervisors/qemu";
import type { HostFacts } from "../../../provider/libvirt/host-facts";
import type { GuestInputs } from "../../../schema/guest";

const facts: HostFacts = {
  uuid: "u",
  libvirtVersion: 9_000_000,
  architecture: "x86_64",
  session: false,
};
const host = { facts, profile: qemu };
const inputs = {
  host: { uri: "qemu:///system" },
  name: "web",
  uuid: "11111111-1111-4111-8111-111111111111",
  vcpus: 1,
  memoryMiB: 512,
  machine: "pc-q35-99.0",
  disks: { root: { path: "/srv/it.img", target: "vda" }, data: { path: "/srv/it.img2", cache: "none", target: "vdb" } },
  nics: { lan: { network: { name: "lan-7" }, mac: "52:54:00:00:00:01" }, out: { bridge: "br-lan" } },
  boot: { kernel: "/srv/kernel" },
  xml: {
    nonsense: { at: "devices", fragment: "<foo><bar/></foo>" },
    other: { fragment: "<baz/>" },
  },
} as unknown as GuestInputs;

describe("a refusal of the host names the field that it is about (8.23)", () => {
  it.each([
    ["/srv/it.img: Could not open '/srv/it.img': Permission denied", ["disks.root"]],
    ["Could not open '/srv/it.img2': No such file or directory", ["disks.data"]],
    ["Cannot access storage file '/srv/it.img' (as uid:64055, gid:64055): Permission denied", ["disks.root"]],
    [`ua-disk-data: Failed to get "write" lock`, ["disks.data"]],
    ["unable to execute QEMU command 'device_add': ua-nic-lan: Device needs media", ["nics.lan"]],
    ["Network not found: no network with matching name 'lan-7'", ["nics.lan.network"]],
    ["unsupported configuration: Emulator '/usr/bin/q' does not support machine type 'pc-q35-99.0'", ["machine"]],
    ["Cannot get interface MTU on 'br-lan': No such device", ["nics.out.bridge"]],
    ["Could not open '/srv/it.img3': No such file or directory", []],
    ["unable to stat: /srv/kernel: No such file or directory", ["boot.kernel"]],
    [
      "unsupported configuration: Invalid value for attribute 'cache' in element 'driver': 'none'",
      ["disks.data.cache"],
    ],
    [
      "XML document failed to validate against schema: Extra element devices in interleave. Element domain failed to validate content",
      ["xml.nonsense", "xml.other"],
    ],
    [
      "XML document failed to validate against schema: Did not expect element foo there. Extra element devices in interleave",
      ["xml.nonsense"],
    ],
    ["the image of a disk: Image is not in qcow2 format", ["disks.root", "disks.data"]],
    ["Failed to start domain 'web': internal error: something else", []],
    ["cannot limit core size: Operation not permitted", []],
  ])("%s", (said, fields) => {
    const found = culpritsIn(toXml(inputs, host).document, said);
    expect(found.map((path) => fields.find((field) => path === field || path.startsWith(`${field}.`)) ?? path)).toEqual(
      expect.arrayContaining(fields),
    );
    expect(found.length).toBe(fields.length);
  });
});

it("a file that QEMU's user cannot get to is told with its field, and what lets it through (8.34)", () => {
  const said = "Cannot access storage file '/srv/kernel' (as uid:64055, gid:994): Permission denied";
  const error = withFields(new LibvirtError("Refused", said), () => toXml(inputs, host).document) as LibvirtError;
  expect(error.message).toMatch(/This is about boot\.kernel\.[^]*Hint: QEMU's user must be able to pass/);
  expect(error.message).toContain("namei -l /srv/kernel");
});
