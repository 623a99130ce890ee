import { meter, progressInWords } from "../../../../../provider/resources/disk/sources/progress";

it("says how far, how fast and how long still", () => {
  expect(progressInWords(2 ** 29, 2 ** 30, 2 ** 20 * 10)).toBe("50 % of 1.0 GiB, 10 MiB/s, 52 s left");
  expect(progressInWords(1536, undefined, 512)).toBe("1.5 KiB, 512 B/s");
  expect(progressInWords(0, 2 ** 40, 0)).toBe("0 % of 1.0 TiB, 0 B/s");
  expect(progressInWords(0, 2 ** 40, 2 ** 20)).toMatch(/, 291\.3 h left$/);
  expect(progressInWords(0, 2 ** 30, 2 ** 20)).toMatch(/, 18 min left$/);
});

it("says so a few times a second, and counts its speed from where it began", () => {
  let now = 0;
  const said: string[] = [];
  const tell = meter(
    "downloads x",
    4000,
    (text) => said.push(text),
    () => now,
  );
  for (const [at, bytes] of [
    [100, 1000],
    [200, 1500],
    [400, 2000],
    [500, 2500],
    [1000, 3000],
  ] as const) {
    now = at;
    tell(bytes);
  }
  expect(said).toEqual([
    "downloads x: 50 % of 3.9 KiB, 2.4 KiB/s, 1 s left",
    "downloads x: 75 % of 3.9 KiB, 2.0 KiB/s, 1 s left",
  ]);
});
