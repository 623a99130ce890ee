import { asFound, sameInputs, visibleInputs } from "../../../provider/pulumi/inputs";

it("hides what is hidden, and what is only shown", () => {
  expect(visibleInputs({ a: 1, __urn: "x", drift: {}, impact: {}, b: undefined })).toEqual({ a: 1 });
});

it("compares values, not the order of keys", () => {
  expect(sameInputs({ a: { x: 1, y: [1] } }, { a: { y: [1], x: 1 } }, ["a"])).toBe(true);
  expect(sameInputs({ a: { x: 1 } }, { a: { x: 1, y: 2 } }, ["a"])).toBe(false);
});

it("puts what was found into the inputs, in the input's own type", () => {
  const inputs = { memoryMiB: 64, autostart: true, title: "a", disks: { root: { cache: "none" } } };
  expect(
    asFound(inputs, [
      { path: "memoryMiB", from: "128", to: "64", waits: false },
      { path: "autostart", from: "false", to: "true", waits: false },
      { path: "title", from: undefined, to: "a", waits: false },
      { path: "disks.root.cache", from: "writeback", to: "none", waits: false },
    ]),
  ).toEqual({ memoryMiB: 128, autostart: false, disks: { root: { cache: "writeback" } } });
});
