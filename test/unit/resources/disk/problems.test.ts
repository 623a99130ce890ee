import type { DiskInputs } from "../../../../schema/disk";
import { problems } from "../../../../provider/resources/disk/problems";

const pool = { host: { uri: "qemu:///system" }, name: "pool" } as DiskInputs["pool"];

it.each([
  ["0.02 GiB where a refresh has recorded what they were rounded up to", 0.02, 0.02001953125, false],
  ["0.001 GiB where a refresh has recorded an extent of LVM", 0.001, 4 / 1024, false],
  ["one cluster less", 0.02, 0.02 + 2 / 16384, true],
  ["half of it", 0.01, 0.02, true],
])("a disk shrinks, or is as it was asked for: %s", (_what, sizeGiB, recorded, shrinks) => {
  const found = problems({ pool, sizeGiB, name: "disk" }, { pool, sizeGiB: recorded, name: "disk" });
  expect(found.some((problem) => problem.includes("never shrinks"))).toBe(shrinks);
});
