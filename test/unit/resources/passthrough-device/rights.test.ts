/** Hosts whose guests can have no devices of a kind: told at the preview, however the device is named (11.7, 10.5). */

import { kvm } from "../../../../provider/hypervisors/kvm";
import type { HypervisorProfile } from "../../../../provider/hypervisors/profile";
import { xen } from "../../../../provider/hypervisors/xen";
import type { Kind } from "../../../../provider/resources/passthrough-device/claim-path";
import { lackOnHost } from "../../../../provider/resources/passthrough-device/rights";

it.each<readonly [HypervisorProfile, boolean, Kind, RegExp | undefined]>([
  [kvm, false, "pci", undefined],
  [kvm, false, "mdev", undefined],
  [kvm, true, "pci", /bind no driver.*\/dev\/vfio\/GROUP.*ulimit -l/],
  [kvm, true, "mdev", /make no mediated device/],
  [kvm, true, "usb", undefined],
  [xen, false, "pci", undefined],
  [xen, false, "usb", /only PCI devices are given to guests of Xen/],
  [xen, false, "mdev", /only PCI devices are given to guests of Xen/],
])("%#", (profile, session, kind, says) => {
  const facts = { uuid: "u", libvirtVersion: 9_000_000, architecture: "x86_64", session };
  const lack = lackOnHost({ profile, facts }, kind);
  if (says === undefined) expect(lack).toBeUndefined();
  else expect(lack).toMatch(says);
});
