import { bytesOf, gibibytes, isAsAsked, isRounded } from "../../../../provider/resources/disk/xml";

it.each([
  ["0.03 GiB in extents of 4 MiB", 32_213_504, 33_554_432, true],
  ["in extents of 32 MiB", 41_943_040, 67_108_864, true],
  ["one extent more", 33_554_432, 37_748_736, false],
  ["less", 33_554_432, 32_212_480, false],
])("a logical volume's size, %s", (_what, asked, given, same) => {
  expect(isRounded(asked, given)).toBe(same);
});

describe("any size (8.22)", () => {
  const sizes = [1e-9, 0.0001, 1 / 3, 0.01, 0.1, 1, 20.5, 2 ** 20 / 3];

  it.each(sizes)("%d GiB is whole clusters, never less than asked for, and comes back as it is", (size) => {
    expect(bytesOf(size) % 65536).toBe(0);
    expect(bytesOf(size)).toBeGreaterThanOrEqual(size * 2 ** 30);
    expect(bytesOf(gibibytes(bytesOf(size)))).toBe(bytesOf(size));
    expect(isAsAsked(size, bytesOf(size))).toBe(true);
  });

  it("that somebody else made, stated as it is, is as asked for; one byte less or a cluster more is not", () => {
    const odd = 10_000_001;
    expect(isAsAsked(gibibytes(odd), odd)).toBe(true);
    expect(isAsAsked(gibibytes(odd), odd - 1)).toBe(false);
    expect(isAsAsked(gibibytes(odd), bytesOf(gibibytes(odd)) + 65536)).toBe(false);
  });
});
