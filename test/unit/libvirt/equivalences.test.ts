/** Equivalent spellings are the same in the places that hold such values, and different everywhere else. */

import { libvirtLanguage } from "../../../provider/libvirt/language";
import { sameSpelling } from "../../../provider/libvirt/equivalences";
import { parseXml } from "../../../provider/libvirt/xml";
import type { Place } from "../../../provider/reconcile/language";
import { desiredFromXml } from "../../../provider/reconcile/desired";
import { match } from "../../../provider/reconcile/match";
import type { Element } from "../../../provider/reconcile/tree";

/** `vcpu@cpuset` or `domain/title`, with the names of the elements around it. */
function placeOf(at: string, desired: string, actual: string): Place {
  const [path = "", attribute] = at.split("@");
  const elements = ["domain", ...path.split("/")];
  const name = elements.at(-1) ?? "";
  const element = (value: string): Element =>
    attribute === undefined
      ? { name, attributes: {}, children: [value] }
      : { name, attributes: { [attribute]: value }, children: [] };
  return { elements, attribute, desired: element(desired), actual: element(actual) };
}

it.each([
  ["vcpu@cpuset", "0,1,2,3,^2", "0-1,3"],
  ["numatune/memory@nodeset", "5", "5-5"],
  ["cputune/vcpupin@cpuset", "3,1", "1,3"],
  ["devices/disk/address@bus", "6", "0x06"],
  ["devices/hostdev/source/vendor@id", "0x46d", "0x046d"],
  ["devices/rom@bar", "on", "yes"],
  ["devices/interface/mac@address", "52-54-00-AB-CD-0F", "52:54:00:ab:cd:0f"],
  ["uuid", "6BA7B8109DAD11D180B400C04FD430C8", "6ba7b810-9dad-11d1-80b4-00c04fd430c8"],
  ["memory", "0128", "128"],
  ["devices/graphics/listen@address", "FD00:0::1", "fd00::1"],
  ["devices/disk/source@file", "/a//b/", "/a/b"],
])("%s: %s is %s", (at, desired, actual) => {
  expect(sameSpelling(placeOf(at, desired, actual), desired, actual)).toBe(true);
});

it.each([
  ["volume/capacity", "1-3", "1-4"],
  ["volume/capacity", "268435456", "536870912"],
  ["cputune/vcpupin@cpuset", "70000-70001", "80000-80001"],
  // What people write has one spelling, whatever it looks like (8.17).
  ["title", "on", "yes"],
  ["title", "  a  b ", "a b"],
  ["description", "0012", "12"],
  ["description", "no", "off"],
  ["name", "DEADBEEFCAFE", "deadbeefcafe"],
  ["metadata/pulumi-virt:resource/pulumi-virt:entry", "on", "yes"],
  ["metadata/a:x@bus", "0x10", "16"],
  ["metadata/a:x/a:uuid", "DEADBEEFCAFE", "deadbeefcafe"],
  ["os/cmdline", "quiet  rd.break", "quiet rd.break"],
  ["os/cmdline", "0,1", "0-1"],
  ["devices/disk/serial", "0012", "12"],
  ["devices/disk/serial", "0x12", "18"],
  ["devices/disk/serial", "WD-00AA-BB-CC-DD", "wd00aabbccdd"],
  ["devices/disk/wwn", "5000C50015EA71AC", "5000c50015ea71ac"],
  ["devices/disk/product", " A", "A"],
  ["devices/graphics@passwd", "0001", "1"],
  ["devices/graphics@passwd", "on", "yes"],
  ["devices/channel/target@name", "007", "7"],
  ["devices/interface/source@network", "0010", "10"],
  ["devices/interface/source@bridge", "on", "yes"],
  ["devices/interface/target@dev", "AB-CD-EF-01-23", "abcdef0123"],
  ["sysinfo/system/entry", "0012", "12"],
  ["sysinfo/system/entry", "/a//b", "/a/b"],
  ["qemu:commandline/qemu:arg@value", "0,1", "0-1"],
  ["qemu:commandline/qemu:env@value", "on", "yes"],
  ["os/initarg", "0", "00"],
  ["devices/filesystem/target@dir", "/a/", "/a"],
])("%s: %s is not %s (8.17)", (at, desired, actual) => {
  expect(sameSpelling(placeOf(at, desired, actual), desired, actual)).toBe(false);
});

it("sees white space in texts, which libvirt keeps as it is given (8.17)", () => {
  const described = (text: string): Element => parseXml(`<domain><description>${text}</description></domain>`);
  const differ = (wanted: string, held: string): number =>
    match(desiredFromXml(described(wanted), "x"), described(held), () => true, libvirtLanguage).length;
  expect(differ(" a", "a")).toBe(1);
  expect(differ("a\n", "a")).toBe(1);
  expect(differ("a  b", "a b")).toBe(1);
  expect(differ(" a\n b ", " a\n b ")).toBe(0);
});
