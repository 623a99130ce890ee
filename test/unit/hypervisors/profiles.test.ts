/** What holds of every profile, and what tells them apart. */

import { kvm } from "../../../provider/hypervisors/kvm";
import type { HypervisorProfile, TypeOfGuest } from "../../../provider/hypervisors/profile";
import { qemu } from "../../../provider/hypervisors/qemu";
import { test as inMemory } from "../../../provider/hypervisors/test";
import { xen } from "../../../provider/hypervisors/xen";
import { parseXml } from "../../../provider/libvirt/xml";
import { desiredFromXml } from "../../../provider/reconcile/desired";
import { match } from "../../../provider/reconcile/match";

const profiles: readonly HypervisorProfile[] = [kvm, qemu, xen, inMemory];
const named = profiles.map((profile) => [profile.name, profile] as const);

const kinds = ["full", "paravirtual", "pvh"] as const;
const guest = { architecture: "x86_64", hostArchitecture: "x86_64" };

const hvm = (domainType: string): TypeOfGuest => ({ domainType, osType: "hvm" });

it.each(named)("%s gives its own guests a type of domain by its own name", (name, profile) => {
  expect(profile.defaults({ ...guest, virtualization: "full" })?.domainType).toBe(name);
});

it.each(named)("%s has a page of libvirt's for every live change", (name, profile) => {
  const pages = profile.live(hvm(name)).changes.map(({ page }) => page);
  expect(pages.filter((page) => !/^(manpages\/virsh|formatdomain)\.html#/.test(page))).toEqual([]);
});

it("only Xen runs paravirtual and PVH guests", () => {
  const given = (profile: HypervisorProfile): string[] =>
    kinds.filter((virtualization) => profile.defaults({ ...guest, virtualization }) !== undefined);
  expect(profiles.map((profile) => [profile.name, given(profile)])).toEqual([
    ["kvm", ["full"]],
    ["qemu", ["full"]],
    ["xen", [...kinds]],
    ["test", ["full"]],
  ]);
});

it("what a running guest can take goes by its own type, whatever its host has", () => {
  for (const profile of [kvm, qemu]) {
    expect(["kvm", "qemu"].map((type) => profile.live(hvm(type)).vcpusCanGo)).toEqual(["plugged", "never"]);
    expect(profile.live(hvm("qemu")).changes).toBe(profile.live(hvm("kvm")).changes);
    expect(profile.live(hvm("bhyve")).changes).toEqual([]);
  }
  expect(inMemory.live(hvm("test")).changes).toEqual([]);
});

describe("the short name of a machine is the full one that libvirt stores (9.5)", () => {
  const os = (machine: string): string => `<domain><os><type machine="${machine}">hvm</type></os></domain>`;
  const isSame = (profile: HypervisorProfile, wanted: string, held: string): boolean =>
    match(desiredFromXml(parseXml(os(wanted)), "x"), parseXml(os(held)), () => true, profile.language).length === 0;

  it.each([
    ["q35", "pc-q35-9.0", kvm, true],
    ["pc", "pc-i440fx-9.0", qemu, true],
    ["virt", "virt-9.0", kvm, true],
    ["pc", "pc-q35-9.0", kvm, false],
    ["q35", "pc-q35-9.0", xen, false],
  ])("%s, %s", (wanted, held, profile, expected) => {
    expect(isSame(profile, wanted, held)).toBe(expected);
  });
});
