import { bytesOf, gibibytes, isRounded } from "../../../../provider/resources/disk/xml";

it.each([
  ["0.03 GiB in extents of 4 MiB", 32_213_504, 33_554_432, true],
  ["in extents of 32 MiB", 41_943_040, 67_108_864, true],
  ["one extent more", 33_554_432, 37_748_736, false],
  ["less", 33_554_432, 32_212_480, false],
])("a logical volume's size, %s", (_what, asked, given, same) => {
  expect(isRounded(asked, given)).toBe(same);
});

it("sizes are whole kibibytes, and come back as they were asked for", () => {
  for (const size of [0.01, 0.03, 0.1, 1, 20.5]) {
    expect(bytesOf(size) % 1024).toBe(0);
    expect(bytesOf(gibibytes(bytesOf(size)))).toBe(bytesOf(size));
  }
});
