import { visibleInputs } from "../../../../provider/pulumi/dynamic/hidden";

it("hides what is hidden, and what is only shown", () => {
  expect(visibleInputs({ a: 1, __urn: "x", drift: {}, impact: {}, b: undefined })).toEqual({ a: 1 });
});

it("puts maps back into the order of the program (8.12)", () => {
  const visible = visibleInputs({
    disks: { data: { a: 1 }, root: {} },
    nics: { x: 1 },
    __order: { disks: ["root", "data"] },
  });
  expect(Object.keys(visible.disks as object)).toEqual(["root", "data"]);
  expect(visibleInputs({ disks: { b: 1, a: 2 }, __order: "04da6b54-80e4-46f7-96ec-b56ff0331ba9" })).toEqual({
    disks: { a: 2, b: 1 },
  });
});
