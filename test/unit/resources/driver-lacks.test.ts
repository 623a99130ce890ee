/** What a driver has no words for is said before anything is touched (9.5). */

import { kvm } from "../../../provider/hypervisors/kvm";
import type { HypervisorProfile } from "../../../provider/hypervisors/profile";
import { xen } from "../../../provider/hypervisors/xen";
import type { RunningUser } from "../../../provider/libvirt/storage-users";
import { parseXml } from "../../../provider/libvirt/xml";
import { objectionsToGrowth } from "../../../provider/resources/disk/objections";
import { objectionsToName } from "../../../provider/resources/guest/objections-driver";
import { unknown } from "../../../schema/unknown";

describe("another name for a guest that is there", () => {
  const there = { document: parseXml("<domain><name>old</name></domain>") };
  const about = (profile: HypervisorProfile, name?: string): string[] =>
    objectionsToName({ profile }, name === undefined ? {} : { name }, there).map(
      ({ path, reason }) => `${path}: ${reason}`,
    );

  it("is refused on Xen, and not on KVM", () => {
    expect(about(xen, "new")).toEqual([
      'name: this Xen host gives no guest another name: it stays "old". State name: "old", or make a new guest of the new name.',
    ]);
    expect(about(kvm, "new")).toEqual([]);
  });

  it.each(["old", undefined, unknown])("is not what %j is", (name) => expect(about(xen, name)).toEqual([]));

  it("is not what a new guest has", () => {
    expect(objectionsToName({ profile: xen }, { name: "new" }, undefined)).toEqual([]);
  });
});

describe("a disk that grows", () => {
  const user: RunningUser = { uuid: "u", name: "web", target: "xvda", direct: true, access: "writes" };

  it.each([
    ["under a running guest of Xen", xen, 3, [user], ["sizeGiB"]],
    ["under one of KVM", kvm, 3, [user], []],
    ["under nobody", xen, 3, [], []],
    ["not at all", xen, 2, [user], []],
  ])("%s", (_, profile, sizeGiB, users, expected) => {
    const found = objectionsToGrowth(profile, { sizeGiB }, { facts: { capacityGiB: 2 }, users });
    expect(found.map(({ path }) => path)).toEqual(expected);
  });
});
