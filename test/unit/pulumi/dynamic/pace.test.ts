import { isOnTerminal, Pace } from "../../../../provider/pulumi/dynamic/pace";

const times = (pace: Pace, row: string, set: (at: number) => void): number[] =>
  [0, 100, 299, 300, 5_000, 9_999, 10_000, 12_000, 20_000].filter((at) => (set(at), pace.isDue(row)));

it.each([
  [true, [0, 300, 5_000, 9_999, 10_000, 12_000, 20_000].filter((at) => at !== 10_000)],
  [false, [0, 10_000, 20_000]],
])("on a terminal: %s", (isTerminal, due) => {
  let now = 0;
  const pace = new Pace(
    () => isTerminal,
    () => now,
  );
  expect(times(pace, "one", (at) => (now = at))).toEqual(due);
  now = 20_000;
  expect(pace.isDue("another")).toBe(true);
});

it("without an engine above there is no terminal", () => {
  expect(isOnTerminal(1)).toBe(false);
  expect(isOnTerminal(999_999_999)).toBe(false);
});
